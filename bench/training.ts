/**
 * How fast the zoo trains: images a second of processor time for bl (400,000 parameters) by the steps of its recipe, on each
 * backend of TensorFlow.js that opens here and in PyTorch (the same equations and sizes, one thread, AdamW, clipped; its
 * images are not shifted, ours are). Each a process of its own, some batches in turn; prints the median and the ratio to PyTorch.
 * Run: npm run bench -- training [rounds] [python]     the python has torch and NumPy; Debian: apt-get install python3-torch
 */
import { fork, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { providerStates, startTfjs } from '@corescore/runtime';
import { CORE_OBJECTS_TRAIN, prepareTraining, type TrainingSet, train } from '@corescore/zoo';
import { answer, median } from './measure/turns.js';

const BATCHES = 4;
const BATCH = CORE_OBJECTS_TRAIN.batch;
const SIDE = 64;
const PARTS = { first: 'one step (stage 1)', all: 'nine steps (stage 2)' } as const;
type Part = keyof typeof PARTS;

/** Something that trains some batches and says how many seconds of processor time they took. */
interface Trainer {
  name: string;
  run(part: Part): Promise<number>;
  end(): void;
}

/** Pixels of a fixed sequence: a training takes as long on them as on any. */
function images(): TrainingSet {
  const count = 10 * BATCH;
  return {
    pixels: Uint8Array.from({ length: count * SIDE * SIDE }, (_, i) => (i * 2654435761) >>> 24),
    size: SIDE,
    labels: Int32Array.from({ length: count }, (_, i) => i % 10),
    load: Float64Array.from({ length: count }, (_, i) => i),
    digest: 'bench',
  };
}

/** A process that trains `BATCHES` batches at each message, from fresh weights. */
async function serve(provider: string): Promise<void> {
  const { core: tf } = await startTfjs(provider, 1);
  prepareTraining(tf);
  const set = images();
  process.on('message', async (part: Part) => {
    const stage = { presentations: BATCHES * BATCH, rate: 1e-3, steps: part, easierShare: 0 };
    const recipe = { ...CORE_OBJECTS_TRAIN, ref: 'bench', stages: [stage], validation: 1 };
    const before = process.cpuUsage();
    await train(tf, { config: { model: 'bl' }, recipe, seed: 1, set, backend: provider });
    const { user, system } = process.cpuUsage(before);
    process.send!((user + system) / 1e6);
  });
  process.send!(0);
}

async function ours(provider: string): Promise<Trainer> {
  const child = fork(process.argv[1]!, ['serve', provider]);
  await answer(child);
  return {
    name: `TensorFlow.js, ${provider}`,
    run: (part) => {
      child.send(part);
      return answer(child);
    },
    end: () => child.kill(),
  };
}

async function peer(python: string): Promise<Trainer> {
  const script = fileURLToPath(new URL('peers/torch_training.py', import.meta.url));
  const env = { ...process.env, OMP_NUM_THREADS: '1' };
  const child = spawn(python, [script, String(BATCHES), String(BATCH)], { stdio: ['pipe', 'pipe', 'inherit'], env });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { done, value } = await lines.next();
    if (done) throw new Error(`${python} has ended: it needs torch and NumPy`);
    return value;
  };
  const name = `PyTorch ${await next()}`;
  return {
    name,
    run: async (part) => {
      child.stdin.write(`${part}\n`);
      return Number(await next());
    },
    end: () => child.kill(),
  };
}

async function compare(rounds: number, python: string): Promise<void> {
  const states = (await providerStates()).filter(({ kind, why }) => kind === 'tfjs' && why === null);
  const trainers = [await peer(python)];
  for (const { provider } of states) trainers.push(await ours(provider));
  console.log(`bl, batches of ${BATCH}, ${BATCHES} at a time, ${rounds} rounds in turn, one thread each`);
  for (const part of ['first', 'all'] as const) {
    const seconds = trainers.map((): number[] => []);
    for (let round = -1; round < rounds; round++) {
      for (const [i, trainer] of trainers.entries()) {
        const took = await trainer.run(part);
        // The first round warms up.
        if (round >= 0) seconds[i]!.push(took);
      }
    }
    const speeds = seconds.map((all) => (BATCHES * BATCH) / median(all));
    console.log(PARTS[part]);
    trainers.forEach(({ name }, i) => {
      const ratio = (speeds[i]! / speeds[0]!).toFixed(2);
      console.log(
        `  ${name.padEnd(28)} ${speeds[i]!.toFixed(0).padStart(5)} images/s of processor time, ratio ${ratio}`,
      );
    });
  }
  for (const trainer of trainers) trainer.end();
}

const [, , first, second] = process.argv;
if (first === 'serve') await serve(second!);
else await compare(Number(first ?? 7), second ?? 'python3');
