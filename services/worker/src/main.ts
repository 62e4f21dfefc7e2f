import { type Benchmark, benchmarkRefs, loadBenchmark } from '@corescore/benchmarks';
import { CorescoreError } from '@corescore/contracts';
import { parseEnv } from '@corescore/contracts/env';
import { openStore } from '@corescore/store';
import { type Context, enqueue } from './context.js';
import { extractRun } from './extract-job.js';
import { ensureNullRows } from './null-rows.js';
import { scoreRun } from './score-job.js';

const log = (line: string): void => void process.stderr.write(`${line}\n`);

/** A version's files are out while its model runs, on its probe and then on the images: for two of its time limits. */
const CHECKOUT_LIFETIME = 4;

/** The worker service: one extraction and one scoring job at a time; a scoring job uses all cores itself. */
async function main(): Promise<void> {
  const env = parseEnv(process.env, process.cwd());
  if (env.databaseUrl === undefined) {
    throw new CorescoreError('configuration', 'DATABASE_URL is not set.', {
      field: 'DATABASE_URL',
      remedy: 'Start everything with `npm start`, or give the worker the address of the Postgres that the API uses.',
    });
  }
  const store = await openStore({
    databaseUrl: env.databaseUrl,
    home: env.home,
    ...(env.redisUrl === undefined ? {} : { redisUrl: env.redisUrl }),
    onError: (error) => log(error.stack ?? error.message),
  });
  await store.migrate();

  const benchmarks = new Map<string, Benchmark>();
  for (const ref of benchmarkRefs()) {
    const benchmark = await loadBenchmark(ref, env.home);
    await store.benchmarks.register(
      benchmark.definition,
      benchmark.stimulusSet.stimuli.map((s) => s.id),
    );
    benchmarks.set(ref, benchmark);
  }

  const ending = new AbortController();
  const context: Context = { store, env, benchmarks, shutdown: ending.signal, log };
  await store.blobs.sweepCheckouts(CHECKOUT_LIFETIME * env.modelTimeoutSeconds * 1000);
  const sweep = async (): Promise<void> => enqueue(store, await store.runs.sweep({ leaseSeconds: env.leaseSeconds }));
  const workers = [
    await store.queues.worker('extract', { concurrency: 1, handler: (job) => extractRun(context, job) }),
    await store.queues.worker('score', { concurrency: 1, handler: (job) => scoreRun(context, job) }),
  ];
  const sweeper = setInterval(
    () => void sweep().catch((error: Error) => log(error.stack ?? error.message)),
    (env.leaseSeconds * 1000) / 2,
  );
  await sweep();
  for (const benchmark of benchmarks.values()) await ensureNullRows(context, benchmark);
  process.stdout.write('ready\n');

  let closing = false;
  const close = async (): Promise<void> => {
    if (closing) return;
    closing = true;
    // Order: no new jobs and hand back the runs at once, then the queues and the pool.
    clearInterval(sweeper);
    ending.abort();
    await Promise.all(workers.map((worker) => worker.close()));
    await store.close();
    process.exit(0);
  };
  const closeOrDie = (): void =>
    void close().catch((error: Error) => {
      log(error.stack ?? error.message);
      process.exit(1);
    });
  process.on('SIGTERM', closeOrDie);
  process.on('SIGINT', closeOrDie);
  // The supervisor is gone: nobody would stop us later.
  process.on('disconnect', closeOrDie);
}

main().catch((error: unknown) => {
  if (error instanceof CorescoreError) log(`${error.message}${error.remedy === undefined ? '' : ` ${error.remedy}`}`);
  else log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(error instanceof CorescoreError && error.code === 'configuration' ? 10 : 1);
});
