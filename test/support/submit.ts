import { readFileSync } from 'node:fs';
import type { Manifest, ModelVersionView, NetworkManifest, SubmissionView } from '@corescore/contracts';
import { call, root } from './serve.js';

interface Service {
  url: string;
  token: string;
}

/** A version of `local/<name>` as multipart: the manifest, then its files. */
export function versionForm(manifest: Manifest, files: Record<string, Uint8Array>): FormData {
  const form = new FormData();
  form.append('manifest', new Blob([JSON.stringify(manifest)], { type: 'application/json' }), 'corescore.json');
  for (const [name, bytes] of Object.entries(files)) form.append('file', new Blob([new Uint8Array(bytes)]), name);
  return form;
}

/** Uploads a model over REST, an ONNX file or all files of it, and submits it; returns the id of its run. */
export async function submitModel(
  served: Service,
  manifest: NetworkManifest,
  model: Uint8Array | Record<string, Uint8Array>,
  key: string,
): Promise<string> {
  const files = model instanceof Uint8Array ? { [`${manifest.name}.onnx`]: model } : model;
  const version = await call<ModelVersionView>(served, `/v1/models/local/${manifest.name}/versions`, {
    method: 'POST',
    body: versionForm(manifest, files),
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
