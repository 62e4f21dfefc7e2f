import { readFileSync } from 'node:fs';
import type { ModelVersionView, OnnxManifest, SubmissionView } from '@corescore/contracts';
import { call, root } from './serve.js';

interface Service {
  url: string;
  token: string;
}

/** Uploads an ONNX model over REST and submits it; returns the id of its run. */
export async function submitModel(
  served: Service,
  manifest: OnnxManifest,
  model: Buffer,
  key: string,
): Promise<string> {
  const form = new FormData();
  form.append('manifest', new Blob([JSON.stringify(manifest)], { type: 'application/json' }), 'corescore.json');
  form.append('model', new Blob([new Uint8Array(model)]), `${manifest.name}.onnx`);
  const version = await call<ModelVersionView>(served, `/v1/models/local/${manifest.name}/versions`, {
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

/** As `submitModel` with one of the bundled networks. */
export function submitBundled(served: Service, name: string, key: string): Promise<string> {
  const file = `${root}packages/benchmarks/data/models/${name}`;
  return submitModel(served, JSON.parse(readFileSync(`${file}.json`, 'utf8')), readFileSync(`${file}.onnx`), key);
}
