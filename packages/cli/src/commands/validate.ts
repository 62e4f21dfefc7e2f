import { availableParallelism } from 'node:os';
import type { Manifest } from '@corescore/contracts';
import { modelLimits } from '@corescore/contracts/env';
import { type Command, Option } from 'commander';
import { settings } from '../context.js';
import { Exit } from '../failure.js';
import { bar, LiveLines } from '../format/progress.js';
import { validationJson, validationText } from '../format/validation.js';
import { interruptible } from '../interrupt.js';
import { type Io, styles } from '../io.js';
import { formatOption, number } from '../options.js';
import { findPresentFiles, versionFiles } from '../submission/files.js';

interface ValidateFlags {
  manifest?: string;
  benchmark: string;
  images: number;
  home?: string;
  threads: number;
  format: string;
}

const NOTES = `
Checks what a service would check, with its code: the manifest, the files, the graph, then the model itself, in the same
sandbox and under the same limits, on a few images of the benchmark. It says everything that is wrong, finds the first
step at which the image reaches IT, and predicts time, memory and size for the whole stimulus set. It warns of live
dropout, of a network whose weights make no difference, and of a clock that runs ahead of the image.

Exit code: 0 a service would take it (warnings allowed), 11 it would not. With --format json there is always a document
on standard output: the report, or { "error": ... } where there is nothing to report on.

Examples:
  corescore validate my-model.onnx
  corescore validate model.json --manifest corescore.json --images 8 --format json`;

export function validateCommand(program: Command, io: Io): void {
  program
    .command('validate')
    .description('check a model against the whole contract, here and in seconds')
    .argument('[model]', 'model.onnx or model.json; for activations the folder of the arrays, or nothing')
    .option('--manifest <file>', 'the manifest (default: corescore.json beside the model, else <model>.json)')
    .option('--benchmark <ref>', 'benchmark whose images are shown, id or id@version', 'core-objects-ost')
    .addOption(
      new Option('--images <count>', 'different images to run')
        .argParser(number({ min: 2, max: 100_000, integer: true }))
        .default(28),
    )
    .option('--home <folder>', 'where decoded images are kept between runs (default: CORESCORE_HOME, .corescore)')
    .addOption(
      new Option('--threads <count>', 'threads for the model')
        .argParser(number({ min: 1, max: 1024, integer: true }))
        .default(availableParallelism(), 'all cores'),
    )
    .addOption(formatOption('human', 'json'))
    .addHelpText('after', NOTES)
    .action(async (model: string | undefined, flags: ValidateFlags) => {
      const env = settings(io, flags);
      const found = await findPresentFiles(io.cwd, model, flags.manifest);
      const { loadBenchmark, validate } = await import('@corescore/benchmarks');
      const lines = new LiveLines(io);
      const limits = modelLimits(env, flags.threads);
      const benchmark = await loadBenchmark(flags.benchmark, env.home);
      const validation = await interruptible(io, (signal) =>
        validate({
          manifest: found.manifest,
          unreadable: found.unreadable,
          kind: found.kind as Manifest['kind'],
          files: versionFiles(found),
          benchmark,
          limits,
          images: flags.images,
          onProgress(done, total) {
            // On a pipe the table says it all, and soon.
            if (io.isTerminal) lines.set('validate', `${found.name}  ${bar(done, total)} running a few images`, '');
          },
          signal,
        }),
      );
      lines.finish();
      if (flags.format === 'json') io.stdout(`${JSON.stringify(validationJson(found.name, validation), null, 2)}\n`);
      else io.stderr(validationText(found.name, validation, limits, styles(io)));
      if (!validation.ok) throw new Exit('modelContract');
    });
}
