import type { Command } from 'commander';
import { settings } from '../context.js';
import type { Io } from '../io.js';
import { homeOption, hostOption, portOption } from '../options.js';
import { serve } from '../serve/serve.js';

const NOTES = `
Starts an embedded Postgres (unless DATABASE_URL names one), the API with the leaderboard page, and a worker, and
submits the bundled models. Data, logs and the local token live in the home folder; the next start finds them.
Ctrl-C stops everything in order; a second Ctrl-C at once. A service that crashes is started again.`;

export function serveCommand(program: Command, io: Io): void {
  program
    .command('serve')
    .description('run the whole service on this machine')
    .addOption(portOption())
    .addOption(hostOption())
    .addOption(homeOption())
    .option('--no-seed', 'do not submit the bundled models')
    .addHelpText('after', NOTES)
    .action(async (flags: { port?: number; host?: string; home?: string; seed: boolean }) => {
      await serve(io, settings(io, flags), { seed: flags.seed });
    });
}
