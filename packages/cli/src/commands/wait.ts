import { type Command, Option } from 'commander';
import { connect } from '../context.js';
import type { Io } from '../io.js';
import { formatOption, number, urlOption } from '../options.js';
import { conclude, findSubmission, follow } from '../submission/follow.js';

export function waitCommand(program: Command, io: Io): void {
  program
    .command('wait')
    .description('wait for a submission or a run and show its scores')
    .argument('<id>', 'id of a submission or of a run')
    .addOption(
      new Option('--timeout <seconds>', 'stop waiting after so long; the run goes on').argParser(number({ above: 0 })),
    )
    .addOption(formatOption('human', 'json'))
    .addOption(urlOption())
    .addHelpText('after', '\nThe exit code tells how it ended, as that of submit --wait does.')
    .action(async (id: string, flags: { timeout?: number; format: string; url?: string }) => {
      const client = connect(io, flags);
      const submission = await findSubmission(client, id);
      conclude(io, await follow(io, client, submission, flags.timeout), flags.format);
    });
}
