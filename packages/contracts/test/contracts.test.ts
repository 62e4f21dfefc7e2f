import { describe, expect, test } from 'vitest';
import {
  allows,
  CorescoreError,
  canMove,
  canonicalJson,
  EXIT_CODES,
  exitOfProblem,
  exitOfRun,
  isTerminal,
  PROBLEMS,
  RUN_STATUSES,
} from '../src/index.js';

describe('the state machine', () => {
  test('a scored run stays scored; only failed and cancelled runs go back to the queue by hand', () => {
    for (const status of RUN_STATUSES) expect(canMove('scored', status)).toBe(false);
    expect(RUN_STATUSES.filter((s) => isTerminal(s) && canMove(s, 'queued'))).toEqual(['failed', 'cancelled']);
  });

  test('every status that is not an end can be cancelled and can fail', () => {
    for (const status of RUN_STATUSES.filter((s) => !isTerminal(s))) {
      expect(canMove(status, 'cancelled')).toBe(true);
      expect(canMove(status, 'failed')).toBe(true);
    }
  });

  test('nothing is scored without having been in scoring', () => {
    expect(RUN_STATUSES.filter((s) => canMove(s, 'scored'))).toEqual(['scoring']);
  });
});

describe('exit codes', () => {
  test('the table of the contract', () => {
    expect(Object.fromEntries(Object.entries(EXIT_CODES).map(([name, { code }]) => [name, code]))).toEqual({
      pass: 0,
      gateFailed: 1,
      inconclusive: 2,
      modelFailed: 3,
      serviceFailed: 4,
      timedOut: 5,
      cancelled: 6,
      configuration: 10,
      modelContract: 11,
      authentication: 12,
      quota: 13,
      network: 20,
      server: 21,
      bug: 70,
    });
  });

  test.each([
    ['scored', undefined, 'pass'],
    ['failed', 'model_error', 'modelFailed'],
    ['failed', 'out_of_memory', 'modelFailed'],
    ['failed', 'timeout', 'modelFailed'],
    ['failed', 'contract_violation', 'modelFailed'],
    ['failed', 'infrastructure', 'serviceFailed'],
    ['cancelled', undefined, 'cancelled'],
    ['scoring', undefined, 'timedOut'],
  ] as const)('a run that is %s (%s) ends with %s', (status, kind, exit) => {
    expect(exitOfRun(status, kind)).toBe(exit);
  });

  test('every problem has an exit: ours are server, access is authentication, limits are quota, the rest is the submission', () => {
    for (const [code, { status }] of Object.entries(PROBLEMS)) {
      const exit = exitOfProblem(code, status);
      if (status === 429) expect(exit).toBe('quota');
      else if (code.startsWith('token_')) expect(exit).toBe('authentication');
      else if (status >= 500 && code !== 'configuration') expect(exit).toBe('server');
      else expect(['modelContract', 'configuration', 'authentication']).toContain(exit);
    }
    expect(exitOfProblem('invalid_manifest', 422)).toBe('modelContract');
    expect(exitOfProblem('unknown_benchmark', 404)).toBe('configuration');
  });
});

test('canonical JSON: sorted keys at every depth, no space, undefined dropped, no NaN', () => {
  expect(canonicalJson({ b: [1, { d: 'x', c: null }], a: undefined, A: -0 })).toBe(
    '{"A":0,"b":[1,{"c":null,"d":"x"}]}',
  );
  expect(() => canonicalJson({ a: Number.NaN })).toThrow(TypeError);
});

test('scopes include what stands below them', () => {
  expect(allows(['admin'], 'submit')).toBe(true);
  expect(allows(['submit'], 'read')).toBe(true);
  expect(allows(['submit'], 'admin')).toBe(false);
  expect(allows(['read'], 'submit')).toBe(false);
});

test('an error becomes problem details with its code, field and remedy', () => {
  const problem = new CorescoreError('clock_missing', 'No clock.', { field: '/clock', remedy: 'Add one.' }).toProblem();
  expect(problem).toEqual({
    type: 'urn:corescore:problem:clock_missing',
    title: PROBLEMS.clock_missing.title,
    status: 422,
    detail: 'No clock.',
    code: 'clock_missing',
    field: '/clock',
    remedy: 'Add one.',
  });
});
