import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import {
  type AbsenceReason,
  type BenchmarkView,
  type Leaderboard,
  type LeaderboardRow,
  SCORING_VERSION,
  type Score,
} from '@corescore/contracts';
import type { Store } from '@corescore/store';
import { type Cell, csvLine } from './csv.js';

export type BoardFormat = 'json' | 'csv';

/** Rows whose scores are in memory at once: some thousand scores. */
const BATCH = 200;
/** Of all boards that are kept, packed. The newest is kept whatever its size. */
const KEPT_BYTES = 64 * 1024 * 1024;
/** A board is text of few words: more effort makes it no smaller. */
const GZIP_LEVEL = 4;

/**
 * The boards as they are sent, packed, so that a request costs the reading of one number and the sending of bytes. A
 * board is made anew when a run of its benchmark has begun or ended since, a few rows at a time, one board at a time:
 * however many ask at once, the memory of one making is needed.
 */
export class Boards {
  readonly #kept = new Map<string, { version: string; packed: Buffer }>();
  readonly #making = new Map<string, { version: string; done: Promise<void> }>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly now: () => Date,
  ) {}

  /** The board of now, gzip. */
  async packed(benchmark: BenchmarkView, format: BoardFormat): Promise<Buffer> {
    const key = `${format} ${benchmark.ref}`;
    for (;;) {
      const version = await this.store.results.boardVersion(benchmark.ref);
      const kept = this.#kept.get(key);
      if (kept?.version === version) {
        // Touched: the one that nobody asks for goes first.
        this.#kept.delete(key);
        this.#kept.set(key, kept);
        return kept.packed;
      }
      const making = this.#making.get(key) ?? this.#make(key, benchmark, format, version);
      await making.done;
      if (making.version === version) return this.#kept.get(key)?.packed ?? this.packed(benchmark, format);
    }
  }

  #make(key: string, benchmark: BenchmarkView, format: BoardFormat, version: string) {
    const made = this.#turn.then(async () => {
      const packed = await gzipped(format === 'csv' ? this.#csv(benchmark) : this.#json(benchmark));
      this.#keep(key, version, packed);
    });
    const done = made.finally(() => this.#making.delete(key));
    this.#turn = done.catch(() => undefined);
    const making = { version, done };
    this.#making.set(key, making);
    return making;
  }

  #keep(key: string, version: string, packed: Buffer): void {
    this.#kept.delete(key);
    this.#kept.set(key, { version, packed });
    let bytes = 0;
    for (const [other, { packed: has }] of [...this.#kept].reverse()) {
      bytes += has.length;
      if (bytes > KEPT_BYTES && other !== key) this.#kept.delete(other);
    }
  }

  async *#json(benchmark: BenchmarkView): AsyncGenerator<string> {
    const board: Omit<Leaderboard, 'rows'> = {
      benchmark: benchmark.ref,
      sortMetric: benchmark.sortMetric,
      scoringVersion: SCORING_VERSION,
      generatedAt: this.now().toISOString(),
    };
    yield `${JSON.stringify(board).slice(0, -1)},"rows":[`;
    let between = '';
    for await (const rows of this.#batches(await this.store.results.leaderboard(benchmark.ref))) {
      yield `${between}${rows.map((row) => JSON.stringify(row)).join(',')}`;
      between = ',';
    }
    yield ']}';
  }

  async *#csv(benchmark: BenchmarkView): AsyncGenerator<string> {
    const rows = await this.store.results.leaderboard(benchmark.ref);
    const keys = await this.store.results.scoreKeys(rows.map((row) => row.runId));
    yield csvLine(columnsOf(keys));
    for await (const batch of this.#batches(rows)) yield batch.map((row) => csvLine(cellsOf(row, keys))).join('');
  }

  /** The rows with all their scores, some at a time. */
  async *#batches(rows: readonly LeaderboardRow[]): AsyncGenerator<LeaderboardRow[]> {
    for (let from = 0; from < rows.length; from += BATCH) {
      const batch = rows.slice(from, from + BATCH);
      const scores = await this.store.results.scores(batch.map((row) => row.runId));
      yield batch.map((row) => ({ ...row, scores: scores.get(row.runId) ?? [] }));
    }
  }
}

async function gzipped(text: AsyncIterable<string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const gzip = Readable.from(text, { objectMode: false }).compose(createGzip({ level: GZIP_LEVEL }));
  for await (const chunk of gzip) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** For a reader that does not take gzip: unpacked as fast as it reads, and no faster. */
export const unpacked = (packed: Buffer): Readable => Readable.from([packed]).pipe(createGunzip());

const NOT_RUN: AbsenceReason = 'not_run';

const keyOf = (score: Pick<Score, 'metric' | 'subset' | 'region'>): string =>
  `${score.metric}/${score.subset}/${score.region}`;

const columnsOf = (keys: readonly string[]): string[] => [
  ...['rank', 'role', 'label', 'owner', 'name', 'kind', 'digest', 'runId', 'status', 'scoredAt'],
  ...['scoringVersion', 'struckReason', 'controlMs', 'challengeMs'],
  ...keys.flatMap((key) => [key, `${key}/low`, `${key}/high`, `${key}/reason`]),
];

/**
 * One row a model; each score has its value, the bounds of its interval and, where absent, the reason. What another row has
 * and a scored one has not, a control for instance, was not run.
 */
function cellsOf(row: LeaderboardRow, keys: readonly string[]): Cell[] {
  const scores = new Map(row.scores.map((score) => [keyOf(score), score]));
  return [
    ...[row.rank, row.role, row.label, row.owner, row.name, row.kind, row.digest, row.runId, row.status],
    ...[row.scoredAt, row.scoringVersion, row.struckReason, row.controlMs, row.challengeMs],
    ...keys.flatMap((key) => {
      const score = scores.get(key);
      if (score === undefined) return [null, null, null, row.status === 'scored' ? NOT_RUN : null];
      return [score.value, score.low, score.high, score.reason];
    }),
  ];
}
