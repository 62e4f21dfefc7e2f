import { type Command, Option } from 'commander';
import { connect, settings } from '../context.js';
import type { Io } from '../io.js';
import { collect, formatOption, number, urlOption } from '../options.js';
import { findFiles } from '../submission/files.js';
import { conclude, follow } from '../submission/follow.js';
import { pinBenchmarks, submit, upload } from '../submission/submit.js';

interface SubmitFlags {
  manifest?: string;
  benchmark: string[];
  owner: string;
  wait?: boolean;
  timeout?: number;
  idempotencyKey?: string;
  format: string;
  url?: string;
}

const NOTES = `
The model is an ONNX file or a TensorFlow.js model.json; the weights that it names, and the probe of the manifest, are
found beside it. For a manifest of kind activations leave it out, or name the folder that holds the arrays.
The manifest is --manifest, else corescore.json beside the model, else <model>.json. Files of 64 MiB and more go in
pieces: after a broken connection, or when the command is started again, the upload goes on where it was.

With --wait the exit code tells how it ended: 0 scored, 3 the model failed, 4 the service failed, 5 still running after
--timeout, 6 cancelled. Without it, 0 says that the submission is accepted.
Submitting the same model on the same benchmarks again answers with the same submission.

Examples:
  corescore submit my-model.onnx --benchmark core-objects-ost --wait
  corescore submit --manifest activations/corescore.json --benchmark core-objects-ost@0 --format json`;

export function submitCommand(program: Command, io: Io): void {
  program
    .command('submit')
    .description('upload a model and have it scored')
    .argument('[model]', 'model.onnx or model.json; for activations the folder of the arrays, or nothing')
    .requiredOption('--benchmark <ref>', 'benchmark, id or id@version; may be given several times', collect)
    .option('--manifest <file>', 'the manifest (default: corescore.json beside the model, else <model>.json)')
    .option('--owner <name>', 'owner of the model; that of your token', 'local')
    .option('--wait', 'show the stages and wait for the scores')
    .addOption(
      new Option('--timeout <seconds>', 'with --wait: stop waiting after so long; the run goes on').argParser(
        number({ above: 0 }),
      ),
    )
    .option('--idempotency-key <text>', 'the same key never scores twice (default: digest of model and benchmarks)')
    .addOption(formatOption('human', 'json'))
    .addOption(urlOption())
    .addHelpText('after', NOTES)
    .action(async (model: string | undefined, flags: SubmitFlags) => {
      const client = connect(io, flags);
      const found = await findFiles(io.cwd, model, flags.manifest);
      const benchmarks = await pinBenchmarks(client, flags.benchmark);
      const version = await upload(io, client, flags.owner, found, settings(io).home);
      const submission = await submit(client, version, benchmarks, flags.idempotencyKey);
      if (flags.wait === true) {
        conclude(io, await follow(io, client, submission, flags.timeout), flags.format);
        return;
      }
      io.stderr(`Submitted to ${benchmarks.join(', ')}. Follow it: corescore wait ${submission.id}\n`);
      if (flags.format === 'json') io.stdout(`${JSON.stringify(submission, null, 2)}\n`);
    });
}
