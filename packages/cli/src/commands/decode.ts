import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { type Command, Option } from 'commander';
import { decodeAssembly } from '../decode/decode-assembly.js';
import { decodingJson, decodingText } from '../format/decoding.js';
import { bar, LiveLines } from '../format/progress.js';
import type { Io } from '../io.js';
import { formatOption, number } from '../options.js';

interface DecodeFlags {
  label: string;
  windowMs: number;
  stepMs: number;
  startMs?: number;
  endMs?: number;
  c: number;
  folds: string;
  splits: number;
  seed: number;
  threads: number;
  dropNan?: boolean;
  format: string;
}

const NOTES = `
The assembly is a BrainIO netCDF-4 file, presentation x neuroid x time_bin, with the coordinates time_bin_start and
time_bin_end in ms. Values (spike counts) are summed over each window and decoded by the benchmark's own classifier: a
linear SVM, one-vs-rest, on features z-scored with the training folds; every presentation is decoded by one that has not
seen its fold.

Example:
  corescore decode assembly.nc --label object_name --window-ms 50 --step-ms 10 --c 0.01 --folds repetition`;

export function decodeCommand(program: Command, io: Io): void {
  program
    .command('decode')
    .description('decode recordings over time')
    .argument('<assembly>', 'netCDF-4 file')
    .requiredOption('--label <coordinate>', 'what to decode: a coordinate of the presentations')
    .addOption(new Option('--window-ms <ms>', 'length of a window').argParser(number({ above: 0 })).default(50))
    .addOption(new Option('--step-ms <ms>', 'from one window to the next').argParser(number({ above: 0 })).default(10))
    .addOption(
      new Option('--start-ms <ms>', 'start of the first window (default: the first time bin)').argParser(number()),
    )
    .addOption(
      new Option('--end-ms <ms>', 'no window ends after this (default: the last time bin)').argParser(number()),
    )
    .addOption(new Option('--c <value>', 'C of the SVM').argParser(number({ above: 0 })).default(0.001))
    .option('--folds <how>', 'a coordinate, to leave out one of its values at a time; or stratified', 'repetition')
    .addOption(
      new Option('--splits <count>', 'with --folds stratified: number of folds')
        .argParser(number({ min: 2, max: 1000, integer: true }))
        .default(10),
    )
    .addOption(
      new Option('--seed <number>', 'with --folds stratified: seed of the shuffle')
        .argParser(number({ min: 0, max: 2 ** 32 - 1, integer: true }))
        .default(0),
    )
    .addOption(
      new Option('--threads <count>', 'threads')
        .argParser(number({ min: 1, max: 1024, integer: true }))
        .default(availableParallelism(), 'all cores'),
    )
    .option('--drop-nan', 'leave out presentations without any value, and neuroids that lack one in the windows')
    .addOption(formatOption('human', 'json'))
    .addHelpText('after', NOTES)
    .action(async (file: string, flags: DecodeFlags) => {
      const path = resolve(io.cwd, file);
      if (!existsSync(path)) {
        throw new CorescoreError('configuration', `${file} does not exist.`, {
          field: 'assembly',
          remedy: 'Check the path.',
        });
      }
      const { readAssembly } = await import('@corescore/formats');
      const lines = new LiveLines(io);
      const decoding = await decodeAssembly(await readAssembly(path), {
        ...flags,
        // On a pipe the table says it all, and soon.
        onProgress(done, total) {
          if (io.isTerminal) lines.set('decode', `Decoding  ${bar(done, total)} ${done} of ${total} windows`, '');
        },
      });
      lines.finish();
      if (flags.format === 'json') io.stdout(`${JSON.stringify(decodingJson(file, decoding), null, 2)}\n`);
      else io.stderr(decodingText(file, decoding, io.columns));
    });
}
