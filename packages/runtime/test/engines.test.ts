import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseEngine, unavailable } from '../src/engines.js';
import { openInChild } from '../src/open-in-child.js';
import { accessFor } from '../src/provider-access.js';
import { Bench } from './extraction.js';
import { plain } from './models.js';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
});
afterAll(() => bench.remove());

describe('the provider of a run', () => {
  it('is tried in a process like the model’s own', async () => {
    expect(await openInChild('onnx', 'cpu')).toBeNull();
    expect(await openInChild('onnx', 'abacus')).toMatch(/abacus/);
  });

  it('is the first of the order that opens, with the reason for each that does not', async () => {
    const cuda = await unavailable('onnx', 'cuda');
    const choice = await chooseEngine('onnx', { onnx: ['cuda', 'cpu'], tfjs: [] });
    expect(choice.engine).toMatch(/^onnxruntime-node \d+\.\d+\.\d+$/);
    if (cuda === null) expect(choice).toMatchObject({ provider: 'cuda', skipped: [] });
    else expect(choice).toMatchObject({ provider: 'cpu', skipped: [expect.stringContaining(cuda)] });
  });

  it('runs without native code where it can: WebAssembly, and nothing else', async () => {
    expect(await openInChild('tfjs', 'wasm')).toBeNull();
  });

  it('is found out once', () => {
    const order = { onnx: ['cpu'], tfjs: [] };
    expect(chooseEngine('onnx', order)).toBe(chooseEngine('onnx', { ...order }));
  });

  it('is an error of the configuration where none opens, with the setting and the reasons', async () => {
    await expect(chooseEngine('onnx', { onnx: ['abacus'], tfjs: [] })).rejects.toMatchObject({
      code: 'configuration',
      field: 'CORESCORE_ONNX_PROVIDERS',
      message: expect.stringContaining('abacus does not open'),
      remedy: expect.stringContaining('"cpu"'),
    });
  });

  it('is recorded, and what was skipped is in the log', async () => {
    const lines: string[] = [];
    const limits = { providers: { onnx: ['abacus', 'cpu'], tfjs: [] } };
    const extraction = await bench.extract(plain, undefined, { limits, onLog: (line) => lines.push(line) });
    expect(extraction.provider).toBe('cpu');
    expect(lines.some((line) => line.includes('abacus does not open'))).toBe(true);
  });
});

describe('what a provider may use of the host', () => {
  const env = { LD_LIBRARY_PATH: '/usr:/no-such-folder', CUDA_VISIBLE_DEVICES: '1', HOME: '/root', TOKEN: 'x' };

  it('is nothing without a device', () => {
    expect(accessFor('cpu', env)).toEqual({ environment: {}, readable: [], devices: [] });
    expect(accessFor('wasm', env)).toEqual({ addons: false });
  });

  it('is the card that was chosen, and where libraries lie', () => {
    const { environment, readable } = accessFor('cuda', env);
    expect(environment).toEqual({ LD_LIBRARY_PATH: '/usr:/no-such-folder', CUDA_VISIBLE_DEVICES: '1' });
    expect(readable).toContain('/usr');
    expect(readable).not.toContain('/no-such-folder');
  });
});
