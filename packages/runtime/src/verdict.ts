import { formatBytes } from '@corescore/contracts';
import type { ChildEnd } from './child-process.js';
import { infrastructureFailure, MEMORY_REMEDY, type ModelFailure, modelFailure } from './failure.js';
import type { Limits } from './limits.js';

/** What V8 (heap, zones, code range, snapshot), libstdc++ and the engines print when they end a process for want of it. */
const OUT_OF_MEMORY =
  /(heap|process|JavaScript) out of memory|bad_alloc|cannot allocate memory|failed to (allocate|reserve virtual memory)/i;

/** What Node, glibc and the engines print when the kernel gives them no further thread. */
const NO_THREAD = /uv_thread_create|pthread_create|thread constructor failed|resource temporarily unavailable/i;

/** What the signals of a processor or of a limit tell a submitter. */
const REMEDY_OF_SIGNAL: Partial<Record<NodeJS.Signals, string>> = {
  SIGXFSZ: 'The model wrote a file, which no model may: remove the operator that does.',
  SIGILL: 'The processor lacks instructions that the engine or the model asks for: run it on another host.',
};

/** Signals that a model does not send itself: somebody is stopping the service. */
const FROM_OUTSIDE: readonly (NodeJS.Signals | null)[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

/**
 * Says why a child ended without results and without a word of its own.
 * @param started whether the child's code had begun.
 * @param done images whose activations had arrived.
 */
export function verdictOf(
  end: ChildEnd,
  limits: Limits,
  progress: { started: boolean; done: number; total: number },
): ModelFailure {
  const after = `after ${progress.done} of ${progress.total} images`;
  if (end.killedFor === 'timeout' || end.signal === 'SIGXCPU') {
    return modelFailure('model_timeout', `The model ran over its limit of ${limits.wallSeconds} s, ${after}.`, {
      remedy:
        progress.done === 0
          ? 'Check the model for loops without an end, or let the operator raise CORESCORE_MODEL_TIMEOUT_SECONDS.'
          : 'Use a faster model, or let the operator raise CORESCORE_MODEL_TIMEOUT_SECONDS.',
    });
  }
  if (end.killedFor === 'memory') {
    return modelFailure(
      'model_out_of_memory',
      `The model used ${formatBytes(end.peakMemoryBytes)}, over its limit of ${formatBytes(limits.memoryBytes)}, ${after}.`,
      { remedy: MEMORY_REMEDY },
    );
  }
  if (end.spawnError !== null) {
    return infrastructureFailure(`The model process cannot be started: ${end.spawnError.message}`, end.spawnError);
  }
  if (OUT_OF_MEMORY.test(end.logTail)) {
    return modelFailure(
      'model_out_of_memory',
      `The model process ran out of memory within its limit of ${formatBytes(limits.memoryBytes)}, ${after}.`,
      { remedy: MEMORY_REMEDY },
    );
  }
  if (NO_THREAD.test(end.logTail)) {
    return infrastructureFailure(
      `The model process could start no further thread, ${after}: ${end.logTail.slice(-300)}`,
    );
  }
  if (!progress.started) {
    const how = end.signal ?? `exit code ${end.exitCode}`;
    return infrastructureFailure(`The model process ended before it began (${how}): ${end.logTail.slice(-500)}`);
  }
  if (FROM_OUTSIDE.includes(end.signal)) {
    return infrastructureFailure(`The model process was stopped from outside (${end.signal}), ${after}.`);
  }
  if (end.signal === 'SIGKILL') {
    return modelFailure(
      'model_crashed',
      `The model process was killed (SIGKILL), ${after}; corescore did not do it. It had used ${formatBytes(end.peakMemoryBytes)}.`,
      { remedy: 'Often the system was out of memory: use a smaller model, or run fewer models at a time.' },
    );
  }
  const how = end.signal === null ? `ended with exit code ${end.exitCode}` : `crashed with ${end.signal}`;
  return modelFailure('model_crashed', `The model process ${how}, ${after}.`, {
    remedy:
      (end.signal === null ? undefined : REMEDY_OF_SIGNAL[end.signal]) ??
      'Run the same file in onnxruntime on one image; an operator of the model brings the process down.',
  });
}
