import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../src/program.js';
import { TrainingFolder, type TrainingReceipt } from '../src/zoo/training-folder.js';
import { recordedIo } from './support.js';

const cwd = mkdtempSync(join(tmpdir(), 'corescore-cli-zoo-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const run = async (...args: string[]) => {
  const io = recordedIo({ cwd, env: { CORESCORE_HOME: join(cwd, 'home') } });
  const code = await main(['zoo', ...args], io);
  return { code, io };
};

describe('zoo list', () => {
  test('has every model with its size and its steps', async () => {
    const { code, io } = await run('list');
    expect(code).toBe(0);
    expect(io.out).toMatch(/^bl +402,218 +94\.4 +9 /m);
    expect(io.out).toMatch(/^ff-alexnet +396,054 +10\.5 +1 /m);
    // The first three steps of a wave do not depend on the image.
    expect(io.out).toMatch(/^cornet-rt +403,082 +126\.8 +9 /m);
  });

  test('as data', async () => {
    const { io } = await run('list', '--format', 'json');
    const rows = JSON.parse(io.out) as { id: string; parameters: number; firstStep: number; steps: number }[];
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.find(({ id }) => id === 'cornet-rt')).toMatchObject({ parameters: 403_082, steps: 12, firstStep: 3 });
  });
});

describe('zoo train refuses before anything is generated', () => {
  test.each([
    ['a model that is not there', ['no-such', '--seed', '1'], 11, /The zoo has no model "no-such"/],
    ['a seed that is no whole number', ['bl', '--seed', '1.5'], 10, /whole number/],
    ['no seed', ['bl'], 10, /--seed/],
  ])('%s', async (_, args, exit, message) => {
    const { code, io } = await run('train', ...args);
    expect(io.err).toMatch(message);
    expect(code).toBe(exit);
  });
});

describe('the folder of a training', () => {
  const receipt = { recipe: 'test@1', seed: 1, accuracyByStep: [0.5] } as unknown as TrainingReceipt;

  test('keeps where it stands while it goes on, then the model alone', async () => {
    const folder = new TrainingFolder(join(cwd, 'deep/er/bl-1'));
    expect([await folder.sitting(), await folder.receipt()]).toEqual([null, null]);
    await folder.save({ checkpoint: Uint8Array.of(1, 2, 3), seconds: 12.5 });
    await folder.save({ checkpoint: Uint8Array.of(4, 5), seconds: 25 });
    const { checkpoint, seconds } = (await folder.sitting())!;
    expect([[...checkpoint], seconds]).toEqual([[4, 5], 25]);
    expect(await folder.receipt()).toBeNull();
    await folder.complete({ onnx: Uint8Array.of(8), manifest: { name: 'bl' }, receipt });
    expect(readdirSync(folder.path).sort()).toEqual(['corescore.json', 'model.onnx', 'training.json']);
    expect(JSON.parse(readFileSync(join(folder.path, 'corescore.json'), 'utf8'))).toEqual({ name: 'bl' });
    expect(await folder.receipt()).toEqual(receipt);
    expect(await folder.sitting()).toBeNull();
  });
});
