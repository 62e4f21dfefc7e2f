import { type QueueView, unservedQueues } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { paths } from '../api/paths.js';
import { useResource } from '../api/use-resource.js';
import { Command } from '../ui/command.js';

const POLL_MS = 10_000;

/** Nobody has submitted yet: how to be the first, and whether somebody is there to do the work. */
export function EmptyBoard({ benchmarkId }: { benchmarkId: string }): ReactNode {
  const queues = useResource<{ items: QueueView[] }>(paths.queues, () => POLL_MS);
  const unserved = unservedQueues(queues.data?.items ?? []);
  return (
    <section className="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">No runs yet</h2>
      <p>Submit a model with one command; it appears here as soon as it is queued.</p>
      <Command
        label="Command that submits a model"
        text={`npx corescore submit my-model.onnx --manifest corescore.json --benchmark ${benchmarkId} --wait`}
      />
      {unserved !== null && (
        <p role="status">
          {unserved.detail} What is submitted waits until there is one. {unserved.remedy}
        </p>
      )}
    </section>
  );
}
