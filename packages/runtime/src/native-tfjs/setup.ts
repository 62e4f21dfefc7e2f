import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeAtomically } from '@corescore/contracts/files';
import { compile, findCompiler, installPackage, missingSymbols, SetupError } from './build.js';
import { type NativeBinding, readBinding, recordPath, TFJS_NODE, TFJS_NODE_VERSION } from './folder.js';
import { type Libtensorflow, libtensorflowIn, libtensorflowOfPython } from './libtensorflow.js';
import { lastWords, runProgram } from './run-program.js';
import type { Trial } from './try-binding.js';

/** Built code, also when the parent runs from source. */
const TRY = fileURLToPath(new URL('../../dist/native-tfjs/try-binding.js', import.meta.url));

export interface SetupOptions {
  /** Where the binding goes (`nativeFolder()`). */
  folder: string;
  /** Folder of TensorFlow's C library; default: that of the `tensorflow` package of `python`. */
  libtensorflow?: string;
  python: string;
  /** Whether the trial must run on a graphics card. */
  gpu: boolean;
  compiler: string;
}

export interface SetupStep {
  name: 'platform' | 'libtensorflow' | 'compiler' | 'package' | 'compile' | 'symbols' | 'trial';
  ok: boolean;
  detail: string;
  /** What to do where it failed. */
  remedy?: string;
}

/**
 * Builds the native binding of TensorFlow.js against TensorFlow's library of this machine, and tries it. What is built
 * already and still works is left as it is.
 * @param onStep told of each step as it ends; the first that fails is the last
 * @returns the binding, or null where a step failed
 */
export async function setUpNative(
  options: SetupOptions,
  onStep: (step: SetupStep) => void,
): Promise<NativeBinding | null> {
  const { folder, gpu } = options;
  const run = async <T>(name: SetupStep['name'], work: () => Promise<[value: T, detail: string]>): Promise<T> => {
    try {
      const [value, detail] = await work();
      onStep({ name, ok: true, detail });
      return value;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      onStep({ name, ok: false, detail: error.message, remedy: error.remedy });
      throw new Stopped();
    }
  };
  try {
    await run('platform', checkPlatform);
    const library = await run('libtensorflow', () => findLibrary(options));
    if (!(await isBuilt(folder, library))) {
      await rm(recordPath(folder), { force: true });
      const compiler = await run('compiler', async () => [options.compiler, await findCompiler(options.compiler)]);
      await run('package', async () => {
        const fetched = await installPackage(folder);
        return [null, `${TFJS_NODE} ${TFJS_NODE_VERSION} ${fetched ? 'installed' : 'is there'}, in ${folder}`];
      });
      await run('compile', async () => [await compile(folder, compiler, library), 'the binding is built']);
      await run('symbols', () => checkSymbols(folder, library));
    } else onStep({ name: 'compile', ok: true, detail: `built before, against the same libraries, in ${folder}` });
    const trial = await run('trial', () => tryBinding(folder, gpu));
    const binding: NativeBinding = { tfjsNode: TFJS_NODE_VERSION, libraries: library.libraries, ...trial };
    await writeAtomically(recordPath(folder), `${JSON.stringify(binding, null, 2)}\n`);
    return binding;
  } catch (error) {
    if (error instanceof Stopped) return null;
    throw error;
  }
}

/** A step has failed and said so. */
class Stopped extends Error {}

async function checkPlatform(): Promise<[null, string]> {
  const here = `${process.platform} ${process.arch}`;
  if (process.platform === 'linux') return [null, here];
  throw new SetupError(`The binding is built on Linux only; this is ${here}.`, 'Use the provider wasm or webgpu here.');
}

async function findLibrary({ libtensorflow, python }: SetupOptions): Promise<[Libtensorflow, string]> {
  const found = libtensorflow === undefined ? await libtensorflowOfPython(python) : libtensorflowIn(libtensorflow);
  if ('missing' in found) throw new SetupError(found.missing, found.remedy);
  return [found, found.libraries.join(', ')];
}

async function isBuilt(folder: string, { libraries }: Libtensorflow): Promise<boolean> {
  const built = readBinding(folder);
  return built?.tfjsNode === TFJS_NODE_VERSION && built.libraries.join() === libraries.join();
}

async function checkSymbols(folder: string, library: Libtensorflow): Promise<[null, string]> {
  const missing = await missingSymbols(folder, library);
  if (missing.length === 0) return [null, 'the libraries have every function that the binding calls'];
  throw new SetupError(
    `The libraries lack ${missing.length} functions that the binding calls: ${missing.join(', ')}.`,
    `Use another version of TensorFlow (docs/gpu.md); these are of ${dirname(library.libraries[0]!)}.`,
  );
}

/** Loads it and runs operators in a process of their own. */
export async function tryBinding(folder: string, gpu: boolean): Promise<[Trial, string]> {
  const ran = await runProgram(process.execPath, [TRY, folder, gpu ? 'gpu' : 'cpu']);
  if (ran.code !== 0) {
    throw new SetupError(
      `The binding does not work: ${lastWords(ran, 1) || 'its process was ended by a signal'}`,
      gpu
        ? 'Check the driver (nvidia-smi) and that CUDA and cuDNN of the versions in docs/gpu.md are found.'
        : 'Try another version of TensorFlow: docs/gpu.md names those that were built against.',
    );
  }
  const trial = JSON.parse(ran.stdout) as Trial;
  return [trial, `TensorFlow ${trial.tensorflow} runs on the ${trial.gpu ? 'graphics card' : 'processor'}`];
}
