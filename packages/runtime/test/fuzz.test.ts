import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CorescoreError, PROBLEMS } from '@corescore/contracts';
import { checkNetwork } from '@corescore/formats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ModelFailure } from '../src/index.js';
import { Bench, MIB, modelProcesses } from './extraction.js';
import { type Mutant, mutants } from './hostile/mutations.js';

/** `npm run bench -- fuzz` runs every one that passes the check, of any number of mutants. */
const MUTANTS = 2000;
const RUN = 24;
const SEED = 5;

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());

/** Files of a mutant under the same paths each time. */
async function put({ files }: Mutant): Promise<Record<string, string>> {
  const folder = join(bench.folder, 'mutant');
  await mkdir(folder, { recursive: true });
  const paths: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(files)) {
    paths[name] = join(folder, name);
    await writeFile(paths[name], bytes);
  }
  return paths;
}

it(`${MUTANTS} mutated files are read or refused by name, and those that are read run or fail by name`, async () => {
  const passed: Mutant[] = [];
  let refused = 0;
  for (const mutant of mutants(MUTANTS, SEED)) {
    try {
      await checkNetwork(mutant.manifest, await put(mutant));
      passed.push(mutant);
    } catch (error) {
      expect(error, mutant.name).toBeInstanceOf(CorescoreError);
      const { code, field, remedy } = error as CorescoreError;
      expect(PROBLEMS[code].status, mutant.name).toBeLessThan(500);
      expect(field, mutant.name).toBeTruthy();
      expect(remedy, mutant.name).toBeTruthy();
      refused++;
    }
  }
  // The mutations reach both sides of the check.
  expect(refused).toBeGreaterThan(MUTANTS / 4);
  expect(passed.length).toBeGreaterThan(MUTANTS / 10);

  const pixelsPath = await bench.flatPixels(2);
  const every = Math.floor(passed.length / RUN);
  for (const mutant of passed.filter((_, i) => i % every === 0).slice(0, RUN)) {
    const running = bench.extract(await put(mutant), mutant.manifest as never, {
      pixelsPath,
      limits: { wallSeconds: 2, memoryBytes: 512 * MIB },
    });
    const outcome = await running.catch((error: unknown) => error);
    if (!(outcome instanceof Error)) continue;
    expect(outcome, mutant.name).toBeInstanceOf(ModelFailure);
    expect((outcome as ModelFailure).kind, `${mutant.name}: ${outcome.message}`).not.toBe('infrastructure');
  }
  expect(modelProcesses()).toEqual([]);
}, 900_000);
