import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIN_MEMORY_BYTES } from '../src/limits.js';
import { watchMemory } from '../src/memory-watch.js';
import { planOf } from '../src/plan.js';
import { ProcessTree } from '../src/process-tree.js';
import { runChild } from '../src/run-child.js';
import { ALL_MEASURES, type Measure, WALLS } from '../src/sandbox/measures.js';
import { fenceOn, requireWalls, sandbox } from '../src/sandbox.js';
import { Bench, engineProcess, MIB, modelProcesses, PLENTY_SECONDS } from './extraction.js';
import { endless, manifest, plain } from './models.js';

const limits = { wallSeconds: PLENTY_SECONDS, memoryBytes: 512 * MIB, maxActivationBytes: MIB, threads: 1 };

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());

it('leaves room for a small model at the smallest memory limit', async () => {
  const { regions } = await bench.extract(plain, manifest(), { limits: { memoryBytes: MIN_MEMORY_BYTES } });
  expect(regions.IT.stimuli).toBe(5);
});

it('says when a process cannot be started, and blames no model', async () => {
  const about = planOf(manifest(), 'float32');
  const pixels = await open(await bench.flatPixels(2));
  const nowhere = {
    ...(await sandbox()),
    command: () => ({ file: join(bench.folder, 'no-such-program'), args: [], environment: {} }),
  };
  const spawning = { sandbox: nowhere, limits, workDir: bench.folder, pixelsFd: pixels.fd, onLog: () => undefined };
  const receiving = {
    plan: about,
    stimuli: 2,
    firstStep: 0,
    outDir: bench.folder,
    maxActivationBytes: MIB,
    labels: null,
    checkClock: true,
  };
  await expect(runChild(spawning, receiving, () => undefined)).rejects.toMatchObject({
    kind: 'infrastructure',
    message: expect.stringContaining('cannot be started'),
  });
  await pixels.close();
});

it('is required or not: each missing wall refuses a model by name, what only bounds its use does not', async () => {
  const tools = { prlimit: null, setpriv: null, unshare: null, env: null, sh: null };
  const without = (measure: Measure) =>
    fenceOn({ tools, held: new Set(ALL_MEASURES.filter((one) => one !== measure)), userIdRange: null, code: [] });
  for (const measure of ALL_MEASURES) {
    const fence = without(measure);
    if (!(WALLS as readonly Measure[]).includes(measure)) {
      expect(() => requireWalls(fence)).not.toThrow();
      continue;
    }
    expect(() => requireWalls(fence)).toThrow(
      expect.objectContaining({
        code: 'configuration',
        field: 'CORESCORE_SANDBOX',
        message: expect.stringContaining(fence.absent[0]!),
      }),
    );
  }
  const { missingWalls } = await sandbox();
  const run = bench.extract(plain, manifest(), { limits: { sandbox: 'require' } });
  if (missingWalls.length === 0) expect((await run).regions.IT.stimuli).toBe(5);
  else await expect(run).rejects.toMatchObject({ code: 'configuration' });
});

describe.runIf(process.platform === 'linux')('the watch over memory', () => {
  it('sees a run go over its limit, by a process that left the group', async () => {
    // The leader takes little itself; its child takes 300 MiB.
    const eater = `const b = Buffer.alloc(${300 * MIB}, 1); setInterval(() => b[0]++, 1000)`;
    const leader = spawn(
      process.execPath,
      [
        '-e',
        `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(eater)}], { detached: true }); setInterval(() => {}, 1000)`,
      ],
      { detached: true, stdio: 'ignore' },
    );
    const tree = new ProcessTree(leader.pid!);
    const bytes = await new Promise<number>((resolve) => {
      const watch = watchMemory(tree, 250 * MIB, (seen) => {
        watch.stop();
        expect(watch.peakBytes()).toBeGreaterThanOrEqual(seen);
        resolve(seen);
      });
    });
    expect(tree.members()).toHaveLength(2);
    const gone = once(leader, 'exit');
    tree.kill();
    await gone;
    expect(bytes).toBeGreaterThan(250 * MIB);
    await waitFor(() => (tree.members().length === 0 ? true : undefined));
  });
});

const NEXT_ID = '/proc/sys/kernel/ns_last_pid';

describe.runIf(isWritable(NEXT_ID))('a process id that has come round again', () => {
  it('is no longer the leader’s: the stranger is left alone', async () => {
    const leader = spawn('sleep', ['60'], { detached: true });
    const tree = new ProcessTree(leader.pid!);
    expect(tree.members()).toEqual([leader.pid]);
    await sleep(50); // Starts are told apart by clock ticks of 10 ms.
    leader.kill('SIGKILL');
    await once(leader, 'exit');
    // Others may take the id first.
    const stranger = await waitFor(() => {
      writeFileSync(NEXT_ID, String(leader.pid! - 1));
      const started = spawn('sleep', ['60'], { detached: true });
      if (started.pid === leader.pid) return started;
      started.kill('SIGKILL');
      return undefined;
    });
    expect(tree.members()).toEqual([]);
    tree.kill();
    expect(new ProcessTree(stranger.pid!).members()).toEqual([stranger.pid]);
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
    expect(stranger.signalCode).toBe('SIGKILL');
  });
});

describe('a parent that is killed', () => {
  it('takes its model process with it', async () => {
    const { held } = await sandbox();
    const tied = held.has('privileges');
    const program = `
      import { extract } from ${JSON.stringify(fileURLToPath(new URL('../dist/index.js', import.meta.url)))};
      await extract(JSON.parse(process.argv[1]));
    `;
    const request = {
      files: { 'model.onnx': await bench.model(endless) },
      manifest: manifest(),
      pixelsPath: await bench.flatPixels(3),
      imageDegrees: 8,
      outDir: bench.newOutDir(),
      limits: { wallSeconds: PLENTY_SECONDS, memoryBytes: 512 * MIB, maxActivationBytes: MIB, threads: 1 },
    };
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program, JSON.stringify(request)], {
      env: { ...process.env, TMPDIR: bench.folder },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const model = await waitFor(() => modelProcesses(parent.pid!)[0]);
    const tree = new ProcessTree(model);
    await waitFor(() => engineProcess(model));
    expect(tree.members()).toContain(engineProcess(model));
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    if (!tied) process.kill(-model, 'SIGKILL');
    await waitFor(() => (tree.members().length === 0 ? true : undefined));
  });
});

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function waitFor<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(20);
  }
}
