import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelFiles, OnnxManifest } from '@corescore/contracts';

const here = fileURLToPath(new URL('.', import.meta.url));
const models = join(here, '../../benchmarks/data/models');

/** A bundled trained network: its file and its manifest. */
export function bundledModel(name: string): { files: ModelFiles; manifest: OnnxManifest } {
  return {
    files: { 'model.onnx': join(models, `${name}.onnx`) },
    manifest: JSON.parse(readFileSync(join(models, `${name}.json`), 'utf8')) as OnnxManifest,
  };
}

/** What PyTorch computed; each list is by image and, for a recurrent network, by step. */
export interface Reference {
  it_first8: (number[] | number[][])[];
  it_sum: (number | number[])[];
  logits: (number[] | number[][])[];
}

export function reference(name: string): Reference {
  const file = join(here, 'fixtures/reference_activations.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { models: Record<string, Reference> }).models[name]!;
}

/** The three images of the reference: 0.5 + 0.4 sin(0.13 (n+1) x + 0.07 (c+2) y + n), NCHW. */
export function referenceImages(): Float32Array {
  const images = new Float32Array(3 * 3 * 64 * 64);
  let i = 0;
  for (let n = 0; n < 3; n++) {
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < 64; y++) {
        for (let x = 0; x < 64; x++) images[i++] = 0.5 + 0.4 * Math.sin(0.13 * (n + 1) * x + 0.07 * (c + 2) * y + n);
      }
    }
  }
  return images;
}
