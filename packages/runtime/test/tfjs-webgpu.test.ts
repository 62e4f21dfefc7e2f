import type { TensorInfo } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { unavailable } from '../src/engines.js';
import { startTfjs } from '../src/session/tfjs-backend.js';

const why = await unavailable('tfjs', 'webgpu');

describe.skipIf(why !== null)(
  `TensorFlow.js on webgpu${why === null ? '' : `: not tried on this machine: ${why}`}`,
  () => {
    it('adds more tensors than a device has buffers for', async () => {
      const { core, check } = await startTfjs('webgpu', 1);
      const terms = Array.from({ length: 12 }, (_, i) => core.fill([2, 600], i));
      const before = core.memory().numTensors;
      const sum = core.addN(terms);
      const values = await sum.data();
      check();
      expect([values[0], values.at(-1)]).toEqual([66, 66]);
      sum.dispose();
      expect(core.memory().numTensors).toBe(before);
    });

    it('tells what the device refuses: the result would be zeros', async () => {
      const { core, check } = await startTfjs('webgpu', 1);
      const { device } = core.backend() as unknown as { device: GpuDevice };
      device.createShaderModule({ code: 'not a program' });
      const one: TensorInfo = core.ones([1000]);
      await core.mul(one as never, 2).data();
      expect(check).toThrow(/the graphics card refuses an operator/);
    });
  },
);

interface GpuDevice {
  createShaderModule(about: { code: string }): unknown;
}
