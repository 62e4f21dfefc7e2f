import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bench, readArray } from './extraction.js';
import { graph } from './models.js';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());

/** IT = mean x w, with w in weights.bin after 8 bytes that belong to nothing. */
const scaled = {
  ...graph([{ op: 'MatMul', in: ['mean', 'w'], out: ['it'] }]),
  constants: [{ name: 'w', dims: [3, 3], values: [], external: { file: 'weights.bin', offset: 8 } }],
};

async function beside(values: number[]): Promise<string> {
  const path = join(bench.folder, 'some-upload');
  await writeFile(path, Buffer.from(Float32Array.of(0, 0, ...values).buffer));
  return path;
}

it('weights in a file of the version are the model’s, with a tap too', async () => {
  const files = {
    'model.onnx': await bench.model({ ...scaled, outputs: [{ name: 'mean', dims: ['batch', 3] }] }),
    'weights.bin': await beside([2, 0, 0, 0, 3, 0, 0, 0, 4]),
  };
  const { regions, parameters } = await bench.extract(files);
  expect(parameters).toBe(9);
  const { values } = await readArray(regions.IT);
  for (let i = 0; i < 5; i++) {
    for (let c = 0; c < 3; c++) {
      const mean = (10 * (i + 1) + c) / 255;
      expect(values[i * 3 + c]).toBeCloseTo((c + 2) * mean, 6);
    }
  }
});

it.each(['absent', 'short', 'a link'])('a file that is %s fails the contract before anything runs', async (how) => {
  const log: string[] = [];
  const files: Record<string, string> = { 'model.onnx': await bench.model(scaled) };
  if (how !== 'absent') files['weights.bin'] = await beside([2]);
  if (how === 'a link') {
    await mkdir(join(bench.folder, 'links'));
    files['weights.bin'] = join(bench.folder, 'links', 'weights.bin');
    await symlink(await beside([2, 0, 0, 0, 3, 0, 0, 0, 4]), files['weights.bin']);
  }
  const code = { absent: 'file_missing', short: 'not_onnx', 'a link': 'path_refused' }[how];
  const extraction = bench.extract(files, undefined, { onLog: (line) => log.push(line) });
  await expect(extraction).rejects.toMatchObject({ kind: 'contract_violation', code });
  expect(log).toEqual([]);
});
