import { type Benchmark, benchmarkRefs, loadBenchmark } from '@corescore/benchmarks';
import type { QueueName } from '@corescore/contracts';
import { type Env, parseEnv, sharedDatabase } from '@corescore/contracts/env';
import { endCode, logEnd, logError, openLog } from '@corescore/contracts/log';
import { requireWalls, sandbox, sweepTemporary } from '@corescore/runtime';
import { openStore, type QueueJob, type QueueWorker, type Store } from '@corescore/store';
import { type Context, enqueue } from './context.js';
import { extractRun } from './jobs/extract.js';
import { ensureNullRows } from './jobs/null-rows.js';
import { patientStore } from './jobs/patience.js';
import { Pauses, whenThereIsRoom } from './jobs/pauses.js';
import { scoreRun } from './jobs/score.js';
import { scoreAgain } from './jobs/score-again.js';

const logger = openLog('worker');
const log = (line: string): void => logger.warn(line);
const onError = (error: Error): void => logError(logger, error);

/** Aborted by SIGTERM, SIGINT, or the end of the supervisor, which nobody would be left to stop us for. */
function askedToEnd(): AbortSignal {
  const ending = new AbortController();
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(event, () => ending.abort());
  // A closed terminal is the supervisor's matter.
  process.on('SIGHUP', () => undefined);
  return ending.signal;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/**
 * Whether models run behind walls here.
 * @throws CorescoreError `configuration` where they are required and missing
 */
async function checkSandbox(env: Env): Promise<void> {
  const fence = await sandbox();
  if (env.sandbox === 'require') requireWalls(fence);
  for (const line of fence.missingWalls) {
    log(`models run unsandboxed: ${line}`);
    // For whoever started this process: its banner says so, too.
    process.stdout.write(`unsandboxed: ${line}\n`);
  }
}

/** A version's files are out while its model runs, on its probe and then on the images: for two of its time limits. */
const CHECKOUT_LIFETIME = 4;

/** What does the jobs of each queue. */
const HANDLERS: Record<QueueName, (context: Context, job: QueueJob) => Promise<void>> = {
  extract: extractRun,
  score: scoreRun,
};

/** The worker service: jobs of its queues, one of each at a time unless told; a scoring job uses all cores itself. */
async function main(): Promise<void> {
  // First of all: a signal that comes while a job has begun already must hand its run back, too.
  const shutdown = askedToEnd();
  const settings = parseEnv(process.env, process.cwd());
  // A worker that was started by itself cannot know who reaches its service; `serve` knows, and says so.
  const env: Env = { ...settings, sandbox: settings.sandbox ?? 'require' };
  const databaseUrl = sharedDatabase(env, 'worker');
  const removed = await sweepTemporary();
  if (removed.length > 0) log(`removed ${removed.length} temporary folders of processes that are gone`);
  await checkSandbox(env);
  const store = await openStore({
    databaseUrl,
    home: env.home,
    ...(env.redisUrl === undefined ? {} : { redisUrl: env.redisUrl }),
    onError,
  });
  const ready = await whenThereIsRoom(() => prepare(store, env), {
    onWait: (error) => log(`waiting for room: ${error.message}`),
    shutdown,
  });
  if (ready !== null && !shutdown.aborted) {
    await work({ store: patientStore(store, shutdown), env, ...ready, shutdown, pauses: new Pauses(), log });
  }
  await store.close();
}

/** What must be there before the first job: tables, benchmarks, and nothing that killed workers have left. */
async function prepare(store: Store, env: Env): Promise<Pick<Context, 'benchmarks' | 'startedAt'>> {
  await store.migrate();
  await store.blobs.sweepCheckouts(CHECKOUT_LIFETIME * env.modelTimeoutSeconds * 1000);
  const benchmarks = await registerBenchmarks(store, env.home);
  return { benchmarks, startedAt: await store.rescores.reconsider() };
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
  const workers: QueueWorker[] = [];
  for (const queue of env.queues) {
    const handler = (job: QueueJob): Promise<void> => HANDLERS[queue](context, job);
    workers.push(await store.queues.worker(queue, { concurrency: env.concurrency, handler }));
  }
  logger.info(`takes the jobs of ${env.queues.join(', ')}, ${env.concurrency} of each at once`);
  const sweeper = setInterval(() => void sweep().catch(onError), (env.leaseSeconds * 1000) / 2);
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

await main().then(
  () => process.exit(0),
  (error: unknown) => {
    logEnd(logger, error);
    process.exit(endCode(error));
  },
);
