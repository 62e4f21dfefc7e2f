import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpyFloat32 } from '@corescore/formats';
import { RandomState, stratifiedKFold } from '@corescore/metrics';
import { afterAll, beforeAll, expect, test } from 'vitest';

const IMAGES = 120;
const FEATURES = 8192;
const STEPS = 48;
const CLASSES = 4;
const MB_A_STEP = (4 * IMAGES * FEATURES) / 1e6;

const folder = mkdtempSync(join(tmpdir(), 'corescore-memory-'));
const path = join(folder, 'activations.npy');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const random = new RandomState(3);
  const step = Float32Array.from({ length: IMAGES * FEATURES }, (_, at) => {
    return random.rand() + (at % CLASSES === Math.floor(at / FEATURES) % CLASSES ? 0.1 : 0);
  });
  const data = new Float32Array(STEPS * step.length);
  for (let s = 0; s < STEPS; s++) data.set(step, s * step.length);
  await writeNpyFloat32(path, [STEPS, IMAGES, FEATURES], data);
});

/** Peak resident memory, MB, of a process that decodes the first `steps` steps one by one, and then their mixture. */
function peak(steps: number): number {
  const labels = Array.from({ length: IMAGES }, (_, i) => i % CLASSES);
  const folds = [[...stratifiedKFold(labels.map(String), 3, 1)]];
  const code = `
    const { decodeMixture } = await import(${JSON.stringify(new URL('../dist/processes/tasks.js', import.meta.url).href)});
    const task = { path: ${JSON.stringify(path)}, labels: Int32Array.from(${JSON.stringify(labels)}), classes: ${CLASSES},
      folds: ${JSON.stringify(folds)}.map((fold) => Int32Array.from(fold)), c: 1e-3 };
    const mixture = new Float64Array(${STEPS}).fill(1 / ${steps}, 0, ${steps});
    const alone = (s) => Float64Array.from(mixture, (_, k) => (k === s ? 1 : 0));
    for (const weights of [...Array.from({ length: ${steps} }, (_, s) => alone(s)), mixture]) {
      const result = await decodeMixture({ ...task, weights });
      if (!result.ok) throw new Error(result.detail);
    }
    console.log(process.resourceUsage().maxRSS / 1e3);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }));
}

// What the collector leaves lying about differs from run to run by some steps; all 48 of them would be 189 MB.
test('a scoring thread needs no more memory for 48 steps than for 2, within 15 steps’ worth', () => {
  const few = peak(2);
  expect(peak(STEPS) - few).toBeLessThan(15 * MB_A_STEP);
  expect(STEPS * MB_A_STEP).toBeGreaterThan(180);
});
