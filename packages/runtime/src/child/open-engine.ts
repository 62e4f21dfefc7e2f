/** Opens an engine on one provider, runs one operator and ends: whether the provider works is the exit code. */
import type { NetworkManifest } from '@corescore/contracts';

/** y = x + x over four float32, opset 13. */
const DOUBLE = 'CAcSADo1Cg4KAXgKAXgSAXkiA0FkZBIBZ1oPCgF4EgoKCAgBEgQKAggEYg8KAXkSCgoICAESBAoCCARCBAoAEA0=';

async function openOnnx(provider: string): Promise<void> {
  const { openOnnxModel } = await import('../session/onnx-graph.js');
  const graph = await openOnnxModel(Buffer.from(DOUBLE, 'base64'), { threads: 1, provider });
  const { y } = await graph.run({ x: graph.images('float32', Float32Array.of(1, 2, 3, 4), [4]) }, ['y']);
  const values = y === null || y === undefined ? null : await graph.read(y);
  if (String(values) !== '2,4,6,8') throw new Error(`it doubles 1, 2, 3, 4 to ${values}`);
  await graph.release();
}

const [, , kind, provider] = process.argv;
const openers: Record<NetworkManifest['kind'], (provider: string) => Promise<unknown>> = {
  onnx: openOnnx,
  tfjs: async (provider) => (await import('../session/tfjs-backend.js')).startTfjs(provider, 1),
};
try {
  await openers[kind as NetworkManifest['kind']](provider!);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
