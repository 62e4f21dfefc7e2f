import { connect } from 'node:net';
import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import { CorescoreError } from '@corescore/contracts';
import type { Env } from '@corescore/contracts/env';
import type { NativeBinding, ProviderState } from '@corescore/runtime';

/** Database or queue: what the settings say, and whether it can be had. */
export interface ServiceState {
  name: 'database' | 'queue';
  /** Without user and password. */
  setting: string;
  ok: boolean;
  detail?: string;
}

/** Something that is not as it could be; `needed` where nothing runs without it. */
export interface Lack {
  what: string;
  remedy: string;
  needed: boolean;
}

export interface Examination {
  /** Whether the service can run here and score an ONNX model, and a TensorFlow.js model. */
  ok: boolean;
  node: string;
  system: string;
  cores: number;
  memoryBytes: number;
  home: string;
  providers: (ProviderState & {
    /** Place in the operator's order, from 1; null where it is not tried. */
    place: number | null;
    /** Whether it runs the models of its kind. */
    chosen: boolean;
  })[];
  nativeFolder: string;
  native: NativeBinding | null;
  sandbox: string[];
  services: ServiceState[];
  lacks: Lack[];
}

const OLDEST_NODE = [20, 19] as const;
const PATIENCE_MS = 3000;

/** Looks at all that corescore needs of this machine. Engines are opened in processes of their own. */
export async function examine(env: Env, cwd: string, variables: NodeJS.ProcessEnv): Promise<Examination> {
  const { nativeFolder, providerStates, readBinding, sandbox } = await import('@corescore/runtime');
  const folder = nativeFolder(variables, cwd);
  const services = [await database(env), await queue(env)];
  const states = await providerStates();
  const providers = states.map((state) => {
    const order = env.providers[state.kind];
    const first = order.find((name) =>
      states.some((s) => s.kind === state.kind && s.provider === name && s.why === null),
    );
    const place = order.indexOf(state.provider) + 1;
    return { ...state, place: place === 0 ? null : place, chosen: state.provider === first };
  });
  const fence = await sandbox();
  const lacks = [
    ...nodeLacks(),
    ...(await diskLacks(env)),
    ...providerLacks(providers),
    ...sandboxLacks(fence, env.sandbox === 'require'),
    ...serviceLacks(services),
  ];
  return {
    ok: lacks.every(({ needed }) => !needed),
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    home: env.home,
    providers,
    nativeFolder: folder,
    native: readBinding(folder),
    sandbox: fence.lines.map((line) => line.replace(/^sandbox: /, '')),
    services,
    lacks,
  };
}

function nodeLacks(): Lack[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return [];
  return [
    { what: `Node ${process.version} is too old.`, remedy: `Use ${OLDEST_NODE.join('.')} or newer.`, needed: true },
  ];
}

function providerLacks(providers: Examination['providers']): Lack[] {
  const lacks: Lack[] = [];
  for (const [kind, name, setting] of [
    ['onnx', 'ONNX', 'CORESCORE_ONNX_PROVIDERS'],
    ['tfjs', 'TensorFlow.js', 'CORESCORE_TFJS_PROVIDERS'],
  ] as const) {
    const own = providers.filter((one) => one.kind === kind);
    if (own.some(({ chosen }) => chosen)) continue;
    const always = own.at(-1)!.provider;
    lacks.push({
      what: `No provider of ${setting} opens: ${name} models cannot run.`,
      remedy: `Add ${always} at its end.`,
      needed: true,
    });
  }
  for (const { engine, provider, place, why } of providers) {
    if (place === null || why === null) continue;
    lacks.push({ what: `${engine} does not run on ${provider}.`, remedy: why, needed: false });
  }
  return lacks;
}

async function diskLacks({ home, diskReserveBytes }: Env): Promise<Lack[]> {
  const { checkRoom } = await import('@corescore/store');
  try {
    await checkRoom(home, diskReserveBytes);
    return [];
  } catch (error) {
    if (!(error instanceof CorescoreError)) throw error;
    return [{ what: error.message, remedy: error.remedy!, needed: true }];
  }
}

/** @param required whether models are run only behind all walls */
function sandboxLacks(fence: { absent: string[]; missingWalls: string[] }, required: boolean): Lack[] {
  return fence.absent.map((what) => ({
    what,
    remedy: 'Run the worker on a Linux host that allows it, or take models only from people you trust.',
    needed: required && fence.missingWalls.includes(what),
  }));
}

function serviceLacks(services: readonly ServiceState[]): Lack[] {
  return services
    .filter(({ ok }) => !ok)
    .map(({ name, setting, detail }) => ({
      what: `The ${name} (${setting}) cannot be had: ${detail}`,
      remedy:
        name === 'database'
          ? 'Start it, or correct DATABASE_URL; without that setting an embedded Postgres is used.'
          : 'Start it, or correct REDIS_URL; without that setting the queue is in Postgres.',
      needed: true,
    }));
}

async function database(env: Env): Promise<ServiceState> {
  if (env.databaseUrl !== undefined) return reach('database', env.databaseUrl, 5432);
  const { findBinaries } = await import('@corescore/store');
  const setting = 'embedded Postgres';
  try {
    await findBinaries();
    return { name: 'database', setting, ok: true };
  } catch (error) {
    if (!(error instanceof CorescoreError)) throw error;
    return { name: 'database', setting, ok: false, detail: error.message };
  }
}

async function queue(env: Env): Promise<ServiceState> {
  if (env.redisUrl !== undefined) return reach('queue', env.redisUrl, 6379);
  return { name: 'queue', setting: 'in Postgres', ok: true };
}

/** Whether something listens there; what it is, the service finds out. */
function reach(name: ServiceState['name'], text: string, port: number): Promise<ServiceState> {
  if (!URL.canParse(text)) {
    return Promise.resolve({ name, setting: 'not an address', ok: false, detail: 'it is not a URL' });
  }
  const url = new URL(text);
  const at = { host: url.hostname.replace(/^\[|\]$/g, '') || 'localhost', port: Number(url.port || port) };
  const setting = `${url.protocol}//${url.hostname}:${at.port}${url.pathname}`;
  return new Promise((resolve) => {
    const socket = connect(at);
    const end = (detail?: string): void => {
      socket.destroy();
      resolve({ name, setting, ok: detail === undefined, ...(detail === undefined ? {} : { detail }) });
    };
    socket.setTimeout(PATIENCE_MS, () => end(`no answer within ${PATIENCE_MS / 1000} s`));
    socket.once('connect', () => end());
    socket.once('error', (error) => end(error.message));
  });
}
