import { existsSync } from 'node:fs';
import { describe } from 'vitest';
import { addonPath, nativeFolder } from '../../runtime/src/native-tfjs/folder.js';
import { loadNative, NATIVE_BACKEND } from '../../runtime/src/native-tfjs/load.js';
import { goldenOnTfjs } from './golden/on-tfjs.js';
import { requireCore } from './support/tfjs.js';

const folder = nativeFolder();

// TensorFlow has to be built for it (docs/gpu.md), so most machines have none. What WASM shows of the interface holds
// here as well; this is about TensorFlow's own kernels.
describe.runIf(existsSync(addonPath(folder)))('golden cases on native TensorFlow', () => {
  goldenOnTfjs(async () => {
    const tf = requireCore();
    loadNative({ folder, threads: 1, gpu: false });
    if (!(await tf.setBackend(NATIVE_BACKEND))) throw new Error('the native backend does not start');
    return tf;
  });
});
