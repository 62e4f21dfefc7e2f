import { CorescoreError } from '@corescore/contracts';
import { ModelFailure } from '@corescore/runtime';
import { expect, test } from 'vitest';
import { toFailure } from '../src/jobs/failures.js';

test('a model failure keeps its kind, text and remedy', () => {
  const error = new ModelFailure('out_of_memory', 'model_out_of_memory', 'IT has 3.2 GB.', {
    field: '/regions/IT',
    remedy: 'Tap a pooled layer.',
  });
  expect(toFailure(error)).toEqual({
    kind: 'out_of_memory',
    code: 'model_out_of_memory',
    detail: 'IT has 3.2 GB.',
    field: '/regions/IT',
    remedy: 'Tap a pooled layer.',
  });
});

test('an operational error of the submission is a contract violation, one of ours is infrastructure', () => {
  expect(toFailure(new CorescoreError('array_shape', 'wrong')).kind).toBe('contract_violation');
  expect(toFailure(new CorescoreError('infrastructure', 'disk')).kind).toBe('infrastructure');
});

test('an unexpected error is infrastructure and leaks no text', () => {
  const failure = toFailure(new Error('password authentication failed for user "x"'));
  expect(failure.kind).toBe('infrastructure');
  expect(JSON.stringify(failure)).not.toContain('password');
});
