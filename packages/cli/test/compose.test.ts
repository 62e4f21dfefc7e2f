import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { QUEUES } from '@corescore/contracts';
import { parseEnv, VARIABLES } from '@corescore/contracts/env';
import { Ajv } from 'ajv';
import type { Command } from 'commander';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { buildProgram } from '../src/program.js';
import { recordedIo } from './support.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const SPEC = new URL('fixtures/compose-spec/', import.meta.url);

interface Service {
  image: string;
  build?: { context?: string; target: string };
  command?: string[];
  environment?: Record<string, string>;
  secrets?: string[];
  volumes?: string[];
  networks?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  restart?: string;
  user?: string;
  privileged?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
}
interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, unknown>;
  networks: Record<string, unknown>;
}

const read = <T>(name: string): T => parse(readFileSync(join(root, name), 'utf8'), { merge: true }) as T;
const compose = read<Compose>('docker-compose.yml');
const gpu = read<Pick<Compose, 'services'>>('docker-compose.gpu.yml');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const services = Object.entries(compose.services);
/** Those that run an image of ours. */
const ours = services.filter(([, { build }]) => build !== undefined);

const specText = readFileSync(new URL('compose-spec.json', SPEC), 'utf8');
/** Ajv knows draft 07 by its older address. */
const { $schema: _, ...schema } = JSON.parse(specText) as Record<string, unknown>;
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);

describe('the compose files', () => {
  test('the schema is the one that its README names', () => {
    const digest = createHash('sha256').update(specText).digest('hex');
    expect(readFileSync(new URL('README.md', SPEC), 'utf8')).toContain(digest);
  });

  test.each(['docker-compose.yml', 'docker-compose.gpu.yml'])('%s keeps to the Compose specification', (name) => {
    validate(read(name));
    expect(validate.errors ?? []).toEqual([]);
  });

  test('the schema refuses a key that Compose does not know', () => {
    expect(validate({ services: { api: { image: 'a', healthchek: {} } } })).toBe(false);
    expect(validate({ services: { api: { image: 'a', restart: ['no'] } } })).toBe(false);
  });

  test('every service restarts, has a health check, and an image of one exact version', () => {
    for (const [name, { image, restart, healthcheck }] of services) {
      expect(restart, name).toBe('unless-stopped');
      expect(healthcheck?.test, name).toBeDefined();
      expect(image, name).toMatch(/:\d+\.\d+(\.\d+)?$/);
    }
  });

  test('secrets, volumes, networks and services that are used are declared, and the other way round', () => {
    const used = (of: (service: Service) => string[] | undefined) =>
      [...new Set(services.flatMap(([, service]) => of(service) ?? []))].sort();
    expect(used(({ secrets }) => secrets)).toEqual(Object.keys(compose.secrets).sort());
    expect(used(({ networks }) => networks)).toEqual(Object.keys(compose.networks).sort());
    expect(used(({ volumes }) => volumes?.map((volume) => volume.split(':')[0]))).toEqual(
      Object.keys(compose.volumes).sort(),
    );
    for (const [name, { depends_on = {} }] of services) {
      for (const other of Object.keys(depends_on)) expect(Object.keys(compose.services), name).toContain(other);
    }
    for (const name of Object.keys(gpu.services)) expect(Object.keys(compose.services)).toContain(name);
  });

  test('no secret stands in the file: each comes as a file that its service is given, outside of git and of images', () => {
    for (const [name, { file }] of Object.entries(compose.secrets)) expect(file).toBe(`./secrets/${name}`);
    for (const ignore of ['.gitignore', '.dockerignore']) {
      expect(readFileSync(join(root, ignore), 'utf8'), ignore).toMatch(/^secrets\/?$/m);
    }
    for (const [name, { environment = {}, secrets = [] }] of services) {
      for (const [variable, value] of Object.entries(environment)) {
        if (!variable.endsWith('_FILE')) expect(value, `${name}: ${variable}`).not.toMatch(/:\/\/|password/i);
        else
          expect(
            secrets.map((secret) => `/run/secrets/${secret}`),
            `${name}: ${variable}`,
          ).toContain(value);
      }
    }
  });

  test.each([...ours, ...Object.entries(gpu.services)])(
    'every variable of %s is a setting of corescore, with a value that it takes',
    (_name, { environment = {} }) => {
      const folder = mkdtempSync(join(tmpdir(), 'corescore-compose-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const here: Record<string, string> = {};
      for (const [variable, value] of Object.entries(environment)) {
        expect(VARIABLES).toContain(variable);
        here[variable] = variable.endsWith('_FILE') ? join(folder, basename(value)) : value;
        if (variable.endsWith('_FILE')) writeFileSync(here[variable], 'redis://of.a.test\n');
      }
      expect(() => parseEnv(here, folder)).not.toThrow();
    },
  );
});

/** Why the command line does not know these words; null where it does. */
function unknown(words: readonly string[]): string | null {
  const [name = '', ...rest] = words;
  const command: Command | undefined = buildProgram(recordedIo()).commands.find((one) => one.name() === name);
  if (command === undefined) return `no command ${name}`;
  command.exitOverride();
  try {
    const { unknown: flags, operands } = command.parseOptions(rest);
    return flags.length + operands.length === 0 ? null : `${name} does not take ${[...operands, ...flags].join(' ')}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const wordsOf = (option: string, words: readonly string[] = []): string[] =>
  words.flatMap((word, i) => (words[i - 1] === option ? word.split(',') : []));

describe('roles and images', () => {
  test('the check of commands finds what the command line does not know', () => {
    expect(unknown(['workers'])).toMatch('no command workers');
    expect(unknown(['worker', '--queues', 'score'])).toMatch('--queues');
    expect(unknown(['worker', '--queue', 'scores'])).toMatch('"scores" is not a queue');
    expect(unknown(['worker', '--queue', 'score'])).toBe(null);
  });

  test.each(ours)('the command of %s and its health check are ones of corescore', (_name, { command, healthcheck }) => {
    expect(unknown(command ?? [])).toBe(null);
    const [, program, ...words] = healthcheck?.test ?? [];
    if (program === 'corescore') expect(unknown(words)).toBe(null);
    else expect(program).toBe('node');
  });

  test('every queue has a worker, whose health check asks for its queues', () => {
    const workers = ours.filter(([, { command }]) => command?.[0] === 'worker');
    const served = workers.flatMap(([name, { command, healthcheck }]) => {
      const queues = wordsOf('--queue', command);
      expect(wordsOf('--require', healthcheck?.test), name).toEqual(queues);
      return queues;
    });
    expect(served.sort()).toEqual([...QUEUES].sort());
  });

  const stages = [...dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm)].map(([, from = '', name = '']) => ({
    from,
    name,
  }));

  test('every target is a stage of the Dockerfile, which runs as an ordinary user with a command of corescore', () => {
    for (const [name, { build }] of [...ours, ...Object.entries(gpu.services)]) {
      expect(
        stages.map((stage) => stage.name),
        name,
      ).toContain(build?.target);
    }
    for (const target of ['api', 'worker', 'worker-cuda']) {
      const chain: string[] = [];
      for (let at: string | undefined = target; at !== undefined; ) {
        const name: string = at;
        chain.unshift(
          dockerfile.split(/^(?=FROM )/m).find((text) => text.split('\n')[0]?.endsWith(` AS ${name}`)) ?? '',
        );
        const from = stages.find((stage) => stage.name === name)?.from;
        at = stages.find((stage) => stage.name === from)?.name;
      }
      const text = chain.join('\n');
      expect([...text.matchAll(/^USER (\S+)$/gm)].at(-1)?.[1], target).toBe('1000:1000');
      expect(text, target).toContain('ENTRYPOINT ["corescore"]');
      expect(unknown(JSON.parse([...text.matchAll(/^CMD (.+)$/gm)].at(-1)?.[1] ?? '[]')), target).toBe(null);
    }
    for (const [name, { user, privileged, cap_drop, security_opt }] of ours) {
      expect([user, privileged], name).toEqual([undefined, undefined]);
      expect(cap_drop, name).toEqual(['ALL']);
      expect(security_opt, name).toContain('no-new-privileges:true');
    }
  });

  test('every base image has one exact version', () => {
    expect(dockerfile.match(/^FROM /gm)).toHaveLength(stages.length);
    for (const { from } of stages) {
      if (!stages.some(({ name }) => name === from)) expect(from).toMatch(/:\d+\.\d+\.\d+-[\w.-]+$/);
    }
  });
});
