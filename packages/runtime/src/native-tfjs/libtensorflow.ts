import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { lastWords, runProgram } from './run-program.js';

/** TensorFlow's C interface on this machine: what the binding is compiled and linked against. */
export interface Libtensorflow {
  /** Folder with `tensorflow/c/c_api.h` and all that it includes. */
  include: string;
  /** The shared libraries, at their real place: the one with the C interface, then the framework. */
  libraries: string[];
}

/** Why there is none. */
export interface Missing {
  missing: string;
  remedy: string;
}

/** Names of the library with the C interface: in the C archive, and in the Python package (since TensorFlow 2.12). */
const C_LIBRARIES = ['libtensorflow.so.2', 'libtensorflow_cc.so.2', 'libtensorflow.so'];
const FRAMEWORK = 'libtensorflow_framework.so.2';
const HEADER = join('tensorflow', 'c', 'eager', 'c_api.h');

const INSTALL =
  'Install TensorFlow for Python (pip install tensorflow; with a card: pip install "tensorflow[and-cuda]"), or unpack ' +
  'the C archive and name its folder with --libtensorflow.';

/** Looks into a Python package, an unpacked C archive, or a prefix such as /usr/local. */
export function libtensorflowIn(folder: string): Libtensorflow | Missing {
  const root = resolve(folder);
  const libraryFolder = [root, join(root, 'lib'), join(root, 'lib64')].find((candidate) =>
    C_LIBRARIES.some((name) => existsSync(join(candidate, name))),
  );
  if (libraryFolder === undefined) {
    return { missing: `No ${C_LIBRARIES.slice(0, 2).join(' or ')} in ${root} or its lib folder.`, remedy: INSTALL };
  }
  const library = C_LIBRARIES.find((name) => existsSync(join(libraryFolder, name)))!;
  if (!existsSync(join(libraryFolder, FRAMEWORK))) {
    return { missing: `${FRAMEWORK} is not beside ${join(libraryFolder, library)}.`, remedy: INSTALL };
  }
  const include = [root, dirname(libraryFolder)]
    .map((candidate) => join(candidate, 'include'))
    .find((candidate) => existsSync(join(candidate, HEADER)));
  if (include === undefined) {
    return {
      missing: `No headers: include/${HEADER} is not in ${root}.`,
      remedy: 'Keep the whole include folder of the package or the archive beside the libraries.',
    };
  }
  return {
    include,
    libraries: [library, FRAMEWORK].map((name) => realpathSync(join(libraryFolder, name))),
  };
}

/** Prints the folder of the package without importing it, which takes seconds and may fail for other reasons. */
const ASK_PYTHON = `
import importlib.util, os
spec = importlib.util.find_spec("tensorflow")
print(os.path.dirname(spec.origin) if spec and spec.origin else "")
`;

/** The one inside the `tensorflow` package of a Python. */
export async function libtensorflowOfPython(python: string): Promise<Libtensorflow | Missing> {
  const ran = await runProgram(python, ['-c', ASK_PYTHON]);
  if (ran.code !== 0) {
    return {
      missing: `${python} does not run: ${lastWords(ran, 1)}`,
      remedy: 'Name another with --python, or a folder with --libtensorflow.',
    };
  }
  const folder = ran.stdout.trim();
  if (folder === '') return { missing: `${python} has no package tensorflow.`, remedy: INSTALL };
  return libtensorflowIn(folder);
}
