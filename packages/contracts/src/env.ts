import { isIPv4, isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import { fileVariable, readSecret, SECRETS } from './env-secret.js';
import { CorescoreError } from './problem.js';
import { DEFAULT_PROVIDERS, type ProviderOrder, parseProviders } from './providers.js';
import { parseQueues, QUEUES, type QueueName } from './queues.js';

/** What happens where the sandbox does not hold: the model is not run, or it is run and the log says so. */
export type SandboxMode = 'require' | 'warn';

/** The environment, parsed once. Units stand in the names; defaults stand in `DEFAULTS`. */
export interface Env {
  home: string;
  port: number;
  host: string;
  url: string;
  token: string | undefined;
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  maxUploadBytes: number;
  modelTimeoutSeconds: number;
  modelMemoryBytes: number;
  maxActivationBytes: number;
  /** Free space of the home folder's disk below which nothing new is taken in and jobs wait. */
  diskReserveBytes: number;
  /** Undefined where the operator has not said: see `sandboxMode`. */
  sandbox: SandboxMode | undefined;
  leaseSeconds: number;
  /** Queues whose jobs a worker takes, and how many jobs of each at once. */
  queues: QueueName[];
  concurrency: number;
  providers: ProviderOrder;
  /** Whether runs are also scored under other conditions (strip, floors, native steps, each step against each bin). */
  beside: (typeof BESIDE)[number];
  chromium: string | undefined;
  /** Proxies whose word for the address of a client is believed: addresses and ranges. */
  trustedProxies: string[];
  limits: ServiceLimits;
}

/** What one client may cost a service; counted over all its processes. */
export interface ServiceLimits {
  /** Points a minute of a token, or of an address without one; a request costs one or more. */
  pointsPerMinute: number;
  /** Wrong tokens of an address in five minutes. */
  tokenGuesses: number;
  streamsPerAddress: number;
  streams: number;
  /** Resumable uploads of a token that no version has yet, and their bytes together. */
  openUploads: number;
  openUploadBytes: number;
  /** Longest look at the files of one upload. */
  inspectSeconds: number;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** For whom a worker computes what stands beside the scores: `networks` leaves out activations that were supplied. */
const BESIDE = ['yes', 'networks', 'no'] as const;

/** name -> default; a name that starts with CORESCORE_ and is not here is an error. */
export const DEFAULTS: Record<string, string | undefined> = {
  CORESCORE_HOME: '.corescore',
  CORESCORE_PORT: '4870',
  CORESCORE_HOST: '127.0.0.1',
  CORESCORE_URL: undefined,
  CORESCORE_TOKEN: undefined,
  [fileVariable('CORESCORE_TOKEN')]: undefined,
  CORESCORE_MAX_UPLOAD_BYTES: String(4 * GIB),
  CORESCORE_MODEL_TIMEOUT_SECONDS: '600',
  CORESCORE_MODEL_MEMORY_BYTES: String(4 * GIB),
  CORESCORE_MAX_ACTIVATION_BYTES: String(8 * GIB),
  CORESCORE_DISK_RESERVE_BYTES: String(256 * MIB),
  CORESCORE_SANDBOX: undefined,
  CORESCORE_ONNX_PROVIDERS: DEFAULT_PROVIDERS.onnx.join(),
  CORESCORE_TFJS_PROVIDERS: DEFAULT_PROVIDERS.tfjs.join(),
  CORESCORE_TFJS_NATIVE: undefined,
  CORESCORE_LEASE_SECONDS: '30',
  CORESCORE_QUEUES: QUEUES.join(),
  CORESCORE_CONCURRENCY: '1',
  CORESCORE_BESIDE: 'yes',
  CORESCORE_CHROMIUM: undefined,
  CORESCORE_TRUSTED_PROXIES: undefined,
  CORESCORE_POINTS_PER_MINUTE: '3000',
  CORESCORE_TOKEN_GUESSES: '30',
  CORESCORE_STREAMS_PER_ADDRESS: '64',
  CORESCORE_STREAMS: '512',
  CORESCORE_OPEN_UPLOADS: '16',
  CORESCORE_OPEN_UPLOAD_BYTES: String(16 * GIB),
  CORESCORE_INSPECT_SECONDS: '300',
};

/** Every variable that is read as a setting. */
export const VARIABLES: readonly string[] = [
  ...new Set([...Object.keys(DEFAULTS), ...SECRETS, ...SECRETS.map(fileVariable)]),
];

/** More jobs of a queue at once than this no machine has cores, memory and database connections for. */
export const MOST_JOBS_AT_ONCE = 64;

/** @throws CorescoreError `configuration`, naming the variable and the remedy. */
export function parseEnv(env: Record<string, string | undefined>, cwd: string): Env {
  for (const name of Object.keys(env)) {
    if (name.startsWith('CORESCORE_') && !(name in DEFAULTS)) {
      throw new CorescoreError('configuration', `${name} is not a setting of corescore.`, {
        field: name,
        remedy: `Remove it, or use one of ${Object.keys(DEFAULTS).join(', ')}.`,
      });
    }
  }
  const text = (name: string): string | undefined => {
    const value = env[name];
    return value === undefined || value === '' ? DEFAULTS[name] : value;
  };
  const positive = (name: string, minimum = 1): number => {
    const value = Number(text(name));
    if (!Number.isSafeInteger(value) || value < minimum) {
      throw new CorescoreError(
        'configuration',
        `${name} is "${text(name)}", not a whole number of at least ${minimum}.`,
        { field: name, remedy: `Set it to a whole number, or leave it out for ${DEFAULTS[name]}.` },
      );
    }
    return value;
  };
  const beside = BESIDE.find((value) => value === text('CORESCORE_BESIDE'));
  if (beside === undefined) {
    throw new CorescoreError('configuration', `CORESCORE_BESIDE is "${text('CORESCORE_BESIDE')}".`, {
      field: 'CORESCORE_BESIDE',
      remedy: `Set it to one of ${BESIDE.join(', ')}, or leave it out for ${DEFAULTS['CORESCORE_BESIDE']}.`,
    });
  }
  const sandbox = text('CORESCORE_SANDBOX');
  if (sandbox !== undefined && sandbox !== 'require' && sandbox !== 'warn') {
    throw new CorescoreError('configuration', `CORESCORE_SANDBOX is "${sandbox}", neither require nor warn.`, {
      field: 'CORESCORE_SANDBOX',
      remedy: 'Set it to require or warn, or leave it out: docs/sandbox.md has the rule.',
    });
  }
  const port = positive('CORESCORE_PORT', 0);
  if (port > 65535)
    throw new CorescoreError('configuration', `CORESCORE_PORT is ${port}, above 65535.`, {
      field: 'CORESCORE_PORT',
      remedy: 'Choose a port from 0 to 65535 (0 takes a free one).',
    });
  const concurrency = positive('CORESCORE_CONCURRENCY');
  if (concurrency > MOST_JOBS_AT_ONCE)
    throw new CorescoreError('configuration', `CORESCORE_CONCURRENCY is ${concurrency}, above ${MOST_JOBS_AT_ONCE}.`, {
      field: 'CORESCORE_CONCURRENCY',
      remedy: `Choose from 1 to ${MOST_JOBS_AT_ONCE}, and start more workers for more.`,
    });
  const host = text('CORESCORE_HOST')!;
  return {
    home: resolve(cwd, text('CORESCORE_HOME')!),
    port,
    host,
    url: (
      text('CORESCORE_URL') ??
      `http://${host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`
    ).replace(/\/+$/, ''),
    token: readSecret('CORESCORE_TOKEN', env, cwd),
    databaseUrl: readSecret('DATABASE_URL', env, cwd),
    redisUrl: readSecret('REDIS_URL', env, cwd),
    maxUploadBytes: positive('CORESCORE_MAX_UPLOAD_BYTES'),
    modelTimeoutSeconds: positive('CORESCORE_MODEL_TIMEOUT_SECONDS'),
    modelMemoryBytes: positive('CORESCORE_MODEL_MEMORY_BYTES'),
    maxActivationBytes: positive('CORESCORE_MAX_ACTIVATION_BYTES'),
    diskReserveBytes: positive('CORESCORE_DISK_RESERVE_BYTES', 0),
    sandbox,
    providers: {
      onnx: parseProviders('onnx', text('CORESCORE_ONNX_PROVIDERS')!, 'CORESCORE_ONNX_PROVIDERS'),
      tfjs: parseProviders('tfjs', text('CORESCORE_TFJS_PROVIDERS')!, 'CORESCORE_TFJS_PROVIDERS'),
    },
    leaseSeconds: positive('CORESCORE_LEASE_SECONDS'),
    queues: parseQueues(text('CORESCORE_QUEUES')!, 'CORESCORE_QUEUES'),
    concurrency,
    beside,
    chromium: text('CORESCORE_CHROMIUM'),
    trustedProxies: addresses('CORESCORE_TRUSTED_PROXIES', text('CORESCORE_TRUSTED_PROXIES')),
    limits: {
      pointsPerMinute: positive('CORESCORE_POINTS_PER_MINUTE'),
      tokenGuesses: positive('CORESCORE_TOKEN_GUESSES'),
      streamsPerAddress: positive('CORESCORE_STREAMS_PER_ADDRESS'),
      streams: positive('CORESCORE_STREAMS'),
      openUploads: positive('CORESCORE_OPEN_UPLOADS'),
      openUploadBytes: positive('CORESCORE_OPEN_UPLOAD_BYTES'),
      inspectSeconds: positive('CORESCORE_INSPECT_SECONDS'),
    },
  };
}

/**
 * The address of the database of a role that runs by itself.
 * @throws CorescoreError `configuration`: a role starts none, since the others could not know where it is
 */
export function sharedDatabase({ databaseUrl }: Pick<Env, 'databaseUrl'>, role: 'api' | 'worker'): string {
  if (databaseUrl !== undefined) return databaseUrl;
  throw new CorescoreError('configuration', `DATABASE_URL is not set, and the ${role} alone starts no database.`, {
    field: 'DATABASE_URL',
    remedy:
      'Set DATABASE_URL, or DATABASE_URL_FILE, to the Postgres database that API and workers share; or use ' +
      '`corescore serve`, which starts everything, the database too.',
  });
}

/** Whether only this machine reaches a service that listens on `host`. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/i.test(host);

/**
 * Whether a service that listens on `host` runs models where the sandbox does not hold. What only this machine reaches
 * is taken for its owner's and warns; everything else requires, unless the operator says otherwise.
 */
export const sandboxMode = ({ sandbox, host }: Pick<Env, 'sandbox' | 'host'>): SandboxMode =>
  sandbox ?? (isLoopback(host) ? 'warn' : 'require');

/** @throws CorescoreError `configuration` for anything but addresses and ranges such as 10.0.0.0/8 */
function addresses(name: string, list: string | undefined): string[] {
  const entries = (list ?? '').split(',').map((entry) => entry.trim());
  for (const entry of entries.filter((e) => e !== '')) {
    const [address = '', bits, more] = entry.split('/');
    const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
    if (more === undefined && most > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most)))
      continue;
    throw new CorescoreError('configuration', `${name} names "${entry}", which is no address or range.`, {
      field: name,
      remedy: 'List addresses and ranges with commas between, such as 127.0.0.1,10.0.0.0/8.',
    });
  }
  return entries.filter((entry) => entry !== '');
}

/** What the process of a model may use, from the settings. */
export function modelLimits(env: Env, threads: number) {
  return {
    wallSeconds: env.modelTimeoutSeconds,
    memoryBytes: env.modelMemoryBytes,
    maxActivationBytes: env.maxActivationBytes,
    threads,
    providers: env.providers,
    // Here, and not at each caller, so that no way to run a model forgets it.
    sandbox: env.sandbox ?? 'warn',
  };
}
