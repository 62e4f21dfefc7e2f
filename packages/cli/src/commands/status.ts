import type { Command } from 'commander';
import { connect } from '../context.js';
import { runText } from '../format/scores.js';
import type { Io } from '../io.js';
import { formatOption, urlOption } from '../options.js';
import { findSubmission, noteUnserved } from '../submission/follow.js';

export function statusCommand(program: Command, io: Io): void {
  program
    .command('status')
    .description('show how a submission or a run stands')
    .argument('<id>', 'id of a submission or of a run')
    .addOption(formatOption('human', 'json'))
    .addOption(urlOption())
    .addHelpText('after', '\nExits with 0 whatever the state is; `wait` turns the state into an exit code.')
    .action(async (id: string, flags: { format: string; url?: string }) => {
      const client = connect(io, flags);
      const submission = await findSubmission(client, id);
      if (flags.format === 'json') io.stdout(`${JSON.stringify(submission, null, 2)}\n`);
      else {
        io.stderr(submission.runs.map(runText).join('\n'));
        await noteUnserved(io, client, submission);
      }
    });
}
