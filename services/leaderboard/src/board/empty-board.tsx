import type { ReactNode } from 'react';
import { Command } from '../ui/command.js';

/** Nobody has submitted yet: how to be the first. */
export function EmptyBoard({ benchmarkId }: { benchmarkId: string }): ReactNode {
  return (
    <section className="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">No runs yet</h2>
      <p>Submit a model with one command; it appears here as soon as it is queued.</p>
      <Command
        label="Command that submits a model"
        text={`npx corescore submit my-model.onnx --manifest corescore.json --benchmark ${benchmarkId} --wait`}
      />
    </section>
  );
}
