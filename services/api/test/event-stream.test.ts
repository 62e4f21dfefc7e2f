import type { RunEvent, RunStatus } from '@corescore/contracts';
import { expect, test } from 'vitest';
import { presentAttempt } from '../src/event-stream.js';

const events = (...statuses: RunStatus[]): RunEvent[] =>
  statuses.map((status, i) => ({ id: i + 1, runId: 'r', at: '2026-01-01T00:00:00Z', type: 'status', status }));
const ids = (list: RunEvent[]): number[] => list.map((e) => e.id);

test('a new watcher of a retried run is told of the present attempt only', () => {
  expect(ids(presentAttempt(events('queued', 'extracting', 'failed', 'queued', 'extracting')))).toEqual([4, 5]);
  expect(ids(presentAttempt(events('queued', 'failed', 'queued', 'cancelled')))).toEqual([3, 4]);
});

test('a run that has ended once is told whole', () => {
  expect(ids(presentAttempt(events('queued', 'extracting', 'scoring', 'scored')))).toEqual([1, 2, 3, 4]);
  expect(presentAttempt([])).toEqual([]);
});
