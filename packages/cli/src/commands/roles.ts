import { parseQueues, QUEUES, type QueueName } from '@corescore/contracts';
import { MOST_JOBS_AT_ONCE } from '@corescore/contracts/env';
import { type Command, Option } from 'commander';
import type { SettingFlags } from '../context.js';
import type { Io } from '../io.js';
import { homeOption, hostOption, number, portOption } from '../options.js';
import { becomeRole } from '../serve/role.js';

const SHARED = `
DATABASE_URL, or DATABASE_URL_FILE, names the Postgres database that all roles share; so do REDIS_URL where the queue is in
Redis, and the home folder. The log goes to standard error. Ctrl-C and SIGTERM stop in order; a second one stops at once.
docs/deployment.md has the whole.`;

export function apiCommand(program: Command, io: Io): void {
  program
    .command('api')
    .description('run the API with the page alone, beside workers elsewhere')
    .addOption(portOption())
    .addOption(hostOption())
    .addOption(homeOption())
    .addHelpText('after', SHARED)
    .action((flags: SettingFlags) => becomeRole(io, 'api', flags));
}

export function workerCommand(program: Command, io: Io): void {
  program
    .command('worker')
    .description('run a worker alone, of all queues or of some')
    .addOption(
      new Option(
        '--queue <names>',
        `queues whose jobs it takes, commas between (default: CORESCORE_QUEUES, ${QUEUES.join()})`,
      ).argParser((text): QueueName[] => parseQueues(text, '--queue')),
    )
    .addOption(
      new Option(
        '--concurrency <number>',
        'jobs of each queue at once (default: CORESCORE_CONCURRENCY, 1); a scoring job uses all cores by itself',
      ).argParser(number({ min: 1, max: MOST_JOBS_AT_ONCE, integer: true })),
    )
    .addOption(homeOption())
    .addHelpText('after', SHARED)
    .action((flags: SettingFlags) => becomeRole(io, 'worker', flags));
}
