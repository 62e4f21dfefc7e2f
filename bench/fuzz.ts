/**
 * Mutated model files: every one is checked as an upload is, and every one that passes is run in the sandbox on two
 * images. Prints how each ended; anything that has no name of its own is an error of ours and ends with exit code 1.
 *
 * npm run bench -- fuzz [mutants = 2000] [seed = 5]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { CorescoreError, PROBLEMS } from '@corescore/contracts';
import { checkNetwork } from '@corescore/formats';
import type { ModelFailure } from '@corescore/runtime';
import { Bench, MIB, modelProcesses } from '../packages/runtime/test/extraction.js';
import { type Mutant, mutants } from '../packages/runtime/test/hostile/mutations.js';

const [count = 2000, seed = 5] = process.argv.slice(2).map(Number);
const bench = await Bench.make();
const pixelsPath = await bench.flatPixels(2);
const outcomes = new Map<string, number>();
const unnamed: string[] = [];

function put({ files, name }: Mutant): Record<string, string> {
  const folder = join(bench.folder, name.split(' ')[0]!);
  mkdirSync(folder);
  return Object.fromEntries(
    Object.entries(files).map(([file, bytes]) => {
      const path = join(folder, file);
      writeFileSync(path, bytes);
      return [file, path];
    }),
  );
}

async function outcomeOf(mutant: Mutant): Promise<string> {
  const files = put(mutant);
  try {
    await checkNetwork(mutant.manifest, files);
  } catch (error) {
    if (error instanceof CorescoreError && PROBLEMS[error.code].status < 500) return `refused: ${error.code}`;
    unnamed.push(`${mutant.name}: check: ${error}`);
    return 'refused without a name';
  }
  try {
    const limits = { wallSeconds: 10, memoryBytes: 512 * MIB };
    await bench.extract(files, mutant.manifest as never, { pixelsPath, limits });
    return 'ran';
  } catch (error) {
    const { kind, code } = error as Partial<ModelFailure>;
    if (kind !== undefined && kind !== 'infrastructure') return `ran: ${kind}, ${code}`;
    unnamed.push(`${mutant.name}: run: ${error}`);
    return 'ran: without a name';
  }
}

const queue = mutants(count, seed);
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (const mutant of queue) {
      const outcome = await outcomeOf(mutant);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  }),
);
const left = modelProcesses();
await bench.remove();
for (const [outcome, times] of [...outcomes].sort((a, b) => b[1] - a[1]))
  console.log(String(times).padStart(6), outcome);
for (const line of unnamed) console.log(line);
console.log(`${count} mutants of seed ${seed}; ${unnamed.length} without a name; ${left.length} processes left`);
process.exitCode = unnamed.length + left.length === 0 ? 0 : 1;
