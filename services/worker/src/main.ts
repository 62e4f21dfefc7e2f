import { type Benchmark, benchmarkRefs, loadBenchmark } from '@corescore/benchmarks';
import { CorescoreError } from '@corescore/contracts';
import { parseEnv } from '@corescore/contracts/env';
import { sweepTemporary } from '@corescore/runtime';
import { openStore, type Store } from '@corescore/store';
import { type Context, enqueue } from './context.js';
import { extractRun } from './extract-job.js';
import { ensureNullRows } from './null-rows.js';
import { scoreAgain } from './score-again.js';
import { scoreRun } from './score-job.js';

const log = (line: string): void => void process.stderr.write(`${line}\n`);

/** A version's files are out while its model runs, on its probe and then on the images: for two of its time limits. */
const CHECKOUT_LIFETIME = 4;

/** Aborted by SIGTERM, SIGINT, or the end of the supervisor, which nobody would be left to stop us for. */
function askedToEnd(): AbortSignal {
  const ending = new AbortController();
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(event, () => ending.abort());
  return ending.signal;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** The worker service: one extraction and one scoring job at a time; a scoring job uses all cores itself. */
async function main(): Promise<void> {
  // First of all: a signal that comes while a job has begun already must hand its run back, too.
  const shutdown = askedToEnd();
  const env = parseEnv(process.env, process.cwd());
  if (env.databaseUrl === undefined) {
    throw new CorescoreError('configuration', 'DATABASE_URL is not set.', {
      field: 'DATABASE_URL',
      remedy: 'Start everything with `npm start`, or give the worker the address of the Postgres that the API uses.',
    });
  }
  const removed = await sweepTemporary();
  if (removed.length > 0) log(`removed ${removed.length} temporary folders of processes that are gone`);
  const store = await openStore({
    databaseUrl: env.databaseUrl,
    home: env.home,
    ...(env.redisUrl === undefined ? {} : { redisUrl: env.redisUrl }),
    onError: (error) => log(error.stack ?? error.message),
  });
  await store.migrate();
  await store.blobs.sweepCheckouts(CHECKOUT_LIFETIME * env.modelTimeoutSeconds * 1000);
  const benchmarks = await registerBenchmarks(store, env.home);
  const context: Context = { store, env, benchmarks, shutdown, startedAt: await store.rescores.reconsider(), log };
  if (!shutdown.aborted) await work(context);
  await store.close();
}

async function registerBenchmarks(store: Store, home: string): Promise<Context['benchmarks']> {
  const benchmarks = new Map<string, Benchmark>();
  for (const ref of benchmarkRefs()) {
    const benchmark = await loadBenchmark(ref, home);
    await store.benchmarks.register(
      benchmark.definition,
      benchmark.stimulusSet.stimuli.map((s) => s.id),
    );
    benchmarks.set(ref, benchmark);
  }
  return benchmarks;
}

/** Takes jobs until it is asked to end; then no new ones, hands back the runs it holds at once, and closes the queues. */
async function work(context: Context): Promise<void> {
  const { store, env, benchmarks, shutdown } = context;
  const sweep = async (): Promise<void> => {
    await enqueue(store, await store.runs.sweep({ leaseSeconds: env.leaseSeconds }));
    await scoreAgain(context);
  };
  const workers = [
    await store.queues.worker('extract', { concurrency: 1, handler: (job) => extractRun(context, job) }),
    await store.queues.worker('score', { concurrency: 1, handler: (job) => scoreRun(context, job) }),
  ];
  const sweeper = setInterval(
    () => void sweep().catch((error: Error) => log(error.stack ?? error.message)),
    (env.leaseSeconds * 1000) / 2,
  );
  try {
    await sweep();
    for (const benchmark of benchmarks.values()) await ensureNullRows(context, benchmark);
    process.stdout.write('ready\n');
    await aborted(shutdown);
  } finally {
    clearInterval(sweeper);
    await Promise.all(workers.map((worker) => worker.close()));
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const problem = error instanceof CorescoreError;
    if (problem) log(`${error.message}${error.remedy === undefined ? '' : ` ${error.remedy}`}`);
    else log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(problem && error.code === 'configuration' ? 10 : 1);
  },
);
