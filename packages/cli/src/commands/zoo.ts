import { type Command, Option } from 'commander';
import { table } from '../format/table.js';
import type { Io } from '../io.js';
import { formatOption, number } from '../options.js';
import type { TrainFlags } from '../zoo/train-model.js';

const NOTES = `
Trains by the recipe core-objects-train@1 on the training images of core-objects, which are generated on the first use.
The folder gets model.onnx, corescore.json and training.json (recipe, seed, backend, images, time, accuracy of every
step, learning curve), and training.svg, the curve, from the first checkpoint on. A training that ended early goes on
from its last checkpoint, to the same weights on the same backend. Native TensorFlow (corescore doctor --setup-tfjs)
is several times as fast as WebAssembly.

Examples:
  corescore zoo train bl --seed 1
  corescore zoo train blt --seed 2 --to blt-2 && corescore submit blt-2/model.onnx --benchmark core-objects-ost --wait`;

export function zooCommand(program: Command, io: Io): void {
  const zoo = program.command('zoo').description('the recurrent models that come with corescore');
  zoo
    .command('list')
    .description('what is in the zoo')
    .addOption(formatOption('human', 'json'))
    .action((flags: { format: string }) => list(io, flags.format));
  zoo
    .command('train')
    .description('train a model of the zoo, and export it as ONNX')
    .argument('<model>', 'id of the zoo: see `corescore zoo list`')
    .addOption(
      new Option('--seed <number>', 'decides first weights, order and shifts of the images')
        .argParser(number({ min: 0, max: Number.MAX_SAFE_INTEGER, integer: true }))
        .makeOptionMandatory(),
    )
    .option('--to <folder>', 'where the model is written (default: zoo/<model>-<seed> in CORESCORE_HOME)')
    .option('--provider <name>', 'backend of TensorFlow.js (default: the first of CORESCORE_TFJS_PROVIDERS that opens)')
    .addOption(
      new Option('--threads <count>', 'threads within one operator')
        .argParser(number({ min: 1, max: 1024, integer: true }))
        .default(1),
    )
    .option('--home <folder>', 'where images and models are kept (default: CORESCORE_HOME, .corescore)')
    .addHelpText('after', NOTES)
    .action(async (model: string, flags: TrainFlags) => {
      const { trainModel } = await import('../zoo/train-model.js');
      await trainModel(io, model, flags);
    });
}

async function list(io: Io, format: string): Promise<void> {
  const { Network, ZOO } = await import('@corescore/zoo');
  const rows = [...ZOO.values()].map(({ id, description, reference }) => {
    const { parameterCount, multiplyAdds, steps, firstStep } = Network.of({ model: id });
    return { id, parameters: parameterCount, multiplyAdds, steps, firstStep, description, reference };
  });
  if (format === 'json') return io.stdout(`${JSON.stringify(rows, null, 2)}\n`);
  const cells = rows.map((row) => [
    row.id,
    row.parameters.toLocaleString('en'),
    (row.multiplyAdds / 1e6).toFixed(1),
    `${row.steps - row.firstStep}`,
    row.description,
  ]);
  const columns = [
    { title: 'model' },
    { title: 'parameters', align: 'right' },
    { title: 'M multiply-adds', align: 'right' },
    { title: 'steps', align: 'right' },
    { title: '' },
  ] as const;
  io.stdout(table(columns, cells));
}
