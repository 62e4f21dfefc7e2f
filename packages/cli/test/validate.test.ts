import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { main } from '../src/program.js';
import { recordedIo } from './support.js';

const models = fileURLToPath(new URL('../../benchmarks/data/models/', import.meta.url));

/** `corescore validate ff-64.onnx` in a folder of its own, with the manifest changed. */
async function validateFf(change: object, ...args: string[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'corescore-cli-validate-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  cpSync(join(models, 'ff-64.onnx'), join(cwd, 'ff-64.onnx'));
  const manifest = JSON.parse(readFileSync(join(models, 'ff-64.json'), 'utf8'));
  writeFileSync(join(cwd, 'corescore.json'), JSON.stringify({ ...manifest, ...change }));
  // However busy the machine is: a day is enough, and nothing is said of the time.
  const io = recordedIo({ cwd, env: { CORESCORE_MODEL_TIMEOUT_SECONDS: '86400' } });
  return { code: await main(['validate', 'ff-64.onnx', '--images', '4', ...args], io), io };
}

test('a table of what is recorded and what it costs; exit code 0', async () => {
  const { code, io } = await validateFf({});
  expect(code).toBe(0);
  expect(io.out).toBe('');
  expect(io.err).toMatch(
    /^ff-64 · 42,826 parameters · 2.40 M multiply-adds an image · onnxruntime-node \S+ on cpu, .* 4 of 660 images looked at/,
  );
  expect(io.err).toMatch(/IT +1 +1024 +1,024 +step 0 +2\.6 MiB/);
  expect(io.err).toMatch(/time .* for 660 images \(limit 86400 s\)/);
  expect(io.err).toContain('Nothing is wrong.');
});

test('every error with field and remedy; exit code 11', async () => {
  const wrong = { input: undefined, regions: { IT: { outputs: [] } } };
  const { code, io } = await validateFf(wrong);
  expect(code).toBe(11);
  expect(io.err).toMatch(/error {2}The manifest lacks "input"/);
  expect(io.err).toMatch(/field \/regions/);
  expect(io.err.match(/what to do: /g)!.length).toBeGreaterThanOrEqual(2);
  expect(io.err).toContain('errors: a service refuses or fails this model.');
});

test('as JSON', async () => {
  const { code, io } = await validateFf({}, '--format', 'json');
  expect([code, io.err]).toEqual([0, '']);
  expect(JSON.parse(io.out)).toMatchObject({
    name: 'ff-64',
    ok: true,
    findings: [],
    cost: { predictedMs: expect.any(Number) },
    facts: { parameters: 42_826, multiplyAdds: expect.any(Number), imageType: 'float32', fixedBatch: null },
  });
});

test('as JSON there is a document on failure too', async () => {
  const wrong = { input: undefined, regions: { IT: { outputs: [] } } };
  const { code, io } = await validateFf(wrong, '--format', 'json');
  expect(code).toBe(11);
  expect(JSON.parse(io.out)).toMatchObject({
    ok: false,
    findings: [{ field: '/input' }, { field: '/regions/IT/outputs' }],
  });
});

test('a manifest that is not JSON, one without name or kind, files that lack: reported, not thrown', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'corescore-cli-validate-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const validated = async (manifest: string) => {
    writeFileSync(join(cwd, 'corescore.json'), manifest);
    const io = recordedIo({ cwd, env: { CORESCORE_MODEL_TIMEOUT_SECONDS: '86400' } });
    const code = await main(['validate', 'model.onnx', '--images', '2', '--format=json'], io);
    const { findings, name } = JSON.parse(io.out) as { name: string; findings: { code: string; field?: string }[] };
    return { code, name, findings: findings.map((one) => one.code) };
  };
  writeFileSync(join(cwd, 'model.onnx'), 'no model');
  const broken = await validated('{ "name": ');
  expect(broken).toEqual({ code: 11, name: 'model.onnx', findings: ['manifest_not_json', 'not_onnx'] });
  const bare = await validated('{}');
  expect(bare.code).toBe(11);
  expect(bare.findings).toEqual(expect.arrayContaining(['invalid_manifest', 'not_onnx']));
  cpSync(fileURLToPath(new URL('../../formats/test/fixtures/cases/torchspace/', import.meta.url)), cwd, {
    recursive: true,
  });
  cpSync(join(cwd, 'my model.onnx'), join(cwd, 'model.onnx'));
  expect(await validated(readFileSync(join(cwd, 'corescore.json'), 'utf8'))).toMatchObject({
    findings: ['path_refused'],
  });
});
