import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CorescoreError, isNetwork, type ManifestInput } from '@corescore/contracts';
import type { Command } from 'commander';
import { settings } from '../context.js';
import { bar, LiveLines } from '../format/progress.js';
import type { Io } from '../io.js';

interface ExportFlags {
  to: string;
  for?: string;
  force?: boolean;
  home?: string;
}

const NOTES = `
Writes the very images that a service shows, as lossless PNG, with a table (stimuli.csv), the order of the ids (ids.txt),
a description of the set (manifest.json) and a README.txt: how to compute activations in Python and submit them.
With --for, also input.npy: the images as a network of that manifest is fed them, placed at their degrees of visual
angle, resized and normalised by the code that runs submitted networks.

Examples:
  corescore stimuli export core-objects-ost --to images
  corescore stimuli export core-objects-ost --to images --for corescore.json`;

export function stimuliCommand(program: Command, io: Io): void {
  program
    .command('stimuli')
    .description('the images of a benchmark')
    .command('export')
    .description('write the images of a benchmark, to compute activations for them elsewhere')
    .argument('<benchmark>', 'benchmark, id or id@version')
    .requiredOption('--to <folder>', 'where to write; must be empty or new')
    .option('--for <manifest>', 'a manifest of a network (kind onnx or tfjs): also write what it would be fed')
    .option('--force', 'write into a folder that is not empty')
    .option('--home <folder>', 'where decoded images are kept between runs (default: CORESCORE_HOME, .corescore)')
    .addHelpText('after', NOTES)
    .action((benchmark: string, flags: ExportFlags) => exportHere(io, benchmark, flags));
}

async function exportHere(io: Io, ref: string, flags: ExportFlags): Promise<void> {
  const env = settings(io, flags);
  const input = flags.for === undefined ? undefined : await inputOf(resolve(io.cwd, flags.for));
  const { loadBenchmark } = await import('@corescore/benchmarks');
  const { exportStimuli, readPixels } = await import('@corescore/stimuli');
  const { definition, stimulusSet, pixels } = await loadBenchmark(ref, env.home);
  const lines = new LiveLines(io);
  const dir = resolve(io.cwd, flags.to);
  const { files } = await exportStimuli({
    benchmark: definition.ref,
    set: stimulusSet,
    pixels: await readPixels(await pixels()),
    dir,
    force: flags.force === true,
    ...(input === undefined ? {} : { input }),
    onProgress(stage, done, total) {
      const what = stage === 'images' ? 'images' : 'images as input';
      if (io.isTerminal || done === total) lines.set(stage, `${bar(done, total)} ${done} of ${total} ${what}`, stage);
    },
  });
  lines.finish();
  io.stderr(`${files} files in ${dir}; README.txt says how to go on.\n`);
}

async function inputOf(path: string): Promise<ManifestInput> {
  const { parseManifest } = await import('@corescore/formats');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CorescoreError('configuration', `${path} cannot be read: ${(error as Error).message}`, {
      field: '--for',
      remedy: 'Name a corescore.json.',
      cause: error,
    });
  }
  const manifest = parseManifest(text);
  if (isNetwork(manifest)) return manifest.input;
  throw new CorescoreError('configuration', 'A manifest of kind activations does not say what its model is fed.', {
    field: '--for',
    remedy: 'Give one of kind onnx or tfjs with the "input" of your model.',
  });
}
