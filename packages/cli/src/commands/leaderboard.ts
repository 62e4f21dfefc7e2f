import type { CorescoreClient } from '@corescore/client';
import { CorescoreError } from '@corescore/contracts';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { boardText } from '../format/board.js';
import type { Io } from '../io.js';
import { formatOption, urlOption } from '../options.js';

export function leaderboardCommand(program: Command, io: Io): void {
  program
    .command('leaderboard')
    .description('show the board of a benchmark')
    .option('--benchmark <ref>', 'id or id@version (default: the first benchmark of the service)')
    .addOption(formatOption('human', 'json', 'csv'))
    .addOption(urlOption())
    .action(async (flags: { benchmark?: string; format: string; url?: string }) => {
      const client = connect(io, flags);
      const benchmark =
        flags.benchmark === undefined ? await first(client) : await client.getBenchmark(flags.benchmark);
      if (flags.format === 'csv') {
        io.stdout(await client.leaderboardCsv(benchmark.ref));
        return;
      }
      const board = await client.leaderboard(benchmark.ref);
      if (flags.format === 'json') io.stdout(`${JSON.stringify(board, null, 2)}\n`);
      else io.stderr(boardText(benchmark, board));
    });
}

async function first(client: CorescoreClient) {
  const [benchmark] = await client.listBenchmarks();
  if (benchmark !== undefined) return benchmark;
  throw new CorescoreError('unknown_benchmark', 'The service has no benchmark yet.', {
    field: '--benchmark',
    remedy: 'Wait until its worker has registered the built-in ones.',
  });
}
