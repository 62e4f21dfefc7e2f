import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import type { Benchmark } from '@corescore/benchmarks';
import { type Env, modelLimits as limitsOf } from '@corescore/contracts/env';
import type { Limits } from '@corescore/runtime';
import type { DueJob, Store } from '@corescore/store';
import type { Pauses } from './jobs/pauses.js';

/** What every job of this process needs. */
export interface Context {
  store: Store;
  env: Env;
  /** Loaded benchmarks by `id@version`. */
  benchmarks: ReadonlyMap<string, Benchmark>;
  /** Aborted when the process shuts down: jobs hand their runs back. */
  shutdown: AbortSignal;
  /** When this worker began, by the database's clock. */
  startedAt: Date;
  /** Runs that wait for room on the disk, or for the database. */
  pauses: Pauses;
  log: (line: string) => void;
}

const PACKAGE = new URL('../package.json', import.meta.url);
export const VERSION = (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version;

/** A lease holder's name: one a job, so that a job never mistakes another's lease for its own. */
export const newHolder = (): string => `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;

/** What the process of a model may use on this machine. */
export const modelLimits = (env: Env): Limits => limitsOf(env, availableParallelism());

export async function enqueue(store: Store, due: readonly DueJob[]): Promise<void> {
  for (const { stage, ...job } of due) await store.queues.enqueue(stage, job);
}
