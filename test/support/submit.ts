import { readFileSync } from 'node:fs';
import type { ModelVersionView, SubmissionView } from '@corescore/contracts';
import { call, root } from './serve.js';

/** Uploads one of the bundled models over REST and submits it; returns the id of its run. */
export async function submitBundled(
  served: { url: string; token: string },
  name: string,
  key: string,
  owner = 'local',
): Promise<string> {
  const folder = `${root}packages/benchmarks/data/models/`;
  const form = new FormData();
  form.append(
    'manifest',
    new Blob([readFileSync(`${folder}${name}.json`)], { type: 'application/json' }),
    'corescore.json',
  );
  form.append('model', new Blob([readFileSync(`${folder}${name}.onnx`)]), `${name}.onnx`);
  const version = await call<ModelVersionView>(served, `/v1/models/${owner}/${name}/versions`, {
    method: 'POST',
    body: form,
  });
  const submission = await call<SubmissionView>(served, '/v1/submissions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ modelVersion: version.digest, benchmarks: ['core-objects-ost'] }),
  });
  return submission.runs[0].id;
}
