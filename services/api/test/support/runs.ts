import { randomUUID } from 'node:crypto';
import type { RunView } from '@corescore/contracts';
import { receipt, report, tinyBenchmark } from './benchmark.js';
import { onnxUpload } from './models.js';
import type { Service } from './service.js';

/** Uploads the model where it is not there yet and submits it: a queued run. */
export async function queuedRun(service: Service): Promise<RunView> {
  const digest = (await service.upload('ada', 'ff-64', onnxUpload())).json().digest;
  const answer = await service.app.inject({
    method: 'POST',
    url: '/v1/submissions',
    headers: { authorization: `Bearer ${service.tokens.submit}`, 'idempotency-key': randomUUID() },
    payload: { modelVersion: digest, benchmarks: ['tiny-ost'] },
  });
  return answer.json().runs[0];
}

const LEASE_SECONDS = 3600;

/** A worker's moves on the rows, up to the end of a stage. */
export async function extractRun(service: Service, id: string): Promise<void> {
  const holder = randomUUID();
  const { runs } = service.store;
  if ((await runs.claim(id, 'extracting', holder, LEASE_SECONDS)) === null) throw new Error(`${id} cannot be claimed`);
  await runs.progress(id, holder, { done: 3, total: 6, unit: 'images' });
  await runs.toScoring(id, holder, { extractionKey: null, engine: 'onnxruntime-node', provider: 'cpu' });
}

/** @param without metric that the run does not report */
export async function scoreRun(service: Service, id: string, without?: string): Promise<void> {
  const holder = randomUUID();
  const { runs } = service.store;
  const claimed = await runs.claim(id, 'scoring', holder, LEASE_SECONDS);
  if (claimed === null) throw new Error(`${id} cannot be claimed`);
  const [benchmarkId, version] = claimed.benchmark.split('@');
  const benchmark = tinyBenchmark(benchmarkId, Number(version));
  const { owner, name, digest } = claimed.model;
  const whole = report(benchmark);
  await runs.finish(id, holder, {
    report: { ...whole, scores: whole.scores.filter(({ metric }) => metric !== without) },
    receipt: receipt(id, { owner, name, digest }, benchmark),
  });
}

export async function failRun(service: Service, id: string): Promise<void> {
  await service.store.runs.fail(id, null, {
    kind: 'model_error',
    code: 'model_run_failed',
    detail: 'The model failed.',
    remedy: 'Mend it.',
  });
}
