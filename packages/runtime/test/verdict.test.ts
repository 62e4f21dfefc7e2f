import { describe, expect, it } from 'vitest';
import type { ChildEnd } from '../src/child-process.js';
import type { ModelFailure } from '../src/index.js';
import { verdictOf } from '../src/verdict.js';

const limits = { wallSeconds: 60, memoryBytes: 512 * 1024 ** 2, maxActivationBytes: 1, threads: 1 };

function verdict(end: Partial<ChildEnd>, progress: { started?: boolean; done?: number } = {}): ModelFailure {
  const silent = { killedFor: null, exitCode: null, signal: null, spawnError: null, logTail: '', peakMemoryBytes: 0 };
  return verdictOf({ ...silent, ...end }, limits, { started: true, done: 3, total: 5, ...progress });
}

describe('want of memory, in the words of', () => {
  // Copied from processes that ended so.
  it.each([
    [
      'the heap',
      'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory',
    ],
    ['a zone', '#\n# Fatal process out of memory: Zone\n#'],
    ['the snapshot', '# Fatal JavaScript out of memory: MemoryChunk allocation failed during deserialization.'],
    ['the code range', 'FATAL ERROR: Failed to reserve virtual memory for CodeRange'],
    ['libstdc++', "terminate called after throwing an instance of 'std::bad_alloc'"],
    ['the loader', 'libonnxruntime.so.1: cannot allocate memory in static TLS block'],
  ])('%s', (_, logTail) => {
    expect(verdict({ signal: 'SIGABRT', logTail })).toMatchObject({
      kind: 'out_of_memory',
      code: 'model_out_of_memory',
      message: expect.stringContaining('within its limit of 512 MiB, after 3 of 5 images'),
      remedy: expect.stringContaining('CORESCORE_MODEL_MEMORY_BYTES'),
    });
  });
});

describe('want of threads is the host’s', () => {
  it.each([
    '# Assertion failed: (0) == (uv_thread_create_ex(t.get(), &options, start_thread, this))',
    'OpenBLAS blas_thread_init: pthread_create failed for thread 3 of 4',
    "terminate called after throwing an instance of 'std::system_error'\n  what():  Resource temporarily unavailable",
  ])('%s', (logTail) => {
    expect(verdict({ signal: 'SIGABRT', logTail })).toMatchObject({
      kind: 'infrastructure',
      message: expect.stringContaining('could start no further thread'),
    });
  });
});

describe('signals', () => {
  it.each([
    ['SIGXFSZ', 'model_error', 'wrote a file'],
    ['SIGILL', 'model_error', 'another host'],
    ['SIGSEGV', 'model_error', 'onnxruntime on one image'],
    ['SIGKILL', 'model_error', 'the system was out of memory'],
    ['SIGXCPU', 'timeout', 'CORESCORE_MODEL_TIMEOUT_SECONDS'],
    ['SIGTERM', 'infrastructure', 'can be retried'],
  ] as const)('%s: %s', (signal, kind, remedy) => {
    expect(verdict({ signal })).toMatchObject({
      kind,
      message: expect.stringContaining('after 3 of 5 images'),
      remedy: expect.stringContaining(remedy),
    });
  });

  it('before the child’s own code ran, whatever it was: the host’s', () => {
    expect(verdict({ signal: 'SIGILL', logTail: 'node: no' }, { started: false })).toMatchObject({
      kind: 'infrastructure',
      message: expect.stringContaining('before it began (SIGILL): node: no'),
    });
  });
});
