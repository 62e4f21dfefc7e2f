import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { publishFile, writeAtomically } from '@corescore/contracts/files';
import { addonPath, TFJS_NODE, TFJS_NODE_VERSION } from './folder.js';
import type { Libtensorflow } from './libtensorflow.js';
import { lastWords, runProgram } from './run-program.js';

/** The stable C interface of every Node: an addon built with it loads in all versions. */
const NODE_HEADERS = { name: 'node-api-headers', version: '1.9.0' };
const NAPI_VERSION = 8;

/** What went wrong in a step, and what to do. */
export class SetupError extends Error {
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** The operator's C++ compiler. @returns its first line of `--version` */
export async function findCompiler(compiler: string): Promise<string> {
  const ran = await runProgram(compiler, ['--version']);
  if (ran.code === 0) return ran.stdout.split('\n')[0]!.trim();
  throw new SetupError(
    `${compiler} does not run: ${lastWords(ran, 1)}`,
    'Install a C++ compiler (Debian: apt-get install g++), or name one in the environment variable CXX.',
  );
}

/**
 * The binding's sources and JavaScript, from the registry that npm is set to. Its install script is not run: it fetches
 * a library from a place that has stopped answering.
 * @returns whether npm had anything to do
 */
export async function installPackage(folder: string): Promise<boolean> {
  if (has(folder, TFJS_NODE, TFJS_NODE_VERSION) && has(folder, NODE_HEADERS.name, NODE_HEADERS.version)) return false;
  await mkdir(folder, { recursive: true });
  const about = { name: 'corescore-tfjs-native', private: true, description: 'Made by corescore doctor --setup-tfjs' };
  await writeAtomically(join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
  const wanted = [`${TFJS_NODE}@${TFJS_NODE_VERSION}`, `${NODE_HEADERS.name}@${NODE_HEADERS.version}`];
  const options = ['--ignore-scripts', '--save-exact', '--no-audit', '--no-fund', '--prefix', folder];
  const ran = await runProgram('npm', ['install', ...options, ...wanted], { cwd: folder });
  if (ran.code === 0) return true;
  throw new SetupError(
    `npm cannot install ${wanted.join(' and ')}: ${lastWords(ran)}`,
    'Check npm and its registry setting (npm config get registry), then run this again.',
  );
}

function has(folder: string, name: string, version: string): boolean {
  const path = join(folder, 'node_modules', name, 'package.json');
  return existsSync(path) && (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version === version;
}

/**
 * Compiles the package's two sources with the compiler itself: node-gyp would need Python and a download of Node's own
 * headers. The libraries are found at run time where they lie, so that they find theirs (CUDA) from there.
 */
export async function compile(folder: string, compiler: string, library: Libtensorflow): Promise<void> {
  const addon = addonPath(folder);
  const sources = join(folder, 'node_modules', TFJS_NODE, 'binding');
  const folders = [...new Set(library.libraries.map((path) => dirname(path)))];
  const made = `${addon}.${process.pid}`;
  await mkdir(dirname(addon), { recursive: true });
  const ran = await runProgram(compiler, [
    ...['-O2', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${NAPI_VERSION}`],
    `-I${join(folder, 'node_modules', NODE_HEADERS.name, 'include')}`,
    `-I${library.include}`,
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, name)),
    ...folders.flatMap((path) => [`-L${path}`, `-Wl,-rpath,${path}`]),
    ...library.libraries.map((path) => `-l:${basename(path)}`),
    ...['-o', made],
  ]);
  if (ran.code === 0) return publishFile(made, addon);
  await rm(made, { force: true });
  throw new SetupError(
    `${compiler} cannot build the binding: ${compilerErrors(ran.stderr)}`,
    /No such file or directory/.test(ran.stderr)
      ? 'A header is missing: keep the whole include folder of TensorFlow (tensorflow, tsl, xla, absl, ...) as it came.'
      : 'Try another version of TensorFlow: docs/gpu.md names those that were built against.',
  );
}

function compilerErrors(text: string): string {
  const lines = text.split('\n').filter((line) => /\berror\b|cannot find/.test(line));
  return (lines.length > 0 ? lines : text.trim().split('\n')).slice(0, 3).join('\n');
}

/** TensorFlow's functions that the binding calls and no library has. Loading would not tell: they are bound late. */
export async function missingSymbols(folder: string, { libraries }: Libtensorflow): Promise<string[]> {
  const wanted = await symbols(addonPath(folder), '--undefined-only');
  const there = new Set((await Promise.all(libraries.map((path) => symbols(path, '--defined-only')))).flat());
  return wanted.filter((name) => !there.has(name)).sort();
}

/** Names of TensorFlow's C interface in a dynamic symbol table. */
async function symbols(path: string, which: '--undefined-only' | '--defined-only'): Promise<string[]> {
  const ran = await runProgram('nm', ['--dynamic', '--format=posix', which, path]);
  if (ran.code !== 0) {
    throw new SetupError(
      `nm cannot list the symbols of ${path}: ${lastWords(ran, 1)}`,
      'Install binutils (Debian: apt-get install binutils).',
    );
  }
  return ran.stdout.split('\n').flatMap((line) => /^(TFE?_\w+)/.exec(line)?.[1] ?? []);
}
