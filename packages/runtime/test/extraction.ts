import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelFiles, NetworkManifest } from '@corescore/contracts';
import { npyHeaderBytes, readNpyHeader } from '@corescore/formats';
import { type ExtractedArray, type Extraction, type ExtractRequest, extract } from '../src/extract.js';
import { ProcessTree } from '../src/process-tree.js';
import { manifest, SIDE } from './models.js';
import { type Graph, onnxFile } from './onnx-writer.js';

export const MIB = 1024 ** 2;

/** A folder of its own for one test file: models, pixels and what extractions write. */
export class Bench {
  private files = 0;
  private constructor(readonly folder: string) {}

  static async make(): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), 'corescore-runtime-')));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** uint8 [n][side][side][3] from a function of (image, y, x, channel). */
  async pixels(
    n: number,
    side: number,
    value: (i: number, y: number, x: number, c: number) => number,
  ): Promise<string> {
    const data = Buffer.alloc(n * side * side * 3);
    let at = 0;
    for (let i = 0; i < n; i++) {
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) for (let c = 0; c < 3; c++) data[at++] = value(i, y, x, c);
      }
    }
    const path = join(this.folder, `pixels-${this.files++}.npy`);
    await writeFile(path, Buffer.concat([npyHeaderBytes('|u1', [n, side, side, 3]), data]));
    return path;
  }

  /** Image i is one colour: channel c is 10 (i + 1) + c, of 255. */
  flatPixels(n: number): Promise<string> {
    return this.pixels(n, SIDE, (i, _y, _x, c) => 10 * (i + 1) + c);
  }

  async model(graph: Graph): Promise<string> {
    const path = join(this.folder, `model-${this.files++}.onnx`);
    await writeFile(path, onnxFile(graph));
    return path;
  }

  newOutDir(): string {
    return join(this.folder, `out-${this.files++}`);
  }

  /** Extracts a tiny model over flat images, with limits that leave it room. */
  async extract(
    model: Graph | ModelFiles,
    about: NetworkManifest = manifest(),
    rest: Omit<Partial<ExtractRequest>, 'limits'> & { n?: number; limits?: Partial<ExtractRequest['limits']> } = {},
  ): Promise<Extraction> {
    const { n = 5, limits, ...request } = rest;
    return extract({
      files: 'nodes' in model ? { 'model.onnx': await this.model(model as Graph) } : model,
      manifest: about,
      pixelsPath: request.pixelsPath ?? (await this.flatPixels(n)),
      imageDegrees: 8,
      outDir: this.newOutDir(),
      limits: {
        wallSeconds: PLENTY_SECONDS,
        memoryBytes: 1024 * MIB,
        maxActivationBytes: 64 * MIB,
        threads: 1,
        ...limits,
      },
      ...request,
    });
  }
}

/** Wall time of models that end by themselves: no test may depend on how busy the machine is. */
export const PLENTY_SECONDS = 3600;

/** The array of a region: values row-major [step][stimulus][feature]. */
export async function readArray(array: ExtractedArray): Promise<{ shape: number[]; values: Float32Array }> {
  const header = await readNpyHeader(array.path);
  const bytes = await readFile(array.path);
  return { shape: header.shape, values: new Float32Array(bytes.buffer.slice(bytes.byteOffset + header.dataOffset)) };
}

/** Names in a folder; none where the folder was never made. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** Process ids of the model processes of one parent: the leader of each, which may be a program of the fence. */
export function modelProcesses(parentPid = process.pid): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const stat = contents(`/proc/${pid}/stat`);
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return parent === parentPid && contents(`/proc/${pid}/cmdline`).includes('child/main.js\0job.json');
    });
}

/** Processor time that a process has used, seconds. */
export function processorSeconds(pid: number): number {
  const stat = contents(`/proc/${pid}/stat`);
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user ?? 0) + (system ?? 0)) / 100;
}

/** The process below a leader that runs the model itself; undefined while the fence is being set up. */
export function engineProcess(leader: number): number | undefined {
  const runsNode = (pid: number): boolean => contents(`/proc/${pid}/cmdline`).startsWith(`${process.execPath}\0`);
  return new ProcessTree(leader).members().find(runsNode);
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // The process is gone.
  }
}
