import { readFileSync } from 'node:fs';
import { EXIT_CODES } from '@corescore/contracts';
import { Command } from 'commander';
import { decodeCommand } from './commands/decode.js';
import { doctorCommand } from './commands/doctor.js';
import { leaderboardCommand } from './commands/leaderboard.js';
import { queuesCommand } from './commands/queues.js';
import { apiCommand, workerCommand } from './commands/roles.js';
import { runCommand } from './commands/run.js';
import { serveCommand } from './commands/serve.js';
import { statusCommand } from './commands/status.js';
import { stimuliCommand } from './commands/stimuli.js';
import { submitCommand } from './commands/submit.js';
import { tokenCommand } from './commands/token.js';
import { validateCommand } from './commands/validate.js';
import { waitCommand } from './commands/wait.js';
import { zooCommand } from './commands/zoo.js';
import { errorJson, isHelp, report } from './failure.js';
import type { Io } from './io.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Exit codes as `--help` lists them. */
function exitCodeHelp(): string {
  const rows = Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${String(code).padStart(2)}  ${meaning}`);
  return `Exit codes:\n${rows.join('\n')}`;
}

const EXAMPLES = `Examples:
  corescore serve
  corescore validate my-model.onnx
  corescore submit my-model.onnx --manifest corescore.json --benchmark core-objects-ost --wait
  corescore run --local my-model.onnx --benchmark core-objects-ost
  corescore leaderboard --format json > board.json
  corescore stimuli export core-objects-ost --to images
  corescore zoo train bl --seed 1
  corescore decode assembly.nc --label object_name --window-ms 50 --step-ms 10 --c 0.01 --folds repetition

Human text goes to standard error, data to standard output.
The token comes from CORESCORE_TOKEN or, for a service on this machine, from the file "token" in CORESCORE_HOME.`;

export function buildProgram(io: Io): Command {
  const program = new Command('corescore')
    .description('Benchmarks for models of the primate ventral stream: serve, submit, score, compare over time.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'how a command is used')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: io.stdout,
      writeErr: io.stderr,
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    })
    .showHelpAfterError('Add --help to see how it is used.')
    .addHelpText('after', `\n${EXAMPLES}\n\n${exitCodeHelp()}`);
  serveCommand(program, io);
  apiCommand(program, io);
  workerCommand(program, io);
  submitCommand(program, io);
  waitCommand(program, io);
  statusCommand(program, io);
  leaderboardCommand(program, io);
  queuesCommand(program, io);
  validateCommand(program, io);
  runCommand(program, io);
  stimuliCommand(program, io);
  decodeCommand(program, io);
  zooCommand(program, io);
  doctorCommand(program, io);
  tokenCommand(program, io);
  return program;
}

/** Before the arguments are parsed, and where they cannot be. */
const wantsJson = (args: readonly string[]): boolean =>
  args.some((arg, i) => arg === '--format=json' || (arg === '--format' && args[i + 1] === 'json'));

/**
 * Runs one command line.
 * @param args without the names of Node and of the script
 * @returns the process exit code
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  let printed = false;
  const watched: Io = {
    ...io,
    stdout(text) {
      printed = true;
      io.stdout(text);
    },
  };
  try {
    await buildProgram(watched).parseAsync(args, { from: 'user' });
    return EXIT_CODES.pass.code;
  } catch (error) {
    // Who asked for a document gets one: a script must not have to tell an empty output from a broken one.
    if (wantsJson(args) && !printed && !isHelp(error)) io.stdout(`${JSON.stringify(errorJson(error), null, 2)}\n`);
    return report(error, io);
  }
}
