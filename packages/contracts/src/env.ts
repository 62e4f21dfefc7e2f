import { resolve } from 'node:path';
import { CorescoreError } from './problem.js';
import { DEFAULT_PROVIDERS, type ProviderOrder, parseProviders } from './providers.js';

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
  providers: ProviderOrder;
  /** Whether runs are also scored under other conditions (strip, floors, native steps, each step against each bin). */
  beside: boolean;
  chromium: string | undefined;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** name -> default; a name that starts with CORESCORE_ and is not here is an error. */
export const DEFAULTS: Record<string, string | undefined> = {
  CORESCORE_HOME: '.corescore',
  CORESCORE_PORT: '4870',
  CORESCORE_HOST: '127.0.0.1',
  CORESCORE_URL: undefined,
  CORESCORE_TOKEN: undefined,
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
  CORESCORE_BESIDE: 'yes',
  CORESCORE_CHROMIUM: undefined,
};

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
  const yes = (name: string): boolean => {
    const value = text(name);
    if (value === 'yes' || value === 'no') return value === 'yes';
    throw new CorescoreError('configuration', `${name} is "${value}", neither yes nor no.`, {
      field: name,
      remedy: `Set it to yes or no, or leave it out for ${DEFAULTS[name]}.`,
    });
  };
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
  const host = text('CORESCORE_HOST')!;
  return {
    home: resolve(cwd, text('CORESCORE_HOME')!),
    port,
    host,
    url: (
      text('CORESCORE_URL') ??
      `http://${host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`
    ).replace(/\/+$/, ''),
    token: text('CORESCORE_TOKEN'),
    databaseUrl: env['DATABASE_URL'] || undefined,
    redisUrl: env['REDIS_URL'] || undefined,
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
    beside: yes('CORESCORE_BESIDE'),
    chromium: text('CORESCORE_CHROMIUM'),
  };
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
