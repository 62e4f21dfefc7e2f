import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../src/program.js';
import { curvePicture } from '../src/zoo/curve-picture.js';
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
    await folder.save({ checkpoint: Uint8Array.of(1, 2, 3), seconds: 12.5, picture: '<svg/>' });
    await folder.save({ checkpoint: Uint8Array.of(4, 5), seconds: 25, picture: '<svg/>' });
    const { checkpoint, seconds } = (await folder.sitting())!;
    expect([[...checkpoint], seconds]).toEqual([[4, 5], 25]);
    expect(await folder.receipt()).toBeNull();
    await folder.complete({ onnx: Uint8Array.of(8), manifest: { name: 'bl' }, receipt, picture: '<svg></svg>' });
    expect(readdirSync(folder.path).sort()).toEqual(['corescore.json', 'model.onnx', 'training.json', 'training.svg']);
    expect(JSON.parse(readFileSync(join(folder.path, 'corescore.json'), 'utf8'))).toEqual({ name: 'bl' });
    expect(await folder.receipt()).toEqual(receipt);
    expect(await folder.sitting()).toBeNull();
  });
});

describe('the picture of a learning curve', () => {
  const curve = [
    { stage: 1, presentations: 100, loss: 2, accuracyByStep: [0.25] },
    { stage: 1, presentations: 200, loss: 1 },
    { stage: 2, presentations: 400, loss: 0.5, accuracyByStep: [0.5, 1] },
  ];
  const lines = (picture: string) => [...picture.matchAll(/<polyline points="([^"]*)"/g)].map(([, points]) => points);

  test('has the loss, a line or point a step, and the end of the stage, all to scale', () => {
    const picture = curvePicture('bl, seed 1', curve, 400);
    // Panels are 290 wide and 210 high, with their floors at 254; the left one begins at 56, the right one at 430.
    expect(lines(picture)).toEqual(['128.5,44 201,149 346,201.5', '502.5,201.5 720,149']);
    expect(picture).toMatch(/<circle cx="720" cy="44"/);
    expect(picture.match(/x1="201" x2="201" [^>]*dasharray/g)).toHaveLength(1);
    expect(picture).toContain('bl, seed 1: loss');
    expect(picture).toContain('steps 0 (pale) to 1 (dark)');
  });

  test('is drawn of one point, and of none', () => {
    expect(curvePicture('bl, seed 1', curve.slice(0, 1), 400)).toContain('<circle cx="128.5"');
    expect(lines(curvePicture('bl, seed 1', [], 400))).toEqual([]);
  });
});
