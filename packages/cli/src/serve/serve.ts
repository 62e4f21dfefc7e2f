import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@corescore/client';
import { CorescoreError } from '@corescore/contracts';
import type { Env } from '@corescore/contracts/env';
import { type CommandFailure, describeError } from '../failure.js';
import { type Io, styles } from '../io.js';
import { addressIn, assertPortFree, untilReady } from './address.js';
import { seedBoard } from './seed.js';
import { Service } from './service.js';
import { type StopRequest, stopRequests } from './signals.js';

const API_GRACE_MS = 10_000;
const WORKER_GRACE_MS = 20_000;
const READY_MS = 60_000;

interface Postgres {
  databaseUrl: string;
  stop(): Promise<void>;
}

/** What runs at the moment, in the order in which it was started. */
interface House {
  postgres?: Promise<Postgres>;
  api?: Service;
  worker?: Service;
}

/**
 * Runs the whole service in one go: embedded Postgres (unless `DATABASE_URL` names another), API and worker as child
 * processes, and the bundled models on the board. Returns after an ordered stop.
 */
export async function serve(io: Io, env: Env, options: { seed: boolean }): Promise<void> {
  const house: House = {};
  const stop = stopRequests(() => {
    io.stderr('Stopping at once.\n');
    house.api?.kill();
    house.worker?.kill();
  });
  let giveUp: (error: CommandFailure) => void = () => undefined;
  const gaveUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  gaveUp.catch(() => undefined);
  try {
    await Promise.race([open(io, env, options, house, stop, giveUp), stop.asked, gaveUp]);
    await Promise.race([stop.asked, gaveUp]);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    await close(io, house);
    stop.release();
  }
}

async function open(
  io: Io,
  env: Env,
  options: { seed: boolean },
  house: House,
  stop: StopRequest,
  onGiveUp: (error: CommandFailure) => void,
): Promise<void> {
  const { signal } = stop;
  const scripts = { api: serviceScript('api'), worker: serviceScript('worker') };
  await assertPortFree(env.host, env.port);
  const logs = join(env.home, 'logs');
  await mkdir(logs, { recursive: true, mode: 0o700 });
  signal.throwIfAborted();

  let databaseUrl = env.databaseUrl;
  if (databaseUrl === undefined) {
    io.stderr('Starting the database ...\n');
    house.postgres = startPostgres(env.home);
    databaseUrl = (await house.postgres).databaseUrl;
    signal.throwIfAborted();
  }

  const childEnv: NodeJS.ProcessEnv = {
    ...io.env,
    CORESCORE_HOME: env.home,
    CORESCORE_HOST: env.host,
    CORESCORE_PORT: String(env.port),
    DATABASE_URL: databaseUrl,
  };
  // The services need no token of a user.
  delete childEnv['CORESCORE_TOKEN'];
  const onNotice = (text: string) => io.stderr(`${text}\n`);
  const service = (name: 'api' | 'worker', readyPattern: RegExp) =>
    new Service({
      name,
      script: scripts[name],
      env: { ...childEnv },
      logPath: join(logs, `${name}.log`),
      readyPattern,
      onNotice,
      onGiveUp,
    });

  io.stderr('Starting the API and a worker ...\n');
  house.api = service('api', /^listening http/);
  const url = addressIn(await house.api.start());
  // With --port 0 the first start chose a port; a restart after a crash must come back on the same one.
  house.api.env['CORESCORE_PORT'] = new URL(url).port;
  signal.throwIfAborted();
  house.worker = service('worker', /^ready/);
  await house.worker.start();
  await untilReady(url, READY_MS, signal);
  banner(io, env, url);
  if (options.seed) await seed(io, env, url, signal);
}

/** API first, so that nothing new comes in; then the worker, which hands back its leases; the database last. */
async function close(io: Io, house: House): Promise<void> {
  if (house.api === undefined && house.postgres === undefined) return;
  io.stderr('Stopping ...\n');
  await house.api?.stop(API_GRACE_MS);
  await house.worker?.stop(WORKER_GRACE_MS);
  const postgres = await house.postgres?.catch(() => undefined);
  await postgres?.stop();
  io.stderr('Stopped.\n');
}

async function startPostgres(home: string): Promise<Postgres> {
  const { startEmbeddedPostgres } = await import('@corescore/store');
  return startEmbeddedPostgres({ home });
}

/** The services are found beside this package in the repository; packages never import them. */
function serviceScript(name: string): string {
  const path = fileURLToPath(new URL(`../../../../services/${name}/dist/main.js`, import.meta.url));
  if (existsSync(path)) return path;
  throw new CorescoreError('configuration', `${path} does not exist.`, {
    remedy:
      'The services are part of the checkout of corescore: run `npm start` there. A command installed from tarballs has none.',
  });
}

function banner(io: Io, env: Env, url: string): void {
  const { bold, cyan, dim } = styles(io);
  const short = (path: string) => {
    const text = relative(io.cwd, path);
    return text.startsWith('..') || isAbsolute(text) ? path : text;
  };
  const rows = [
    ['leaderboard', cyan(url)],
    ['REST', `${url}/docs`],
    ['token file', short(join(env.home, 'token'))],
    ['logs', short(join(env.home, 'logs'))],
    ['submit', `npx corescore submit my-model.onnx --benchmark core-objects-ost --wait`],
    ['stop', 'Ctrl-C; what is stored stays'],
  ];
  io.stderr(`\n${bold('corescore is running')}\n\n`);
  for (const [label = '', text = ''] of rows) io.stderr(`  ${dim(label.padEnd(12))}${text}\n`);
  io.stderr('\n');
}

/** A board that cannot be seeded is no reason to stop a service that works: it is told, and all goes on. */
async function seed(io: Io, env: Env, url: string, signal: AbortSignal): Promise<void> {
  try {
    const token = (await readFile(join(env.home, 'token'), 'utf8')).trim();
    const models = await seedBoard(createClient({ url, token }), env.home, signal);
    io.stderr(`The ${models} bundled models are submitted; the board fills as they are scored.\n`);
  } catch (error) {
    if (signal.aborted) return;
    io.stderr(`The bundled models could not be submitted; the service runs without them.\n${describeError(error, io)}`);
  }
}
