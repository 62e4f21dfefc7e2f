import type { BenchmarkView, Leaderboard, LeaderboardRow, RunView, Score } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import type { Decoding } from '../src/decode/decode-assembly.js';
import { boardText } from '../src/format/board.js';
import { decodingJson, decodingText } from '../src/format/decoding.js';
import { bar, LiveLines } from '../src/format/progress.js';
import { runText, scoreTable } from '../src/format/scores.js';
import { stripText } from '../src/format/strip.js';
import { formatBytes, formatSeconds, formatValue } from '../src/format/words.js';
import { stageLine } from '../src/submission/follow.js';
import { recordedIo } from './support.js';

const score = (extra: Partial<Score>): Score => ({
  metric: 'accuracy',
  subset: 'control',
  region: 'IT',
  value: 0.8691,
  unit: 'fraction',
  n: 330,
  nTotal: 330,
  ...extra,
});

const SCORES: Score[] = [
  score({
    metric: 'ost_rho_partial',
    subset: 'all',
    unit: 'rho',
    value: 0.06,
    low: -0.03,
    high: 0.15,
    n: 492,
    nTotal: 660,
  }),
  score({
    metric: 'ost_delay_mean',
    subset: 'all',
    unit: 'ms',
    value: 26.84,
    low: 20.12,
    high: 33.9,
    n: 492,
    nTotal: 660,
  }),
  score({ metric: 'ost_solved', subset: 'all', unit: 'images', value: 492, n: 660, nTotal: 660 }),
  score({ low: 0.83, high: 0.901 }),
  score({ metric: 'i1', subset: 'challenge', unit: 'd′', value: 1.5, note: 'last bin' }),
];

const RUN: RunView = {
  id: '01890000-0000-7000-8000-000000000001',
  submissionId: '01890000-0000-7000-8000-000000000002',
  status: 'scored',
  benchmark: 'core-objects-ost@0',
  model: { owner: 'lab', name: 'net', digest: 'a'.repeat(64) },
  failure: null,
  attempt: 1,
  queuePosition: null,
  worker: 'w1',
  progress: null,
  provider: 'cpu',
  submittedAt: '2026-01-01T00:00:00.000Z',
  createdAt: '2026-01-01T00:00:00.000Z',
  extractingAt: '2026-01-01T00:00:01.000Z',
  scoringAt: '2026-01-01T00:00:11.000Z',
  endedAt: '2026-01-01T00:00:42.000Z',
  scores: SCORES,
  notes: ['The model covers 70-250 of 70-250 ms.'],
  scoringVersion: 2,
  supersedes: null,
  supersededBy: null,
  struckReason: null,
};

describe('values', () => {
  test.each<[Partial<Score>, string]>([
    [{}, '0.869'],
    [{ low: 0.83, high: 0.9 }, '0.869 [0.830, 0.900]'],
    [{ value: -0.0001 }, '0.000'],
    [{ value: 26.84, unit: 'ms', low: -20, high: 33.97 }, '26.8 ms [-20.0, 34.0]'],
    [{ value: null, reason: 'not_temporal' }, 'not temporal'],
    [{ value: null, reason: 'never_solved' }, 'never solved'],
    [{ value: 0 }, '0.000'],
  ])('%o', (extra, text) => {
    expect(formatValue(score(extra))).toBe(text);
  });

  test('bytes and seconds', () => {
    expect([0, 1023, 1024, 450_000, 5 * 1024 ** 3].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '439.5 KiB',
      '5.0 GiB',
    ]);
    expect([40, 9_940, 41_000, 190_000].map(formatSeconds)).toEqual(['0.0 s', '9.9 s', '41 s', '3 min 10 s']);
  });
});

describe('texts', () => {
  test('a scored run', () => {
    expect(runText(RUN)).toMatchSnapshot();
  });

  test('a feed-forward model says why it has no solution times', () => {
    const absent = score({
      metric: 'ost_rho',
      subset: 'all',
      unit: 'rho',
      value: null,
      reason: 'not_temporal',
      n: 0,
      nTotal: 660,
    });
    expect(runText({ ...RUN, scores: [absent, SCORES[3]], notes: [] })).toMatchSnapshot();
  });

  test('what several scores say alike stands once below the table, and how ceiled is to be read', () => {
    const note = 'last covered bin, 240-250 ms';
    const text = scoreTable([
      score({ note }),
      score({ subset: 'challenge', note }),
      score({ metric: 'i1', subset: 'all', unit: 'd′', note }),
      score({ metric: 'predictivity_late', subset: 'all', unit: 'r', value: 0.56, ceiling: 0.97, ceiled: 0.324 }),
    ]);
    expect(text).toContain(`Accuracy (control, challenge); i1 (all): ${note}\n`);
    expect(text).toContain('0.560, ceiled 0.324');
    expect(text).toContain('ceiled: r² / ceiling');
    expect(text).toContain('r itself is at most √ceiling');
    expect(scoreTable([score({})])).not.toContain('ceiled');
  });

  test('a failed run says what to do', () => {
    const failure = {
      kind: 'timeout',
      code: 'model_timeout',
      detail: 'Over 600 s.',
      field: '/input',
      remedy: 'Make it faster.',
    };
    expect(runText({ ...RUN, status: 'failed', failure: failure as RunView['failure'], scores: [] })).toMatchSnapshot();
  });

  test('a run on its way', () => {
    const queued = {
      ...RUN,
      status: 'queued' as const,
      queuePosition: 2,
      extractingAt: null,
      endedAt: null,
      scores: [],
    };
    expect(runText(queued)).toMatchSnapshot();
    expect(stageLine('lab/net on b@0', queued)).toBe('lab/net on b@0  waiting in the queue, 2 ahead');
    const event = { id: 3, runId: RUN.id, at: RUN.createdAt, type: 'progress' as const, status: 'extracting' as const };
    expect(stageLine('lab/net on b@0', { ...event, done: 320, total: 640, unit: 'images' })).toBe(
      'lab/net on b@0  ━━━━━━━━──────── running the model  320 of 640 images',
    );
    expect(stageLine('lab/net on b@0', event)).toBe('lab/net on b@0  running the model');
  });

  test('a board with reference rows, a feed-forward model and a failed one', () => {
    const row = (extra: Partial<LeaderboardRow>): LeaderboardRow => ({
      rank: 1,
      role: 'model',
      label: 'net',
      sentence: null,
      owner: 'lab',
      name: 'net',
      kind: 'onnx',
      activationsSupplied: false,
      digest: 'a'.repeat(64),
      runId: RUN.id,
      status: 'scored',
      failure: null,
      scoringVersion: 2,
      struckReason: null,
      scores: [...SCORES, score({ subset: 'challenge', value: 0.505 })],
      controlMs: 118,
      challengeMs: 148,
      scoredAt: RUN.endedAt,
      ...extra,
    });
    const never = SCORES.map((s) =>
      s.metric.startsWith('ost') ? { ...s, value: null, reason: 'not_temporal' as const } : s,
    );
    const failure = { kind: 'out_of_memory' as const, code: 'model_out_of_memory', detail: 'Over 4 GiB.' };
    const board: Leaderboard = {
      benchmark: 'core-objects-ost@0',
      sortMetric: 'ost_rho_partial',
      scoringVersion: 2,
      generatedAt: '2026-01-02T00:00:00.000Z',
      rows: [
        row({ rank: null, role: 'it', label: 'IT itself', sentence: 'An independent draw of the target.' }),
        row({}),
        row({ rank: null, role: 'null', label: 'threshold only', sentence: 'One curve for every image.' }),
        row({ rank: null, name: 'ff', scores: never }),
        row({ rank: null, name: 'huge', status: 'failed', failure, scores: [] }),
        row({ rank: null, name: 'old', scoringVersion: 1, struckReason: 'scored by version 1; being scored again' }),
      ],
    };
    const benchmark = {
      title: 'Object solution times',
      sentence: 'Does a model solve images when IT does?',
      caveat: 'The target is simulated.',
      stimulusSet: { images: 660, control: 330, challenge: 330 },
      sites: 160,
    } as BenchmarkView;
    expect(boardText(benchmark, board)).toMatchSnapshot();
    // What the null rows get for the matched concordance is read off them.
    const matched = score({ metric: 'ost_concordance_matched', subset: 'all', unit: 'c-index', value: 0.546 });
    const rows = board.rows.map((r) => (r.role === 'null' ? { ...r, scores: [...r.scores, matched] } : r));
    expect(boardText(benchmark, { ...board, rows })).toContain(
      'OST concordance, matched, of the null rows: threshold only 0.546\n',
    );
    expect(boardText(benchmark, board)).not.toContain('of the null rows');
  });

  test('a decoding as text and as data', () => {
    const windows = [0.1, 0.5, 0.7].map((accuracy, i) => ({
      startMs: i * 50,
      endMs: i * 50 + 50,
      accuracy,
      low: accuracy - 0.05,
      high: accuracy + 0.05,
      correct: accuracy * 100,
      n: 100,
      decisions: new Float64Array(3),
    }));
    const decoding: Decoding = {
      label: 'object_name',
      classes: ['car', 'face'],
      folds: 'repetition',
      foldCount: 5,
      fold: new Int32Array(100),
      c: 0.01,
      windowMs: 50,
      stepMs: 50,
      presentations: 100,
      neuroids: 12,
      dropped: { presentations: 0, neuroids: [] },
      chance: 0.5,
      maxDualityGap: 1e-9,
      windows,
    };
    expect(decodingText('assembly.nc', decoding, 80)).toMatchSnapshot();
    const data = JSON.parse(JSON.stringify(decodingJson('assembly.nc', decoding)));
    expect(data.windows[1]).toEqual({
      startMs: 50,
      endMs: 100,
      accuracy: 0.5,
      low: 0.45,
      high: 0.55,
      correct: 50,
      n: 100,
    });
    expect(data).not.toHaveProperty('fold');
  });
});

describe('the strip of a local run', () => {
  const strip = {
    name: 'ost_strip',
    subset: 'all' as const,
    region: 'IT',
    axes: [
      { name: 'variant', unit: '', values: ['C 1e-4', 'features 424'] },
      { name: 'metric', unit: '', values: ['ost_rho', 'ost_delay_mean', 'new_metric'] },
    ],
    values: [0.1444, 6.54, 0.5, null, null, null],
    low: [0.0567, 2.89, null, null, null, null],
    high: [0.2309, 10.82, null, null, null, null],
    n: 660,
    unit: '',
  };

  test('has a row a variant, intervals where there are some, and words for what is not there', () => {
    const lines = stripText([strip]).split('\n');
    expect(lines[1]!.split(/ {2,}/)).toEqual(['', 'decoded with', 'OST ρ, raw', 'Delay, mean, ms', 'new_metric']);
    expect(lines[3]!.split(/ {2,}/)).toEqual(['', 'C 1e-4', '0.144 [0.057, 0.231]', '6.5 [2.9, 10.8]', '0.500']);
    expect(lines[4]!.split(/ {2,}/)).toEqual(['', 'features 424', 'none', 'none', 'none']);
  });

  test('is nothing where the report has none', () => {
    expect(stripText([{ ...strip, name: 'accuracy' }])).toBe('');
  });
});

describe('lines that change', () => {
  test('off a terminal: one line a stage', () => {
    const io = recordedIo();
    const lines = new LiveLines(io);
    lines.set('a', 'a queued', 'queued');
    lines.set('a', 'a running 1 of 2', 'running');
    lines.set('a', 'a running 2 of 2', 'running');
    lines.set('b', 'b queued', 'queued');
    expect(io.err).toBe('a queued\na running 1 of 2\nb queued\n');
  });

  test('on a terminal: drawn in place, cut to its width', () => {
    const io = recordedIo({ isTerminal: true, columns: 21 });
    const lines = new LiveLines(io);
    lines.set('a', 'x'.repeat(30), '1');
    lines.set('b', 'b', '1');
    lines.finish();
    lines.set('c', 'c', '1');
    expect(io.err).toBe(`\u001b[2K${'x'.repeat(20)}\n\u001b[1A\u001b[2K${'x'.repeat(20)}\n\u001b[2Kb\n\u001b[2Kc\n`);
  });

  test('a bar fills from the left and stays within its width', () => {
    expect([0, 1, 2, 3].map((done) => bar(done, 2, 4))).toEqual(['────', '━━──', '━━━━', '━━━━']);
    expect(bar(1, 0, 3)).toBe('───');
  });
});
