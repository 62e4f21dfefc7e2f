/**
 * 1. `extract()` against the bare engine on the same model, images and threads: what preprocessing, the sandbox, the
 *    transport, the checks and the files cost once the model is loaded. Processes in turn, medians of the rounds.
 * 2. ONNX Runtime as corescore opens it against PyTorch on the same network: outputs are compared first, then batches
 *    are run in turn. Needs PYTHON, an interpreter with the packages that peers/torch_speed.py names.
 * Run: PYTHON=python3 npm run bench -- runtime [rounds]
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundledModels } from '@corescore/benchmarks';
import type { OnnxManifest } from '@corescore/contracts';
import { npyHeaderBytes } from '@corescore/formats';
import { extract } from '@corescore/runtime';
import { planOf } from '../packages/runtime/src/plan.js';
import { median } from './measure/turns.js';
import { noise } from './runtime/nets.js';

const rounds = Number(process.argv[2] ?? 7);
const python = process.env['PYTHON'];
const here = new URL('.', import.meta.url).pathname;
const tsx = join(here, '../node_modules/.bin/tsx');
const folder = await mkdtemp(join(tmpdir(), 'corescore-bench-runtime-'));
const bl64 = bundledModels().find(({ name }) => name === 'bl-64')!;
const bl64Manifest = JSON.parse(await readFile(bl64.manifestPath, 'utf8')) as OnnxManifest;
const resnet: OnnxManifest = {
  manifestVersion: 1,
  name: 'resnet',
  kind: 'onnx',
  input: { name: 'image', layout: 'NCHW', size: [224, 224], channels: 3, visualDegrees: 8 },
  regions: { IT: { output: 'it' } },
};

const fixed = (value: number, digits = 1): string => value.toFixed(digits).padStart(8);

/** Images a second of an extraction, from its first report of progress to its last. */
async function extracted(model: string, manifest: OnnxManifest, pixelsPath: string, threads: number): Promise<number> {
  const ticks: [done: number, at: number][] = [];
  const outDir = join(folder, 'out');
  await extract({
    files: { 'model.onnx': model },
    manifest,
    pixelsPath,
    imageDegrees: 8,
    outDir,
    limits: {
      wallSeconds: 600,
      memoryBytes: 2 ** 32,
      maxActivationBytes: 2 ** 33,
      threads,
      providers: { onnx: ['cpu'], tfjs: [] },
    },
    onProgress: (done) => ticks.push([done, performance.now()]),
    checkClock: false,
  });
  await rm(outDir, { recursive: true });
  const [first, last] = [ticks[0]!, ticks.at(-1)!];
  return ((last[0] - first[0]) / (last[1] - first[1])) * 1000;
}

function bare(model: string, manifest: OnnxManifest, threads: number, images: number): number {
  const { name, size, channels } = manifest.input;
  const fetches = planOf(manifest, 'float32').recordings.flatMap(({ outputs }) => outputs);
  const job = { input: { name, dims: [channels, ...size] }, fetches, threads, batch: 16, images };
  const out = execFileSync(tsx, [join(here, 'runtime/bare.ts'), model, JSON.stringify(job)], { encoding: 'utf8' });
  const { seconds, images: run } = JSON.parse(out) as { seconds: number; images: number };
  return run / seconds;
}

async function pixels(n: number, side: number): Promise<string> {
  const path = join(folder, `pixels-${side}.npy`);
  const bytes = Uint8Array.from(noise(n * side * side * 3), (value) => value * 255);
  await writeFile(path, Buffer.concat([npyHeaderBytes('|u1', [n, side, side, 3]), bytes]));
  return path;
}

async function endToEnd(name: string, model: string, manifest: OnnxManifest, n: number): Promise<void> {
  const path = await pixels(n, manifest.input.size[0]);
  for (const threads of [1, 2]) {
    const [ours, engine]: [number[], number[]] = [[], []];
    for (let round = 0; round < Math.max(3, rounds >> 1); round++) {
      engine.push(bare(model, manifest, threads, n));
      ours.push(await extracted(model, manifest, path, threads));
    }
    const [a, b] = [median(ours), median(engine)];
    console.log(`${name.padEnd(10)} ${threads}  ${fixed(a)}  ${fixed(b)}  ${((100 * a) / b).toFixed(0)} %`);
  }
}

/** A peer that runs one batch for every line it is sent, and answers each with a line of JSON. */
class Peer {
  private readonly lines: AsyncIterator<string>;
  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    child.stderr.pipe(process.stderr);
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }
  async answer<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done === true) throw new Error(`${this.child.spawnargs.join(' ')} ended`);
    return JSON.parse(value as string) as T;
  }
  async batch(): Promise<number> {
    this.child.stdin.write('\n');
    return (await this.answer<{ ms: number }>()).ms;
  }
  end(): void {
    this.child.stdin.end();
    this.child.kill();
  }
}

async function againstTorch(name: string, threads: number, batch: number): Promise<string> {
  const own = join(folder, `${name}-${threads}`);
  await mkdir(own);
  const model = join(own, 'model.onnx');
  const manifest = name === 'bl-64' ? { ...bl64Manifest, regions: { IT: bl64Manifest.regions.IT } } : resnet;
  delete manifest.readout;
  if (name === 'bl-64') await cp(bl64.modelPath, model);
  const args = [join(here, 'peers/torch_speed.py'), name, bl64.modelPath, model, String(threads), String(batch)];
  const torch = new Peer(spawn(python!, args));
  const theirs = await torch.answer<{ torch: string; first: number[] }>();
  const size = 3 * manifest.input.size[0] * manifest.input.size[1];
  const job = JSON.stringify({ plan: planOf(manifest, 'float32'), threads, batch, size });
  const engine = new Peer(spawn(tsx, [join(here, 'runtime/engine.ts'), own, job]));
  const ours = await engine.answer<{ engine: string; first: number[] }>();
  const scale = Math.max(...theirs.first.map(Math.abs));
  const worst = Math.max(...ours.first.map((value, i) => Math.abs(value - theirs.first[i]!))) / scale;
  if (!(worst <= 1e-3)) throw new Error(`${name}: the outputs differ by ${worst} of the largest`);
  const [a, b]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    a.push(await engine.batch());
    b.push(await torch.batch());
  }
  engine.end();
  torch.end();
  console.log(
    `${name.padEnd(10)} ${threads}  ${fixed(median(a))}  ${fixed(median(b))}  ${(median(b) / median(a)).toFixed(2)}`,
  );
  return `${ours.engine}, PyTorch ${theirs.torch}`;
}

try {
  console.log(`${cpus()[0]!.model}, Node ${process.version}, ${rounds} rounds\n`);
  let versions = 'PyTorch was not asked: set PYTHON';
  if (python !== undefined) {
    console.log('network    threads  ms a batch of 16: ONNX Runtime, PyTorch; ratio');
    for (const name of ['bl-64', 'resnet18', 'resnet50']) {
      for (const threads of [1, 2]) versions = await againstTorch(name, threads, 16);
    }
  }
  console.log(`${versions}\n\nnetwork    threads  images a second: extract(), bare engine; share`);
  await endToEnd('bl-64', bl64.modelPath, bl64Manifest, 1600);
  if (python !== undefined) await endToEnd('resnet18', join(folder, 'resnet18-1/model.onnx'), resnet, 160);
} finally {
  await rm(folder, { recursive: true, force: true });
}
