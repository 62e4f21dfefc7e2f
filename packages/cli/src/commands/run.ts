import { availableParallelism } from 'node:os';
import { CorescoreError } from '@corescore/contracts';
import { modelLimits } from '@corescore/contracts/env';
import { type Command, Option } from 'commander';
import { settings } from '../context.js';
import { bar, LiveLines } from '../format/progress.js';
import { reportText } from '../format/scores.js';
import { STAGES } from '../format/words.js';
import { interruptible } from '../interrupt.js';
import type { Io } from '../io.js';
import { formatOption, number } from '../options.js';
import { findFiles, versionFiles } from '../submission/files.js';

interface RunFlags {
  local?: boolean;
  manifest?: string;
  benchmark: string;
  home?: string;
  threads: number;
  format: string;
}

const NOTES = `
Needs no server and no database. The code is that of the service, so the numbers are the same, digit for digit, on the
same machine. Settings are those of the service: CORESCORE_MODEL_TIMEOUT_SECONDS, CORESCORE_MODEL_MEMORY_BYTES,
CORESCORE_MAX_ACTIVATION_BYTES, CORESCORE_BESIDE.`;

export function runCommand(program: Command, io: Io): void {
  program
    .command('run')
    .description('score a model here, without a service')
    .argument('[model]', 'model.onnx or model.json; for activations the folder of the arrays, or nothing')
    .option('--local', 'score on this machine; the only way there is, named so that nobody takes it for submit')
    .requiredOption('--benchmark <ref>', 'benchmark, id or id@version')
    .option('--manifest <file>', 'the manifest (default: corescore.json beside the model, else <model>.json)')
    .option('--home <folder>', 'where decoded images are kept between runs (default: CORESCORE_HOME, .corescore)')
    .addOption(
      new Option('--threads <count>', 'threads for model and scoring')
        .argParser(number({ min: 1, max: 1024, integer: true }))
        .default(availableParallelism(), 'all cores'),
    )
    .addOption(formatOption('human', 'json'))
    .addHelpText('after', NOTES)
    .action((model: string | undefined, flags: RunFlags) => runHere(io, model, flags));
}

async function runHere(io: Io, model: string | undefined, flags: RunFlags): Promise<void> {
  if (flags.local !== true) {
    throw new CorescoreError('configuration', '`corescore run` works on this machine only, and wants that said.', {
      field: '--local',
      remedy: 'Add --local, or use `corescore submit` for a service.',
    });
  }
  const env = settings(io, flags);
  const found = await findFiles(io.cwd, model, flags.manifest);
  const { parseManifest } = await import('@corescore/formats');
  const { runLocal, withControls } = await import('@corescore/benchmarks');
  const manifest = parseManifest(found.manifest);
  const lines = new LiveLines(io);
  const local = await interruptible(io, (signal) =>
    runLocal({
      manifest,
      files: versionFiles(found),
      benchmarkRef: flags.benchmark,
      home: env.home,
      threads: flags.threads,
      controls: env.beside !== 'no',
      limits: modelLimits(env, flags.threads),
      onProgress(stage, done, total) {
        lines.set(stage, `${found.name}  ${bar(done, total, 16)} ${STAGES[stage]}  ${done} of ${total}`, stage);
      },
      signal,
    }),
  );
  lines.finish();
  const { extraction } = local;
  const report = withControls(local.report, local.controls);
  if (flags.format === 'json') io.stdout(`${JSON.stringify(report, null, 2)}\n`);
  else {
    const engine = extraction === null ? 'activations as supplied' : `${extraction.engine} on ${extraction.provider}`;
    io.stderr(`${reportText(found.name, report)}\n  ${engine}\n`);
  }
}
