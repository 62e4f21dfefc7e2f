import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingSymbols } from '../src/native-tfjs/build.js';
import { addonPath, bindingPaths, nativeFolder, recordPath } from '../src/native-tfjs/folder.js';
import { libtensorflowIn, libtensorflowOfPython } from '../src/native-tfjs/libtensorflow.js';
import { type SetupStep, setUpNative } from '../src/native-tfjs/setup.js';
import { accessFor } from '../src/provider-access.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corescore-native-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Empty files by path. */
async function tree(name: string, paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true });
    await writeFile(join(folder, name, path), '');
  }
  return join(folder, name);
}

const HEADER = 'include/tensorflow/c/eager/c_api.h';
const PYTHON_PACKAGE = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', HEADER];

describe('TensorFlow’s library', () => {
  it('is found in a Python package and in an unpacked C archive', async () => {
    const python = await tree('python', PYTHON_PACKAGE);
    expect(libtensorflowIn(python)).toEqual({
      include: join(python, 'include'),
      libraries: PYTHON_PACKAGE.slice(0, 2).map((name) => join(python, name)),
    });
    const c = await tree('c', ['lib/libtensorflow.so.2', 'lib/libtensorflow_framework.so.2', HEADER]);
    expect(libtensorflowIn(c)).toMatchObject({ include: join(c, 'include') });
  });

  it.each([
    ['no library', ['lib/other.so'], /No libtensorflow/],
    ['no framework', ['libtensorflow_cc.so.2', HEADER], /libtensorflow_framework.so.2 is not beside/],
    ['no headers', PYTHON_PACKAGE.slice(0, 2), /No headers/],
  ])('%s: said, with the remedy', async (name, paths, missing) => {
    expect(libtensorflowIn(await tree(name, paths))).toMatchObject({
      missing: expect.stringMatching(missing),
      remedy: expect.stringMatching(/./),
    });
  });

  it('is asked of a Python, which may not be there or have none', async () => {
    const package_ = await tree('site/tensorflow', PYTHON_PACKAGE);
    const python = join(folder, 'python-with');
    await writeFile(python, `#!/bin/sh\necho ${package_}\n`);
    await chmod(python, 0o755);
    expect(await libtensorflowOfPython(python)).toMatchObject({ include: join(package_, 'include') });
    await writeFile(python, '#!/bin/sh\necho\n');
    expect(await libtensorflowOfPython(python)).toMatchObject({ missing: expect.stringMatching(/no package/) });
    expect(await libtensorflowOfPython(join(folder, 'nowhere'))).toMatchObject({
      missing: expect.stringMatching(/does not run/),
      remedy: expect.stringMatching(/--python/),
    });
  });
});

describe('the setup', () => {
  const setUp = async (options: Partial<Parameters<typeof setUpNative>[0]>) => {
    const steps: SetupStep[] = [];
    const all = { folder: join(folder, 'to'), python: 'python3', gpu: false, compiler: 'c++', ...options };
    return { binding: await setUpNative(all, (step) => steps.push(step)), steps };
  };

  it.runIf(process.platform === 'linux')('stops at the first step that fails, and says what to do', async () => {
    const libtensorflow = await tree('again', PYTHON_PACKAGE);
    const { binding, steps } = await setUp({ libtensorflow, compiler: join(folder, 'no-compiler') });
    expect(binding).toBeNull();
    expect(steps.map(({ name, ok }) => [name, ok])).toEqual([
      ['platform', true],
      ['libtensorflow', true],
      ['compiler', false],
    ]);
    expect(steps.at(-1)!.remedy).toMatch(/g\+\+/);
  });

  it.runIf(hasCompiler())('lists the functions that a library lacks', async () => {
    const own = join(folder, 'symbols');
    await mkdir(dirname(addonPath(own)), { recursive: true });
    const build = async (path: string, source: string): Promise<void> => {
      await writeFile(`${path}.c`, source);
      execFileSync('cc', ['-shared', '-fPIC', '-o', path, `${path}.c`]);
    };
    await build(
      addonPath(own),
      'void TF_There(); void TFE_Gone(); void other(); void f() { TF_There(); TFE_Gone(); other(); }',
    );
    const library = join(folder, 'libtensorflow.so.2');
    await build(library, 'void TF_There() {}');
    expect(await missingSymbols(own, { include: '', libraries: [library] })).toEqual(['TFE_Gone']);
  });
});

describe('a binding', () => {
  it('lies in the home folder, or where the setting says', () => {
    expect(nativeFolder({}, '/srv')).toBe('/srv/.corescore/tfjs-native');
    expect(nativeFolder({ CORESCORE_HOME: 'data' }, '/srv')).toBe('/srv/data/tfjs-native');
    expect(nativeFolder({ CORESCORE_HOME: 'data', CORESCORE_TFJS_NATIVE: '/opt/native' }, '/srv')).toBe('/opt/native');
  });

  it('is readable to a model’s process with the libraries it was linked against, and nothing else is', async () => {
    const own = await tree('own', ['package.json']);
    const package_ = await tree('lib/tensorflow', PYTHON_PACKAGE);
    const cuda = await tree('lib/nvidia', ['cudnn/lib/libcudnn.so.9']);
    const libraries = PYTHON_PACKAGE.slice(0, 2).map((name) => join(package_, name));
    await writeFile(
      recordPath(own),
      JSON.stringify({ tfjsNode: '4.22.0', tensorflow: '2.21.0', libraries, gpu: false }),
    );
    expect(bindingPaths(own)).toEqual([own, package_, cuda]);
    expect(accessFor('native-cpu', { CORESCORE_TFJS_NATIVE: own, TOKEN: 'x' })).toEqual({
      environment: { CORESCORE_TFJS_NATIVE: own, TF_CPP_MIN_LOG_LEVEL: '2' },
      readable: [own, package_, cuda],
      devices: [],
    });
  });
});

function hasCompiler(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    execFileSync('nm', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
