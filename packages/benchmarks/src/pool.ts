import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { CorescoreError } from '@corescore/contracts';
import type { DecodedStep } from '@corescore/metrics';
import { Piscina } from 'piscina';
import type { BesideTask, CumulativeTask, DecodedBeside, GeneraliseTask, OneRepetition } from './beside/thread.js';
import type { DecodeTask } from './decode-task.js';
import type { Interval, MeanIntervalTask, OstIntervalTask } from './thread.js';
import type { Added, AddedTask, BinPredictivity, ChosenTask, PredictTask } from './thread-predict.js';
import type { ThreadResult } from './thread-result.js';
import type { BinSimilarity, SimilarTask } from './thread-similar.js';

interface Tasks {
  kernelsUsed: [null, string];
  decodeMixture: [DecodeTask, DecodedStep];
  predictBins: [PredictTask, BinPredictivity[]];
  chosenDraws: [ChosenTask, Float64Array];
  addedToFirst: [AddedTask, Added];
  similarBins: [SimilarTask, BinSimilarity[]];
  decodeBeside: [BesideTask, DecodedBeside];
  decodeSoFar: [CumulativeTask, OneRepetition[]];
  generalise: [GeneraliseTask, Uint8Array[]];
  ostInterval: [OstIntervalTask, Interval | null];
  meanIntervals: [MeanIntervalTask, (Interval | null)[]];
}

export interface ScoringPool {
  run<K extends keyof Tasks>(name: K, task: Tasks[K][0]): Promise<Tasks[K][1]>;
}

/**
 * MiB of heap from which on a scoring thread collects garbage. By itself it starts with a few, against which V8 counts the
 * arrays of each task too: it then collected a thousand times a model, for a fifth of the processor time. Twice as much
 * gains nothing more.
 */
const FIRST_HEAP_MIB = 128;

/** Runs `work` with a pool of scoring threads; aborting the signal ends the threads at once. */
export async function withPool<T>(
  threads: number,
  signal: AbortSignal | undefined,
  work: (pool: ScoringPool) => Promise<T>,
): Promise<T> {
  // Read when a thread starts; there is no option for a single one.
  setFlagsFromString(`--initial-heap-size=${FIRST_HEAP_MIB}`);
  const pool = new Piscina({
    // The built file, also when this module runs from source in a test: a thread cannot load TypeScript.
    filename: fileURLToPath(new URL('../dist/thread.js', import.meta.url)),
    maxThreads: Math.max(1, threads),
  });
  // One listener for the pool, not one a task: ending the threads ends the tasks.
  const end = () => void pool.destroy();
  try {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', end, { once: true });
    return await work({
      async run(name, task) {
        const result = (await pool.run(task, { name })) as ThreadResult<never>;
        if (!result.ok) throw new CorescoreError(result.code, result.detail, result.context);
        return result.value;
      },
    });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', end);
    await pool.destroy();
  }
}
