import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { type ModelFiles, type NetworkManifest, PROBE_FILE, type Region } from '@corescore/contracts';
import { checkNetwork, type NetworkFacts, readNpyHeader } from '@corescore/formats';
import type { PixelSource } from './child/images.js';
import { chooseEngine } from './engines.js';
import { asModelFailure, infrastructureFailure } from './failure.js';
import { checkLimits, type Limits } from './limits.js';
import { planOf, tapsOf } from './plan.js';
import { preflight } from './preflight.js';
import { checkProbe } from './probe.js';
import { accessFor } from './provider-access.js';
import { runChild } from './run-child.js';
import { requireWalls, sandbox } from './sandbox.js';
import { makeTemporary } from './temporary.js';
import { layOut } from './work-dir.js';

export interface ExtractRequest {
  /** The files of the version, under the names that manifest and model give them. */
  files: ModelFiles;
  manifest: NetworkManifest;
  /** uint8 .npy [n][height][width][3], the stimuli sorted by id. */
  pixelsPath: string;
  /** Degrees of visual angle at which the stimulus set shows its images. */
  imageDegrees: number;
  /** Folder for the arrays, made if need be; nothing is left in it when the extraction fails. */
  outDir: string;
  limits: Limits;
  /**
   * Which of the manifest's regions to record; default: all. IT and the readout, where there is one, are always
   * recorded; a region that the manifest does not name is missing in the result.
   */
  regions?: Region[];
  /**
   * Whether a clock that does not fit the activations, or a region that ignores the image, refuses the model; default
   * true. `validate` looks at them itself, to say all that is wrong at once.
   */
  checkClock?: boolean;
  onProgress?: (done: number, total: number) => void;
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

/** One recorded array: float32 .npy [step][stimulus][feature], all steps, those before `firstStep` included. */
export interface ExtractedArray {
  path: string;
  steps: number;
  stimuli: number;
  features: number;
  /** Whether activations change over the steps from `firstStep` on, for any image. */
  temporal: boolean;
  /** First step whose activations depend on the image; null where none does, or there was one image only. */
  imageFrom: number | null;
  /** Axes that were flattened to features. */
  shape: number[];
}

export interface Extraction {
  /** Name and version, e.g. `onnxruntime-node 1.30.0`. */
  engine: string;
  provider: string;
  batchSize: number;
  /** Highest resident memory of the process group, bytes; 0 on a host without /proc. */
  peakMemoryBytes: number;
  wallMs: number;
  /** Values in the model's initialisers. */
  parameters: number | null;
  /**
   * Multiplications with an addition in convolutions and matrix products for one image, all steps: from the file (ONNX),
   * or counted in a run (TensorFlow.js). Null where neither can tell.
   */
  multiplyAdds: number | null;
  regions: Partial<Record<Region, ExtractedArray>> & { IT: ExtractedArray };
  readout?: ExtractedArray;
}

/**
 * Runs an untrusted model in a child process over all images of a stimulus set; where it comes with a probe, over that
 * first.
 * @throws ModelFailure whose `kind` says whether the model or the host is at fault.
 * @throws CorescoreError `configuration` for limits that make no sense, and where the sandbox is required and does not hold.
 * @throws the reason of `signal` when it is aborted; the child is dead by then.
 */
export async function extract(request: ExtractRequest): Promise<Extraction> {
  const { manifest, files, signal } = request;
  signal?.throwIfAborted();
  const { maxActivationBytes } = checkLimits(request.limits);
  if (request.limits.sandbox === 'require') requireWalls(await sandbox());
  const { probe } = manifest;
  try {
    const facts = await checkNetwork(manifest, files);
    if (probe !== undefined) {
      const about = { imageDegrees: manifest.input.visualDegrees, checkClock: false, onProgress: ignore };
      await checkProbe({ ...manifest, probe }, files[PROBE_FILE]!, maxActivationBytes, (part) =>
        run({ ...request, ...about, ...part }, facts),
      );
    }
    return await run(request, facts);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw asModelFailure(error, 'The extraction failed');
  }
}

async function run(request: ExtractRequest, facts: NetworkFacts): Promise<Extraction> {
  const startedAt = performance.now();
  const { manifest, files, limits, outDir, onLog = ignore, onProgress = ignore, signal } = request;
  const { parameters, multiplyAdds, outputs, imageType } = facts;
  const plan = planOf(manifest, imageType, request.regions);
  let folder: string | undefined;
  let pixels: FileHandle | undefined;
  try {
    const source = await pixelSource(request.pixelsPath, request.imageDegrees);
    preflight(plan, facts, limits, source.n);
    const fence = await sandbox();
    const { provider, skipped } = await chooseEngine(manifest.kind, limits.providers);
    for (const line of [...fence.lines, ...skipped]) onLog(line);
    await mkdir(outDir, { recursive: true });
    pixels = await open(request.pixelsPath, 'r');
    folder = await makeTemporary('model');
    const { threads, memoryBytes, maxActivationBytes } = limits;
    await layOut(folder, { kind: manifest.kind, files, taps: tapsOf(plan, outputs) }, fence, {
      plan,
      pixels: source,
      threads,
      provider,
      memoryBytes,
    });
    const { arrays, ...child } = await runChild(
      {
        sandbox: fence,
        limits,
        workDir: folder,
        pixelsFd: pixels.fd,
        access: accessFor(provider),
        onLog,
        ...(signal ? { signal } : {}),
      },
      {
        plan,
        stimuli: source.n,
        firstStep: manifest.clock?.firstStep ?? 0,
        outDir,
        maxActivationBytes,
        labels: manifest.readout?.labels.length ?? null,
        checkClock: request.checkClock ?? true,
      },
      (done) => onProgress(done, source.n),
    );
    const { readout, ...regions } = Object.fromEntries(arrays.map(({ name, ...array }) => [name, array]));
    return {
      ...child,
      wallMs: performance.now() - startedAt,
      parameters,
      multiplyAdds: multiplyAdds ?? child.multiplyAdds,
      regions: regions as Extraction['regions'],
      ...(readout === undefined ? {} : { readout }),
    };
  } finally {
    await pixels?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function ignore(): void {}

/** The pixel file is ours: whatever is wrong with it is no fault of the model. */
async function pixelSource(path: string, imageDegrees: number): Promise<PixelSource> {
  const header = await readNpyHeader(path).catch((error: Error) => {
    throw infrastructureFailure(`The pixel file cannot be read: ${error.message}`, error);
  });
  const { dtype, shape, fortranOrder, dataOffset } = header;
  const [n, height, width, channels] = shape;
  if (dtype !== '|u1' || fortranOrder || shape.length !== 4 || channels !== 3 || !n || !height || !width) {
    throw infrastructureFailure(
      `The pixel file holds ${dtype} [${shape.join(', ')}], not uint8 [images][height][width][3].`,
    );
  }
  return { n, height, width, dataOffset, imageDegrees };
}
