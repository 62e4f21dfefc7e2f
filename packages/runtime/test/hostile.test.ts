import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CorescoreError, type ModelFiles } from '@corescore/contracts';
import { checkNetwork } from '@corescore/formats';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ModelFailure } from '../src/index.js';
import { Bench, MIB, modelProcesses, namesIn, PLENTY_SECONDS } from './extraction.js';
import type { HostileCase } from './hostile/case.js';
import { HOSTILE } from './hostile/corpus.js';

/** The corpus of hostile and broken models, in this process and in the sandbox; test/e2e runs it under the service. */
let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());
afterEach(() => {
  expect(modelProcesses()).toEqual([]);
});

async function put({ files }: HostileCase): Promise<ModelFiles> {
  const folder = bench.newOutDir();
  await mkdir(folder);
  const paths: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(files)) {
    paths[name] = join(folder, name);
    await writeFile(paths[name], bytes);
  }
  return paths;
}

const failureOf = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => 'nothing',
    (error: unknown) => error,
  );

describe('refused before it runs', () => {
  it.each(HOSTILE.flatMap((it) => ('refused' in it ? [[it.name, it] as const] : [])))('%s', async (_, hostile) => {
    const files = await put(hostile);
    const refusal = await failureOf(checkNetwork(hostile.manifest, files));
    expect(refusal).toBeInstanceOf(CorescoreError);
    expect(refusal).toMatchObject({ code: hostile.refused });
    expect((refusal as CorescoreError).field).toBeTruthy();
    expect((refusal as CorescoreError).remedy).toBeTruthy();
    // The worker says the same of a file that got there all the same.
    expect(await failureOf(bench.extract(files, hostile.manifest as never))).toMatchObject({
      kind: 'contract_violation',
      code: hostile.refused,
    });
  });
});

describe('contained while it runs', () => {
  it.each(HOSTILE.flatMap((it) => ('fails' in it ? [[it.name, it] as const] : [])))('%s', async (_, hostile) => {
    const files = await put(hostile);
    await checkNetwork(hostile.manifest, files);
    const outDir = bench.newOutDir();
    // What must be ended by the clock is ended soon; no other is, however busy the machine.
    const wallSeconds = hostile.fails.kind === 'timeout' ? 5 : PLENTY_SECONDS;
    const limits = { wallSeconds, memoryBytes: 512 * MIB, ...hostile.limits };
    const failure = await failureOf(bench.extract(files, hostile.manifest as never, { outDir, limits }));
    expect(failure).toBeInstanceOf(ModelFailure);
    expect(failure).toMatchObject(hostile.fails);
    expect((failure as ModelFailure).remedy).toBeTruthy();
    expect(await namesIn(outDir)).toEqual([]);
  });
});
