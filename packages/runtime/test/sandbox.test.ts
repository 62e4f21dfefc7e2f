import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { membersOf, watchGroupMemory } from '../src/group-memory.js';
import { MIN_MEMORY_BYTES } from '../src/limits.js';
import { planOf } from '../src/plan.js';
import { runChild } from '../src/run-child.js';
import { sandbox } from '../src/sandbox.js';
import { Bench, MIB, modelProcesses } from './extraction.js';
import { endless, manifest, plain } from './models.js';

const run = promisify(execFile);
const limits = { wallSeconds: 20, memoryBytes: 512 * MIB, maxActivationBytes: MIB, threads: 1 };

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());

/** What a program sees inside the fence. */
async function inside(program: string): Promise<unknown> {
  const { file, args } = (await sandbox()).command(limits, ['--input-type=module', '-e', program]);
  const { stdout } = await run(file, args, { env: {} });
  return JSON.parse(stdout);
}

describe.runIf(process.platform === 'linux')('the fence', () => {
  it('says in its log what holds', async () => {
    const { lines, networkCut } = await sandbox();
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.some((line) => line.includes(networkCut ? 'network cut' : 'NETWORK NOT CUT'))).toBe(true);
  });

  it('hands over no environment and, where it says so, no network', async () => {
    const { networkCut } = await sandbox();
    const seen = (await inside(`
      import os from 'node:os';
      const outward = Object.values(os.networkInterfaces()).flat().filter((face) => !face.internal);
      console.log(JSON.stringify({ names: Object.keys(process.env), outward: outward.length }));
    `)) as { names: string[]; outward: number };
    expect(seen.names).toEqual([]);
    if (networkCut) expect(seen.outward).toBe(0);
  });

  it('runs models as nobody where it says so', async () => {
    const { gid, lines } = await sandbox();
    expect(lines.some((line) => line.includes('runs as nobody'))).toBe(gid !== null);
    const seen = await inside('console.log(JSON.stringify(process.getgid()))');
    if (gid !== null) expect(seen).toBe(gid);
    else expect(seen).not.toBe(65534);
  });

  it('keeps files from being written and memory from being taken, where the kernel helps', async () => {
    const { lines } = await sandbox();
    const target = join(bench.folder, 'written');
    const seen = await inside(`
      import { writeFileSync } from 'node:fs';
      const attempt = (what) => { try { what(); return 'done'; } catch (error) { return 'refused'; } };
      process.on('SIGXFSZ', () => {});
      console.log(JSON.stringify([
        attempt(() => writeFileSync(${JSON.stringify(target)}, 'x')),
        attempt(() => new Uint8Array(2 ** 30).fill(1)),
      ]));
    `);
    const kernel = lines.some((line) => line.includes('(prlimit)'));
    expect(seen).toEqual(kernel ? ['refused', 'refused'] : ['done', 'done']);
  });
});

it('leaves room for a small model at the smallest memory limit', async () => {
  const { regions } = await bench.extract(plain, manifest(), { limits: { memoryBytes: MIN_MEMORY_BYTES } });
  expect(regions.IT.stimuli).toBe(5);
});

it('says when a process cannot be started, and blames no model', async () => {
  const about = planOf(manifest());
  const pixels = await open(await bench.flatPixels(2));
  const nowhere = { ...(await sandbox()), command: () => ({ file: join(bench.folder, 'no-such-program'), args: [] }) };
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

describe.runIf(process.platform === 'linux')('the watch over memory', () => {
  it('sees a group go over its limit, its later members included', async () => {
    // The leader takes little itself; its child takes 300 MiB.
    const eater = `const b = Buffer.alloc(${300 * MIB}, 1); setInterval(() => b[0]++, 1000)`;
    const leader = spawn(
      process.execPath,
      [
        '-e',
        `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(eater)}]); setInterval(() => {}, 1000)`,
      ],
      { detached: true, stdio: 'ignore' },
    );
    const bytes = await new Promise<number>((resolve) => {
      const watch = watchGroupMemory(leader.pid!, 250 * MIB, (seen) => {
        watch.stop();
        expect(watch.peakBytes()).toBeGreaterThanOrEqual(seen);
        resolve(seen);
      });
    });
    expect(membersOf(leader.pid!)).toHaveLength(2);
    const gone = once(leader, 'exit');
    process.kill(-leader.pid!, 'SIGKILL');
    await gone;
    expect(bytes).toBeGreaterThan(250 * MIB);
  });
});

describe('a parent that is killed', () => {
  it('takes its model process with it', async () => {
    const { lines } = await sandbox();
    const tied = lines.some((line) => line.includes('dies with its parent'));
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
      limits: { wallSeconds: 60, memoryBytes: 512 * MIB, maxActivationBytes: MIB, threads: 1 },
    };
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program, JSON.stringify(request)], {
      env: { ...process.env, TMPDIR: bench.folder },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const model = await waitFor(() => modelProcesses(parent.pid!)[0]);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    if (!tied) process.kill(-model, 'SIGKILL');
    await waitFor(() => (membersOf(model).length === 0 ? true : undefined));
    expect(membersOf(model)).toEqual([]);
  });
});

async function waitFor<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
