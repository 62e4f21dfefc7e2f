import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NetworkError, RequestError } from '@corescore/client';
import {
  CorescoreError,
  EXIT_CODES,
  type ExitName,
  PROBLEMS,
  type ProblemCode,
  type RunView,
} from '@corescore/contracts';
import { ModelFailure } from '@corescore/runtime';
import { CommanderError } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import { CommandFailure, describeError, Exit, exitOfError } from '../src/failure.js';
import { main } from '../src/program.js';
import { exitOfRuns } from '../src/submission/follow.js';
import { peer, recordedIo } from './support.js';

const bin = fileURLToPath(new URL('../bin/corescore.js', import.meta.url));
const docs = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'corescore-cli-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const requestError = (code: string, status: number) =>
  new RequestError({ type: 'x', title: 't', status, detail: 'd', code });

const placeError = (code: string) =>
  Object.assign(new Error(`${code}: mkdir '/srv/home'`), { code, syscall: 'mkdir', path: '/srv/home' });

test.each<[string, string[], string]>([
  ['a file that is not there', ['validate', 'no.onnx', '--format', 'json'], 'configuration'],
  ['a flag that is not known', ['run', '--wrong', '--format=json'], 'configuration'],
  ['recordings that are not there', ['decode', 'no.nc', '--label', 'object', '--format', 'json'], 'configuration'],
  ['a service that is not there', ['leaderboard', '--url', 'http://127.0.0.1:1', '--format', 'json'], 'network'],
])('--format json prints a document on failure too: %s', async (_, args, code) => {
  const io = recordedIo({ cwd: home });
  const exitCode = await main(args, io);
  expect(exitCode).toBeGreaterThan(0);
  expect(JSON.parse(io.out)).toMatchObject({ error: { code, detail: expect.any(String), exitCode } });
  expect(io.err).not.toBe('');
  const human = recordedIo({ cwd: home });
  await main(
    args.filter((arg) => !/json|--format/.test(arg)),
    human,
  );
  expect(human.out).toBe('');
});

test('docs/cli.md has the table of the exit codes, whole and in order', () => {
  const rows = [...readFileSync(docs, 'utf8').matchAll(/^\| (\d+) +\| (.+?) +\|$/gm)].map((m) => [Number(m[1]), m[2]]);
  expect(rows).toEqual(Object.values(EXIT_CODES).map(({ code, meaning }) => [code, meaning]));
});

test.each<[string, unknown, ExitName]>([
  ['nothing to add', new Exit('cancelled'), 'cancelled'],
  ['help that was asked for', new CommanderError(0, 'commander.help', ''), 'pass'],
  ['an unknown flag', new CommanderError(1, 'commander.unknownOption', ''), 'configuration'],
  ['nobody listens', new NetworkError('gone'), 'network'],
  ['an unknown benchmark', requestError('unknown_benchmark', 404), 'configuration'],
  ['another body for a key', requestError('idempotency_conflict', 409), 'configuration'],
  ['an unknown token', requestError('token_invalid', 401), 'authentication'],
  ['a missing scope', requestError('scope_missing', 403), 'authentication'],
  ['a refused model', requestError('clock_missing', 422), 'modelContract'],
  ['a file over the limit', requestError('upload_too_large', 413), 'modelContract'],
  ['a quota', requestError('http_429', 429), 'quota'],
  ['a broken server', requestError('internal', 500), 'server'],
  ['a proxy that answers', requestError('http_502', 502), 'server'],
  ['a proxy that wants a password', requestError('http_401', 401), 'authentication'],
  ['another service at that address', requestError('http_404', 404), 'configuration'],
  ['a setting', new CorescoreError('configuration', 'd'), 'configuration'],
  ['a manifest, read here', new CorescoreError('invalid_manifest', 'd'), 'modelContract'],
  ['a service that keeps crashing', new CommandFailure('serviceFailed', 'infrastructure', 'd'), 'serviceFailed'],
  ['a model that fails here', new ModelFailure('timeout', 'model_timeout', 'd'), 'modelFailed'],
  ['an engine that fails here', new ModelFailure('infrastructure', 'infrastructure', 'd'), 'serviceFailed'],
  ['a place that cannot be written', placeError('EROFS'), 'configuration'],
  ['an errno that no place explains', placeError('EBADF'), 'bug'],
  ['anything else', new TypeError('undefined is not a function'), 'bug'],
])('%s ends with its code', (_, error, exit) => {
  expect(exitOfError(error)).toBe(exit);
});

test('every problem of the service has an exit code, and none is a bug', () => {
  for (const [code, { status }] of Object.entries(PROBLEMS)) {
    expect(exitOfError(requestError(code, status)), code).not.toBe('bug');
    expect(exitOfError(new CorescoreError(code as ProblemCode, 'd')), code).not.toBe('bug');
  }
});

test('several runs: the model’s failure speaks first, and one run that goes on is not a pass', () => {
  const run = (status: RunView['status'], kind?: 'model_error' | 'infrastructure') =>
    ({ status, failure: kind === undefined ? null : { kind, code: 'x', detail: 'd' } }) as RunView;
  expect(exitOfRuns([run('scored'), run('scored')])).toBe('pass');
  expect(exitOfRuns([run('scored'), run('extracting')])).toBe('timedOut');
  expect(exitOfRuns([run('queued'), run('cancelled')])).toBe('cancelled');
  expect(exitOfRuns([run('cancelled'), run('failed', 'infrastructure')])).toBe('serviceFailed');
  expect(exitOfRuns([run('failed', 'infrastructure'), run('failed', 'model_error')])).toBe('modelFailed');
});

test('an error is told with its code, field and remedy; a bug with its stack', () => {
  const told = describeError(
    new CorescoreError('clock_missing', 'A recurrent model needs a clock.', { field: '/clock', remedy: 'Add one.' }),
    { color: false },
  );
  expect(told).toBe(
    'error: A recurrent model needs a clock.\n  code: clock_missing\n  field: /clock\n  what to do: Add one.\n',
  );
  expect(describeError(new TypeError('oops'), { color: false })).toMatch(
    /This is a bug in corescore.*\nTypeError: oops\n/,
  );
});

describe('the command line', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [bin, ...args], {
      encoding: 'utf8',
      cwd: home,
      env: { PATH: process.env['PATH'], CORESCORE_HOME: home },
    });

  test('an unknown flag, command or setting ends with 10 and says what to do', () => {
    const flag = run('leaderboard', '--colour');
    expect([flag.status, flag.stdout]).toEqual([10, '']);
    expect(flag.stderr).toContain("unknown option '--colour'");
    expect(run('lederboard').stderr).toContain('Did you mean leaderboard?');
    expect(run('decode', 'x.nc', '--label', 'a', '--c', '-1').status).toBe(10);
    const setting = spawnSync(process.execPath, [bin, 'leaderboard'], {
      encoding: 'utf8',
      env: { CORESCORE_PROT: '1' },
    });
    expect(setting.status).toBe(10);
    expect(setting.stderr).toContain('field: CORESCORE_PROT');
  });

  test('help and version are on standard output and end with 0', () => {
    const help = run('--help');
    expect([help.status, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain('20  the service cannot be reached');
    expect(run('submit', '--help').stdout).toContain('--idempotency-key <text>');
    expect(run('--version')).toMatchObject({ status: 0, stdout: '0.1.0\n' });
  });

  test('nobody listens: 20', () => {
    const { status, stdout, stderr } = run('leaderboard', '--url', 'http://127.0.0.1:1');
    expect([status, stdout]).toEqual([20, '']);
    expect(stderr).toContain('Is the service running');
  });

  test('a refused token: 12, with the words of the service', async () => {
    const problem = new CorescoreError('token_invalid', 'The token is not known.', { remedy: 'Make one.' }).toProblem();
    const seen: (string | undefined)[] = [];
    const url = await peer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(problem.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    writeFileSync(join(home, 'token'), 'cs_local\n');
    // In this process: a child that is waited for would keep the peer from answering.
    const io = recordedIo({ cwd: home, env: { CORESCORE_HOME: home } });
    expect(await main(['token', 'list', '--url', url], io)).toBe(12);
    expect(io.err).toContain('The token is not known.');
    expect(io.err).toContain('what to do: Make one.');
    expect(io.out).toBe('');
    const other = recordedIo({ cwd: home, env: { CORESCORE_HOME: home, CORESCORE_TOKEN: 'cs_env' } });
    expect(await main(['token', 'list', '--url', url], other)).toBe(12);
    expect(seen).toEqual(['Bearer cs_local', 'Bearer cs_env']);
  });
});

test('a home folder that cannot be made ends with its name and what to do, and is no bug', async () => {
  const file = join(home, 'in-the-way');
  writeFileSync(file, '');
  const io = recordedIo({ env: { CORESCORE_HOME: join(file, 'home'), CORESCORE_PORT: '0' } });
  expect(await main(['serve', '--no-seed'], io)).toBe(EXIT_CODES.configuration.code);
  expect(io.err).toContain(join(file, 'home'));
  expect(io.err).toMatch(/a part of the path is a file \(mkdir, ENOTDIR\)/);
  expect(io.err).toContain('CORESCORE_HOME');
  expect(io.err).not.toContain('bug');
});
