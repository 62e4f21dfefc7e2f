import { SCORING_VERSION, type Score } from '@corescore/contracts';
import { expect, test } from 'vitest';
import { type BoardEntry, meanSolutionTimes, rankBoard } from '../src/repositories/leaderboard.js';
import { BENCHMARK } from './support/benchmark.js';

const score = (value: number | null, change: Partial<Score> = {}): Score => ({
  metric: 'ost_rho_partial',
  subset: 'all',
  region: 'IT',
  value,
  unit: 'rho',
  n: 4,
  nTotal: 4,
  ...change,
});
const entry = (name: string, scores: Score[], change: Partial<BoardEntry> = {}): BoardEntry => ({
  owner: 'ada',
  name,
  kind: 'onnx',
  digest: 'a'.repeat(64),
  runId: name,
  status: 'scored',
  failure: null,
  scoringVersion: SCORING_VERSION,
  struckReason: null,
  scores,
  controlMs: null,
  challengeMs: null,
  scoredAt: null,
  ...change,
});
const order = (entries: BoardEntry[]) => rankBoard(BENCHMARK, entries).map((row) => [row.rank, row.name]);

test('sorted by the sort metric falling; equal values share a rank and the next is skipped', () => {
  expect(
    order([entry('c', [score(0.2)]), entry('b', [score(0.5)]), entry('d', [score(-0.1)]), entry('a', [score(0.5)])]),
  ).toEqual([
    [1, 'a'],
    [1, 'b'],
    [3, 'c'],
    [4, 'd'],
  ]);
});

test('absent scores stand last, by name, without a rank; 0 is not absent', () => {
  const failed = entry('failed', [], { status: 'failed' });
  const absent = entry('absent', [score(null, { reason: 'not_temporal' })]);
  expect(order([failed, entry('zero', [score(0)]), absent])).toEqual([
    [1, 'zero'],
    [null, 'absent'],
    [null, 'failed'],
  ]);
});

test('what is struck through stands below all others, without a rank, whatever it scores', () => {
  const old = { scoringVersion: 1, struckReason: 'scored by version 1; its activations are gone' };
  expect(
    order([
      entry('old-low', [score(0.1)], old),
      entry('old-high', [score(0.9)], old),
      entry('new', [score(0.2)]),
      entry('absent', [score(null, { reason: 'not_temporal' })]),
    ]),
  ).toEqual([
    [1, 'new'],
    [null, 'absent'],
    [null, 'old-high'],
    [null, 'old-low'],
  ]);
});

test('reference rows stand where their value puts them, named as the benchmark says, without a rank', () => {
  const rows = rankBoard(BENCHMARK, [
    entry('net', [score(0.3)]),
    entry('null', [score(0.4)], { owner: 'corescore' }),
    entry('simulated-it', [score(0.9)], { owner: 'corescore', kind: 'activations' }),
    entry('null', [score(0.2)]),
  ]);
  expect(rows.map(({ rank, role, label, sentence }) => ({ rank, role, label, sentence }))).toEqual([
    { rank: null, role: 'it', label: 'Simulated IT', sentence: 'A perfect model.' },
    { rank: null, role: 'null', label: 'Null', sentence: 'No model at all.' },
    { rank: 1, role: 'model', label: 'net', sentence: null },
    { rank: 2, role: 'model', label: 'null', sentence: null },
  ]);
  expect(rows.map((row) => row.activationsSupplied)).toEqual([true, false, false, false]);
});

test('only the score over all images, of the benchmark’s region, sorts', () => {
  const misleading = [
    score(0.9, { subset: 'control' }),
    score(0.8, { region: 'V4' }),
    score(0.7, { metric: 'ost_rho' }),
  ];
  expect(order([entry('a', [...misleading, score(0.1)]), entry('b', [score(0.2)])])).toEqual([
    [1, 'b'],
    [2, 'a'],
  ]);
});

test('mean solution times are over the solved images of a subset', () => {
  expect(
    meanSolutionTimes({ subsets: ['control', 'control', 'challenge', 'control'], ostMs: [100, 120, null, null] }),
  ).toEqual({ controlMs: 110, challengeMs: null });
});

test('ranks of a long board: each tie shares one, and the next goes on behind all of them', () => {
  const entries = Array.from({ length: 9000 }, (_, i) => entry(`net-${i}`, [score(-Math.floor(i / 3))]));
  const ranks = rankBoard(BENCHMARK, entries).map((row) => row.rank);
  expect(ranks).toEqual(Array.from({ length: 9000 }, (_, i) => 3 * Math.floor(i / 3) + 1));
});
