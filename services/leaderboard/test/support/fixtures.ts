import type {
  BenchmarkView,
  ImageResults,
  Leaderboard,
  LeaderboardRow,
  ModelView,
  RunFailure,
  RunView,
  Series,
} from '@corescore/contracts';
import { bandTimes, imagesOf, scoresOf, seriesOf } from './fixture-scores.js';
import { IMAGES, reference, type Subject } from './reference.js';

export const BENCHMARK = 'core-objects-ost@0';
const AT = '2026-11-24T20:30:00.000Z';
const after = (seconds: number) => new Date(Date.parse(AT) + seconds * 1000).toISOString();
const digest = (n: number) => n.toString(16).padStart(2, '0').repeat(32);
const uuid = (n: number) => `0193615c-0000-7000-8000-${String(n).padStart(12, '0')}`;

interface Entry {
  owner: string;
  name: string;
  label?: string;
  role?: LeaderboardRow['role'];
  sentence?: string;
  kind?: string;
  rank?: number;
  subject?: string;
  status?: RunView['status'];
  failure?: RunFailure;
  /** Of an older scoring version, why its scores are struck through. */
  struck?: string;
}

const FAILURE: RunFailure = {
  kind: 'out_of_memory',
  code: 'model_out_of_memory',
  detail: 'The model process used more than 4 GiB at a batch of one image.',
  field: '/regions/IT',
  remedy: 'Record a layer with fewer features.',
};

const ENTRIES: Entry[] = [
  { owner: 'corescore', name: 'bl-64', subject: 'bl-64', rank: 1 },
  { owner: 'lab', name: 'bl-64-native', subject: 'bl-64-native', rank: 2, kind: 'activations' },
  { owner: 'corescore', name: 'ff-64', subject: 'ff-64' },
  { owner: 'corescore', name: 'ffdeep-64', subject: 'ffdeep-64' },
  { owner: 'lab', name: 'growing-net', status: 'extracting' },
  { owner: 'lab', name: 'waiting-net', status: 'queued' },
  { owner: 'lab', name: 'old-net', subject: 'bl-64', struck: 'scored by version 1; its activations are gone' },
  { owner: 'lab', name: 'huge-net', status: 'failed', failure: FAILURE },
  {
    owner: 'corescore',
    name: 'simulated-it',
    label: 'Simulated IT (independent draw)',
    sentence: 'One draw of the simulated IT population against a target made from the others.',
    role: 'it',
    kind: 'activations',
    subject: 'draw1',
  },
  {
    owner: 'corescore',
    name: 'null-threshold-only',
    label: 'Null: threshold only',
    sentence: 'One curve for every image: only the thresholds differ.',
    role: 'null',
    kind: 'null',
    subject: 'threshold-only',
  },
  {
    owner: 'corescore',
    name: 'null-feed-forward-ramp',
    label: 'Null: feed-forward + ramp',
    sentence: 'Static features that grow linearly over time, with noise: time without computation.',
    role: 'null',
    kind: 'null',
    subject: 'ff-ramp',
  },
  {
    owner: 'corescore',
    name: 'null-difficulty-look-up',
    label: 'Null: difficulty look-up',
    sentence: 'The least-squares line of the target times on the image’s difficulty: no model at all.',
    role: 'null',
    kind: 'null',
    subject: 'difficulty-look-up',
  },
];

const subjectOf = (entry: Entry): Subject | undefined =>
  entry.subject === undefined ? undefined : reference.subjects[entry.subject];
const mean = (x: number[]): number | null => (x.length === 0 ? null : x.reduce((a, b) => a + b, 0) / x.length);
const indexOf = (name: string) => ENTRIES.findIndex((e) => e.name === name) + 1;

export const runId = (name: string): string => uuid(indexOf(name));

function runOf(entry: Entry): RunView {
  const n = indexOf(entry.name);
  const status = entry.status ?? 'scored';
  const subject = subjectOf(entry);
  const begun = status !== 'queued';
  return {
    id: uuid(n),
    submissionId: uuid(n + 100),
    status,
    benchmark: BENCHMARK,
    model: { owner: entry.owner, name: entry.name, digest: digest(n) },
    failure: entry.failure ?? null,
    attempt: 1,
    queuePosition: status === 'queued' ? 2 : null,
    worker: begun ? 'worker-1' : null,
    progress: status === 'extracting' ? { done: 120, total: IMAGES, unit: 'images' } : null,
    provider: begun ? 'cpu' : null,
    submittedAt: AT,
    createdAt: AT,
    extractingAt: begun ? after(1.4) : null,
    scoringAt: status === 'scored' ? after(9.2) : null,
    endedAt: status === 'scored' ? after(31.7) : status === 'failed' ? after(6) : null,
    scores: subject === undefined ? [] : scoresOf(subject),
    notes: subject?.summary ? ['The clock covers 70-250 of 70-250 ms; mapping: overlap.'] : [],
    scoringVersion: status !== 'scored' ? null : entry.struck === undefined ? 2 : 1,
    supersedes: null,
    supersededBy: null,
    struckReason: entry.struck ?? null,
  };
}

function rowOf(entry: Entry): LeaderboardRow {
  const run = runOf(entry);
  const subject = subjectOf(entry);
  const kind = entry.kind ?? 'onnx';
  return {
    rank: entry.rank ?? null,
    role: entry.role ?? 'model',
    label: entry.label ?? entry.name,
    sentence: entry.sentence ?? null,
    owner: entry.owner,
    name: entry.name,
    kind,
    activationsSupplied: kind === 'activations',
    digest: run.model.digest,
    runId: run.id,
    status: run.status,
    failure: run.failure,
    scoringVersion: run.scoringVersion,
    struckReason: run.struckReason,
    scores: run.scores,
    controlMs: subject?.summary ? mean(bandTimes(subject, 'control')) : null,
    challengeMs: subject?.summary ? mean(bandTimes(subject, 'challenge')) : null,
    scoredAt: run.endedAt,
  };
}

export const benchmark: BenchmarkView = {
  id: 'core-objects-ost',
  version: 0,
  ref: BENCHMARK,
  digest: digest(200),
  title: 'Core objects, object solution times',
  sentence:
    'When does a linear decoder of a model’s IT layer solve each image, and is the order of those times that of the target population?',
  caveat:
    'Everything here is synthetic: generated images of ten objects, and a simulated IT population with planted solution times. The planted times of version 0 are not in the pixels, so no model can be expected to exceed the null rows on the correlations.',
  stimulusSet: { identifier: 'core-objects-spike', digest: digest(201), images: 660, control: 330, challenge: 330 },
  sites: 424,
  visualDegrees: 8,
  binStartsMs: reference.subjects['draw1']!.t!,
  binMs: 10,
  regions: ['IT'],
  sortMetric: 'ost_rho_partial',
  parameters: { decoder: 'svm', c: 0.001 },
  target: { delayMeanMs: 27.88 },
  references: [],
  createdAt: AT,
};

/** A full board: scored with and without time, running, waiting, failed, IT and the null rows. */
export const leaderboard: Leaderboard = {
  benchmark: BENCHMARK,
  sortMetric: 'ost_rho_partial',
  scoringVersion: 2,
  rows: ENTRIES.map(rowOf),
  generatedAt: after(120),
};

export const runs: RunView[] = ENTRIES.map(runOf);

export const models: ModelView[] = ENTRIES.map((entry) => {
  const kind = entry.kind ?? 'onnx';
  const temporal = subjectOf(entry)?.summary !== undefined;
  const about = {
    manifestVersion: 1,
    name: entry.name,
    kind,
    ...(temporal ? { clock: { onsetMs: 70, stepMs: 36 } } : {}),
  };
  const input = { name: 'image', layout: 'NCHW', size: [64, 64], channels: 3, visualDegrees: 8 };
  return {
    owner: entry.owner,
    name: entry.name,
    versions: [
      {
        digest: digest(indexOf(entry.name)),
        owner: entry.owner,
        name: entry.name,
        kind,
        description: entry.sentence ?? 'lateral recurrence in three areas, 5 steps, one output per step',
        temporal,
        parameters: kind === 'onnx' ? 105_610 : null,
        files:
          kind === 'null'
            ? []
            : [{ path: kind === 'onnx' ? 'model.onnx' : 'it.npy', digest: digest(50), bytes: 437_112 }],
        manifest: { ...about, ...(kind === 'onnx' ? { input } : {}), regions: { V4: {}, IT: {} } },
        createdAt: AT,
      },
    ],
    runs: [runOf(entry)],
  };
});

export const seriesOfRun = (id: string): Series[] => withSubject(id, seriesOf) ?? [];
export const imagesOfRun = (id: string): ImageResults | null => withSubject(id, imagesOf);

function withSubject<T>(id: string, make: (subject: Subject) => T): T | null {
  const subject = ENTRIES.flatMap((entry) => (runId(entry.name) === id ? (subjectOf(entry) ?? []) : []))[0];
  return subject === undefined ? null : make(subject);
}
