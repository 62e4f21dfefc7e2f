import { type Command, Option } from 'commander';
import { settings } from '../context.js';
import type { Io } from '../io.js';
import { number } from '../options.js';
import { serve } from '../serve/serve.js';

const NOTES = `
Starts an embedded Postgres (unless DATABASE_URL names one), the API with the leaderboard page, and a worker, and
submits the bundled models. Data, logs and the local token live in the home folder; the next start finds them.
Ctrl-C stops everything in order; a second Ctrl-C at once. A service that crashes is started again.`;

export function serveCommand(program: Command, io: Io): void {
  program
    .command('serve')
    .description('run the whole service on this machine')
    .addOption(
      new Option('--port <port>', 'port of API and page; 0 takes a free one (default: CORESCORE_PORT, 4870)').argParser(
        number({ min: 0, max: 65535, integer: true }),
      ),
    )
    .option('--host <address>', 'address to listen on (default: CORESCORE_HOST, 127.0.0.1: this machine only)')
    .option('--home <folder>', 'where data, logs and the token live (default: CORESCORE_HOME, .corescore)')
    .option('--no-seed', 'do not submit the bundled models')
    .addHelpText('after', NOTES)
    .action(async (flags: { port?: number; host?: string; home?: string; seed: boolean }) => {
      await serve(io, settings(io, flags), { seed: flags.seed });
    });
}
