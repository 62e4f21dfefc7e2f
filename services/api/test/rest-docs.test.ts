import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROBLEMS } from '@corescore/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STIMULUS_IDS, tinyBenchmark } from './support/benchmark.js';
import { activationsUpload, MODELS_DIR } from './support/models.js';
import { extractRun, scoreRun } from './support/runs.js';
import { openService, type Service } from './support/service.js';

const rest = readFileSync(new URL('../../../docs/rest.md', import.meta.url), 'utf8');

test('the table of errors is the table in the code', () => {
  const told = [...rest.matchAll(/^\| `(\w+)` +\| (\d{3}) +\| (.+?) +\|$/gm)].map(([, code, status, title]) => ({
    code,
    status: Number(status),
    title,
  }));
  expect(told).toEqual(Object.entries(PROBLEMS).map(([code, { status, title }]) => ({ code, status, title })));
});

let service: Service;
let folder: string;
beforeAll(async () => {
  service = await openService();
  // The built-in benchmark by name, with the stimuli of the tiny one.
  await service.store.benchmarks.register(tinyBenchmark('core-objects-ost'), STIMULUS_IDS);
  await service.app.listen({ host: '127.0.0.1', port: 0 });
  folder = mkdtempSync(join(tmpdir(), 'corescore-rest-'));
  for (const file of ['bl-64.json', 'bl-64.onnx'])
    copyFileSync(fileURLToPath(new URL(file, MODELS_DIR)), join(folder, file));
  const [manifest, ids, array] = activationsUpload({ manifest: (m) => (m['name'] = 'my-activations') });
  writeFileSync(join(folder, 'activations.json'), manifest.content);
  writeFileSync(join(folder, 'ids.txt'), ids.content);
  writeFileSync(join(folder, 'it.npy'), array.content);
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

/** Moves the one run through its stages, as a worker would, once the submission has made it. */
async function work(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const [run] = (await service.store.runs.list({ limit: 1 })).items;
    if (run !== undefined) {
      await extractRun(service, run.id);
      await scoreRun(service, run.id);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('the commands of the page work as they stand', async () => {
  const script = [...rest.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('\n');
  const { token, secret } = await service.store.tokens.create({ name: 'docs', owner: 'local', scopes: ['submit'] });
  expect(token.owner).toBe('local');
  const { port } = service.app.server.address() as AddressInfo;
  const over = new AbortController();
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { PATH: process.env['PATH'], BASE: `http://127.0.0.1:${port}`, TOKEN: secret },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve)).finally(() => over.abort());
  const [code] = await Promise.all([ended, work(over.signal)]);
  expect(code, output).toBe(0);

  const read = (file: string): Record<string, unknown> => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  expect(read('version.json')).toMatchObject({ owner: 'local', name: 'bl-64', kind: 'onnx' });
  expect(read('activations-version.json')).toMatchObject({ name: 'my-activations', kind: 'activations' });
  // Sent in two pieces, it is the very version that was sent whole.
  expect(read('uploaded-version.json')).toEqual(read('activations-version.json'));
  expect(output).toContain('"status":"scored"');
  expect(read('run.json')).toMatchObject({ status: 'scored', benchmark: 'core-objects-ost@0' });
  expect(readFileSync(join(folder, 'images.csv'), 'utf8')).toMatch(/^stimulusId,/);
  expect(read('receipt.json')['runId']).toBe(read('run.json')['id']);
  expect(read('leaderboard.json')['rows']).toHaveLength(1);
  expect(readFileSync(join(folder, 'leaderboard.csv'), 'utf8')).toMatch(/^rank,/);
});
