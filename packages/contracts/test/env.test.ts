import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isLoopback, parseEnv, sandboxMode, sharedDatabase, VARIABLES } from '../src/env.js';
import { SECRETS } from '../src/env-secret.js';

test('nothing set: the documented defaults', () => {
  expect(parseEnv({ PATH: '/bin' }, '/srv')).toEqual({
    home: '/srv/.corescore',
    port: 4870,
    host: '127.0.0.1',
    url: 'http://127.0.0.1:4870',
    token: undefined,
    databaseUrl: undefined,
    redisUrl: undefined,
    maxUploadBytes: 4 * 1024 ** 3,
    modelTimeoutSeconds: 600,
    modelMemoryBytes: 4 * 1024 ** 3,
    maxActivationBytes: 8 * 1024 ** 3,
    providers: { onnx: ['cuda', 'cpu'], tfjs: ['native-gpu', 'native-cpu', 'wasm'] },
    diskReserveBytes: 256 * 1024 ** 2,
    sandbox: undefined,
    leaseSeconds: 30,
    queues: ['extract', 'score'],
    concurrency: 1,
    beside: 'yes',
    chromium: undefined,
    trustedProxies: [],
    limits: {
      pointsPerMinute: 3000,
      tokenGuesses: 30,
      streamsPerAddress: 64,
      streams: 512,
      openUploads: 16,
      openUploadBytes: 16 * 1024 ** 3,
      inspectSeconds: 300,
    },
  });
});

test('an unknown CORESCORE_ name is an error that lists the known ones', () => {
  expect(() => parseEnv({ CORESCORE_PROT: '1' }, '/')).toThrow(
    expect.objectContaining({
      code: 'configuration',
      field: 'CORESCORE_PROT',
      remedy: expect.stringContaining('CORESCORE_PORT'),
    }),
  );
});

test.each([
  ['CORESCORE_PORT', 'http'],
  ['CORESCORE_PORT', '65536'],
  ['CORESCORE_PORT', '-1'],
  ['CORESCORE_MODEL_TIMEOUT_SECONDS', '0'],
  ['CORESCORE_MODEL_MEMORY_BYTES', '1e99'],
  ['CORESCORE_LEASE_SECONDS', '1.5'],
  ['CORESCORE_POINTS_PER_MINUTE', '0'],
  ['CORESCORE_STREAMS', 'many'],
  ['CORESCORE_TRUSTED_PROXIES', 'proxy.example'],
  ['CORESCORE_TRUSTED_PROXIES', '10.0.0.0/33'],
  ['CORESCORE_TRUSTED_PROXIES', '127.0.0.1,10.0.0.0/8/8'],
  ['CORESCORE_BESIDE', 'maybe'],
  ['CORESCORE_QUEUES', 'extract,scores'],
  ['CORESCORE_QUEUES', 'score,score'],
  ['CORESCORE_CONCURRENCY', '0'],
  ['CORESCORE_CONCURRENCY', '65'],
  ['CORESCORE_CONCURRENCY', '1.5'],
  ['CORESCORE_DISK_RESERVE_BYTES', '-1'],
  ['CORESCORE_SANDBOX', 'off'],
  ['CORESCORE_ONNX_PROVIDERS', 'cuda,tpu'],
  ['CORESCORE_TFJS_PROVIDERS', 'wasm,wasm'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => parseEnv({ [name]: value }, '/')).toThrow(
    expect.objectContaining({ code: 'configuration', field: name }),
  );
});

test('an empty value is the default; the address follows host and port; IPv6 gets brackets', () => {
  expect(parseEnv({ CORESCORE_PORT: '' }, '/').port).toBe(4870);
  expect(parseEnv({ CORESCORE_HOST: '0.0.0.0', CORESCORE_PORT: '80' }, '/').url).toBe('http://127.0.0.1:80');
  expect(parseEnv({ CORESCORE_HOST: '::1' }, '/').url).toBe('http://[::1]:4870');
  expect(parseEnv({ CORESCORE_URL: 'https://scores.example/' }, '/').url).toBe('https://scores.example');
});

test('a service that only this machine reaches warns of a missing sandbox, any other requires it, unless told', () => {
  for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '::1']) {
    expect(isLoopback(host), host).toBe(true);
    expect(sandboxMode(parseEnv({ CORESCORE_HOST: host }, '/')), host).toBe('warn');
  }
  for (const host of ['0.0.0.0', '::', '192.168.1.7', '127.example.org', 'scores.example']) {
    expect(sandboxMode(parseEnv({ CORESCORE_HOST: host }, '/')), host).toBe('require');
  }
  const told = (host: string, sandbox: string) =>
    sandboxMode(parseEnv({ CORESCORE_HOST: host, CORESCORE_SANDBOX: sandbox }, '/'));
  expect([told('0.0.0.0', 'warn'), told('127.0.0.1', 'require')]).toEqual(['warn', 'require']);
});

test('trusted proxies are addresses and ranges', () => {
  const proxies = (list: string) => parseEnv({ CORESCORE_TRUSTED_PROXIES: list }, '/').trustedProxies;
  expect(proxies('127.0.0.1, 10.0.0.0/8,fd00::/8')).toEqual(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);
  expect(proxies('')).toEqual([]);
});

function secretFile(text: string): { folder: string; path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'corescore-secret-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'secret');
  writeFileSync(path, text);
  return { folder, path };
}

test.each([
  ['DATABASE_URL', 'databaseUrl'],
  ['REDIS_URL', 'redisUrl'],
  ['CORESCORE_TOKEN', 'token'],
] as const)('%s comes from the file that %s_FILE names, without its line break', (name, key) => {
  const { folder, path } = secretFile('postgres://of.a.test/db\n');
  expect(parseEnv({ [`${name}_FILE`]: path }, '/')[key]).toBe('postgres://of.a.test/db');
  expect(parseEnv({ [`${name}_FILE`]: 'secret', [name]: '' }, folder)[key]).toBe('postgres://of.a.test/db');
  expect(VARIABLES).toContain(`${name}_FILE`);
});

test.each(SECRETS)('%s: a file that is missing or empty, and both given at once, are refused by name', (name) => {
  const field = `${name}_FILE`;
  const { path, folder } = secretFile(' \n');
  const read = (env: Record<string, string>) => () => parseEnv(env, '/');
  expect(read({ [field]: path })).toThrow(
    expect.objectContaining({ code: 'configuration', field, message: `${field} names ${path}, which is empty.` }),
  );
  expect(read({ [field]: `${path}.not` })).toThrow(
    expect.objectContaining({ code: 'configuration', field, message: expect.stringContaining('ENOENT') }),
  );
  expect(read({ [field]: folder })).toThrow(
    expect.objectContaining({ code: 'configuration', field, message: expect.stringContaining('EISDIR') }),
  );
  expect(read({ [field]: path, [name]: 'x' })).toThrow(
    expect.objectContaining({ field, message: `${name} and ${field} are both set.` }),
  );
});

test('a worker takes the jobs of the queues it is told, in their order', () => {
  expect(parseEnv({ CORESCORE_QUEUES: ' score , extract' }, '/').queues).toEqual(['extract', 'score']);
  expect(parseEnv({ CORESCORE_QUEUES: 'score' }, '/').queues).toEqual(['score']);
});

test('a role alone starts no database: it says what to set, or what starts everything', () => {
  expect(() => sharedDatabase(parseEnv({}, '/'), 'worker')).toThrow(
    expect.objectContaining({
      code: 'configuration',
      field: 'DATABASE_URL',
      remedy: expect.stringMatching(/DATABASE_URL_FILE.*corescore serve/),
    }),
  );
});
