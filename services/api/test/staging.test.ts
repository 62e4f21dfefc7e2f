import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clearStaging, stagingDir } from '../src/upload.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'corescore-staging-'));
});
afterEach(() => rmSync(home, { recursive: true }));

test('what a killed process left is removed, what another one is receiving stays', async () => {
  const now = new Date('2026-01-01T12:00:00Z');
  const dir = stagingDir(home);
  for (const [name, hours] of [
    ['upload-left', 3],
    ['upload-running', 1],
  ] as const) {
    mkdirSync(join(dir, name), { recursive: true });
    writeFileSync(join(dir, name, 'model.onnx'), 'half');
    const then = new Date(now.getTime() - hours * 3_600_000);
    utimesSync(join(dir, name), then, then);
  }
  await clearStaging(home, now);
  expect(readdirSync(dir)).toEqual(['upload-running']);
  await clearStaging(join(home, 'none'), now);
});
