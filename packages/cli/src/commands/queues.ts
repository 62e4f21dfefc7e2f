import { parseQueues, type QueueName, unservedQueues } from '@corescore/contracts';
import { type Command, Option } from 'commander';
import { connect } from '../context.js';
import { CommandFailure } from '../failure.js';
import { type Column, table } from '../format/table.js';
import type { Io } from '../io.js';
import { formatOption, urlOption } from '../options.js';

const COLUMNS: Column[] = [
  { title: 'queue' },
  ...['workers', 'waiting', 'running'].map((title) => ({ title, align: 'right' as const })),
];

export function queuesCommand(program: Command, io: Io): void {
  program
    .command('queues')
    .description('show the queues of the service: workers of each, jobs that wait')
    .addOption(
      new Option('--require <names>', 'fail where one of these queues has no worker (for health checks)').argParser(
        (text): QueueName[] => parseQueues(text, '--require'),
      ),
    )
    .addOption(formatOption('human', 'json'))
    .addOption(urlOption())
    .addHelpText('after', '\nWith --require the exit code is 4 where a queue has no worker, else 0.')
    .action(async (flags: { require?: QueueName[]; format: string; url?: string }) => {
      const queues = await connect(io, flags).listQueues();
      const unserved = unservedQueues(queues);
      if (flags.format === 'json') io.stdout(`${JSON.stringify(queues, null, 2)}\n`);
      else {
        const rows = queues.map((q) => [q.queue, String(q.workers), String(q.waiting), String(q.active)]);
        io.stderr(table(COLUMNS, rows));
        if (unserved !== null) io.stderr(`${unserved.detail} ${unserved.remedy}\n`);
      }
      const missing = unservedQueues(queues.filter(({ queue }) => flags.require?.includes(queue)));
      if (missing !== null) {
        throw new CommandFailure('serviceFailed', 'unavailable', missing.detail, { remedy: missing.remedy });
      }
    });
}
