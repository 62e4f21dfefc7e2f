import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CorescoreClient } from '@corescore/client';
import { uploadVersion } from '@corescore/client/node';
import { defaultIdempotencyKey } from '../submission/submit.js';

/** Owner of what ships with the project; the API keeps this name for administrators. */
const SEED_OWNER = 'corescore';

interface Seed {
  name: string;
  manifestPath: string;
  files: string[];
  benchmarks: string[];
}

/**
 * Puts the bundled models, and the activations that belong on each board, through the same door as everybody's: over
 * REST. Doing it again is cheap and changes nothing, since versions are known by digest and submissions by key.
 * @returns how many models were submitted
 */
export async function seedBoard(client: CorescoreClient, home: string, signal: AbortSignal): Promise<number> {
  const { bundledModels, bundledActivations } = await import('@corescore/benchmarks');
  const benchmarks = (await client.listBenchmarks()).map((benchmark) => benchmark.ref);
  const seeds: Seed[] = [];
  for (const ref of benchmarks) {
    for (const activations of await bundledActivations(ref, join(home, 'seed', ref))) {
      seeds.push({ ...activations, benchmarks: [ref] });
    }
  }
  for (const { name, manifestPath, modelPath, onBoard } of bundledModels()) {
    if (onBoard) seeds.push({ name, manifestPath, files: [modelPath], benchmarks });
  }
  for (const seed of seeds) {
    signal.throwIfAborted();
    const { name } = JSON.parse(await readFile(seed.manifestPath, 'utf8')) as { name: string };
    const { version } = await uploadVersion(client, { ...seed, owner: SEED_OWNER, name, signal });
    for (const ref of seed.benchmarks) {
      await client.submit(
        { modelVersion: version.digest, owner: SEED_OWNER, benchmarks: [ref] },
        { idempotencyKey: `seed-${defaultIdempotencyKey(version, [ref])}` },
      );
    }
  }
  return seeds.length;
}
