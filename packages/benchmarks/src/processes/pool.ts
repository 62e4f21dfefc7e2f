import { CorescoreError } from '@corescore/contracts';
import type { DecodedStep } from '@corescore/metrics';
import type {
  CumulativeTask,
  DecodedReadOuts,
  DecodedSoFar,
  DecodedVariants,
  GeneraliseTask,
  ReadOutsTask,
  VariantsTask,
} from '../controls/tasks.js';
import type { DecodeTask } from './decode-task.js';
import type { Added, AddedTask, BinPredictivity, ChosenTask, PredictTask } from './predict-tasks.js';
import { ProcessPool } from './process-pool.js';
import type { BinSimilarity, SimilarTask } from './similarity-tasks.js';
import type { ThreadResult } from './task-result.js';
import type { Interval, MeanIntervalTask, OstIntervalTask } from './tasks.js';

interface Tasks {
  kernelsUsed: [null, string];
  decodeMixture: [DecodeTask, DecodedStep];
  predictBins: [PredictTask, BinPredictivity[]];
  chosenDraws: [ChosenTask, Float64Array];
  addedToFirst: [AddedTask, Added];
  similarBins: [SimilarTask, BinSimilarity[]];
  decodeReadOuts: [ReadOutsTask, DecodedReadOuts];
  decodeVariants: [VariantsTask, DecodedVariants];
  decodeSoFar: [CumulativeTask, DecodedSoFar[]];
  generalise: [GeneraliseTask, Uint8Array[]];
  ostInterval: [OstIntervalTask, Interval | null];
  meanIntervals: [MeanIntervalTask, (Interval | null)[]];
}

export interface ScoringPool {
  run<K extends keyof Tasks>(name: K, task: Tasks[K][0]): Promise<Tasks[K][1]>;
}

/**
 * Runs `work` with a pool of scoring threads, `threads` at most; aborting the signal ends them at once.
 * @throws the signal's reason when it is aborted
 */
export async function withPool<T>(
  threads: number,
  signal: AbortSignal | undefined,
  work: (pool: ScoringPool) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const pool = new ProcessPool(Math.max(1, threads));
  // One listener for the pool, not one a task: ending the threads ends the tasks.
  const onAbort = () => void pool.end(signal!.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await work({
      async run(name, task) {
        const result = (await pool.run({ name, task })) as ThreadResult<never>;
        if (!result.ok) throw new CorescoreError(result.code, result.detail, result.context);
        return result.value;
      },
    });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await pool.end(new Error('the scoring threads have ended'));
  }
}
