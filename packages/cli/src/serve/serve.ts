import { mkdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { createClient } from '@corescore/client';
import { CorescoreError, growingPauseMs, QUEUES } from '@corescore/contracts';
import { type Env, sandboxMode } from '@corescore/contracts/env';
import { toRecord } from '@corescore/contracts/log';
import { CommandFailure, describeError } from '../failure.js';
import { type Io, styles } from '../io.js';
import { addressIn, assertPortFree, untilReady } from './address.js';
import { watchDisk } from './disk-watch.js';
import { roleProgram } from './role.js';
import { RotatingLog } from './rotating-log.js';
import { seedBoard } from './seed.js';
import { Service } from './service.js';
import { type StopRequest, stopRequests } from './signals.js';

const API_GRACE_MS = 10_000;
const WORKER_GRACE_MS = 20_000;
const READY_MS = 60_000;
/** Less than this and a service that starts would only fill it up. */
const START_BYTES = 32 * 1024 ** 2;

interface Postgres {
  databaseUrl: string;
  whenUp(): Promise<void>;
  stop(): Promise<void>;
}

/** What runs at the moment, in the order in which it was started. */
interface House {
  log: RotatingLog;
  /** A line for the operator: terminal and log. */
  notice: (text: string) => void;
  giveUp: (error: CorescoreError) => void;
  disk?: { stop(): void };
  postgres?: Promise<Postgres>;
  api?: Service;
  worker?: Service;
  /** Walls of the sandbox that are missing here, as the worker found. */
  unsandboxed: string[];
}

/**
 * Runs the whole service in one go: embedded Postgres (unless `DATABASE_URL` names another), API and worker as child
 * processes, and the bundled models on the board. Returns after an ordered stop.
 */
export async function serve(io: Io, env: Env, options: { seed: boolean }): Promise<void> {
  const logs = join(env.home, 'logs');
  const log = new RotatingLog(join(logs, 'corescore.log'));
  const notice = (msg: string): void => {
    io.stderr(`${msg}\n`);
    log.write({ time: io.now().toISOString(), level: 'warn', service: 'supervisor', msg });
  };
  let giveUp: (error: CorescoreError) => void = () => undefined;
  const gaveUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  gaveUp.catch(() => undefined);
  const house: House = { log, notice, giveUp: (error) => giveUp(error), unsandboxed: [] };
  const stop = stopRequests(
    () => {
      io.stderr('Stopping at once.\n');
      house.api?.kill();
      house.worker?.kill();
    },
    {
      // At a terminal the signal means that it was closed; npm, which passes signals on, may be gone before it does.
      onHangUp: io.isTerminal ? undefined : () => log.reopen(),
      parent: io.env['npm_command'] === undefined ? undefined : () => process.ppid,
    },
  );
  try {
    await Promise.race([open(io, env, options, house, stop), stop.asked, gaveUp]);
    await Promise.race([stop.asked, gaveUp]);
  } catch (error) {
    if (!stop.signal.aborted) throw asFailure(error, log.path);
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
  { signal }: StopRequest,
): Promise<void> {
  assertAllQueues(env);
  const scripts = { api: roleProgram('api'), worker: roleProgram('worker') };
  await assertPortFree(env.host, env.port);
  const { freeBytes, startEmbeddedPostgres } = await import('@corescore/store');
  await mkdir(dirname(house.log.path), { recursive: true, mode: 0o700 });
  signal.throwIfAborted();
  const { notice, log } = house;
  house.disk = watchDisk({ home: env.home, reserveBytes: env.diskReserveBytes, free: freeBytes, onNotice: notice });

  let databaseUrl = env.databaseUrl;
  if (databaseUrl === undefined) {
    io.stderr('Starting the database ...\n');
    house.postgres = startEmbeddedPostgres({
      home: env.home,
      onLine: (line) => log.write(toRecord('postgres', line, io.now().toISOString())),
      onNotice: notice,
      onGiveUp: house.giveUp,
    });
    databaseUrl = (await house.postgres).databaseUrl;
    signal.throwIfAborted();
  }

  const childEnv: NodeJS.ProcessEnv = {
    ...io.env,
    CORESCORE_HOME: env.home,
    CORESCORE_HOST: env.host,
    CORESCORE_PORT: String(env.port),
    CORESCORE_SANDBOX: sandboxMode(env),
    // One that the operator named they find as `serve` did, by value or by file.
    ...(env.databaseUrl === undefined ? { DATABASE_URL: databaseUrl } : {}),
  };
  // The services need no token of a user.
  for (const name of ['CORESCORE_TOKEN', 'CORESCORE_TOKEN_FILE']) delete childEnv[name];
  const service = (name: 'api' | 'worker', readyPattern: RegExp, onLine?: (line: string) => void) =>
    new Service({
      name,
      script: scripts[name],
      env: { ...childEnv },
      log,
      readyPattern,
      untilFit: () => untilFit(house, () => freeBytes(env.home)),
      onNotice: notice,
      onGiveUp: house.giveUp,
      ...(onLine === undefined ? {} : { onLine }),
    });

  io.stderr('Starting the API and a worker ...\n');
  house.api = service('api', /^listening http/);
  const url = addressIn(await house.api.start());
  // With --port 0 the first start chose a port; a restart after a crash must come back on the same one.
  house.api.env['CORESCORE_PORT'] = new URL(url).port;
  signal.throwIfAborted();
  house.worker = service('worker', /^ready/, (line) => {
    const wall = /^unsandboxed: (.*)/.exec(line)?.[1];
    if (wall !== undefined && !house.unsandboxed.includes(wall)) house.unsandboxed.push(wall);
  });
  await house.worker.start();
  await untilReady(url, READY_MS, signal);
  banner(io, env, url, house);
  if (options.seed) await seed(io, env, url, signal);
}

/** Waits until the database runs and there is room for a start. @returns whether it had to wait */
async function untilFit(house: House, free: () => Promise<number>): Promise<boolean> {
  let waited = false;
  const postgres = await house.postgres;
  let isUp = false;
  void postgres?.whenUp().then(() => {
    isUp = true;
  });
  // What is up already says so before this.
  await setImmediate();
  if (postgres !== undefined && !isUp) {
    waited = true;
    await postgres.whenUp();
  }
  for (let looks = 1; (await free()) < START_BYTES; looks++) {
    waited = true;
    await setTimeout(growingPauseMs(looks, 1_000, 10_000), undefined, { ref: false });
  }
  return waited;
}

/** API first, so that nothing new comes in; then the worker, which hands back its leases; the database last. */
async function close(io: Io, house: House): Promise<void> {
  house.disk?.stop();
  if (house.api !== undefined || house.postgres !== undefined) {
    io.stderr('Stopping ...\n');
    await house.api?.stop(API_GRACE_MS);
    await house.worker?.stop(WORKER_GRACE_MS);
    const postgres = await house.postgres?.catch(() => undefined);
    await postgres?.stop();
    io.stderr('Stopped.\n');
  }
  house.log.close();
}

/** What ends the service, as a failure of it: also what the database or the disk gave up with. */
function asFailure(error: unknown, logPath: string): unknown {
  if (error instanceof CommandFailure) return error;
  const isFull = (error as NodeJS.ErrnoException | null)?.code === 'ENOSPC';
  const code = error instanceof CorescoreError ? error.code : isFull ? 'disk_full' : undefined;
  if (code !== 'disk_full' && code !== 'infrastructure') return error;
  const { message, remedy = `Free space on the disk, or choose another CORESCORE_HOME.` } = error as CorescoreError;
  return new CommandFailure('serviceFailed', code, message, {
    remedy: code === 'infrastructure' ? `${remedy} The log is ${logPath}.` : remedy,
    cause: error,
  });
}

/** @throws CorescoreError `configuration` where the settings leave a queue to nobody: the service would never be ready */
function assertAllQueues({ queues }: Env): void {
  const missing = QUEUES.filter((queue) => !queues.includes(queue));
  if (missing.length === 0) return;
  throw new CorescoreError(
    'configuration',
    `CORESCORE_QUEUES leaves out ${missing.join(', ')}, and \`corescore serve\` runs the worker of all queues.`,
    {
      field: 'CORESCORE_QUEUES',
      remedy: 'Unset it; or start the roles each by itself: corescore api, corescore worker --queue ...',
    },
  );
}

function banner(io: Io, env: Env, url: string, { log, unsandboxed }: House): void {
  const { bold, cyan, dim, red } = styles(io);
  const short = (path: string) => {
    const text = relative(io.cwd, path);
    return text.startsWith('..') || isAbsolute(text) ? path : text;
  };
  const rows = [
    ['leaderboard', cyan(url)],
    ['REST', `${url}/docs`],
    ['token file', short(join(env.home, 'token'))],
    ['log', short(log.path)],
    ['submit', `npx corescore submit my-model.onnx --benchmark core-objects-ost --wait`],
    ['stop', 'Ctrl-C; what is stored stays'],
  ];
  io.stderr(`\n${bold('corescore is running')}\n\n`);
  for (const [label = '', text = ''] of rows) io.stderr(`  ${dim(label.padEnd(12))}${text}\n`);
  io.stderr('\n');
  if (unsandboxed.length === 0) return;
  io.stderr(`${red(bold('warning: models run unsandboxed on this host'))}; take them only from people you trust.\n`);
  for (const wall of unsandboxed) io.stderr(`  ${wall}\n`);
  io.stderr('  docs/sandbox.md says what a host needs; CORESCORE_SANDBOX=require refuses to run without.\n\n');
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
