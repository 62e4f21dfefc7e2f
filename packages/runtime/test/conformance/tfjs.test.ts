import { describe, it } from 'vitest';
import { PROVIDERS } from '@corescore/contracts';
import { unavailable } from '../../src/engines.js';
import { conformance } from './suite.js';
import { ABSENT, tfjsModel } from './tfjs-models.js';

// Native TensorFlow and WebGPU are the operator's to install: where one does not open, the list of tests says so.
for (const provider of PROVIDERS.tfjs) {
  const why = await unavailable('tfjs', provider);
  const name = `TensorFlow.js on ${provider}`;
  if (why === null) {
    conformance({
      name,
      kind: 'tfjs',
      model: tfjsModel,
      absent: ABSENT,
      engine: /^@tensorflow\/tfjs-core 4\.22\.\d+$/,
      provider,
    });
  } else {
    describe(name, () => {
      it.skip(`not tried on this machine: ${why}`, () => undefined);
    });
  }
}
