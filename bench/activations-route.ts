/**
 * A model's scores by two routes: its ONNX file run by the service, and activations that PyTorch computed from exported
 * images, uploaded as .npz. A service of its own in a temporary folder; prints every score and series of both with their
 * difference relative to the largest of 1 and the numbers at hand (of a score: value and bounds), and ends with 1 where
 * that of a score or of one of its bounds is above the tolerance.
 * Run: PYTHON=python3 npm run bench -- activations-route [tolerance]
 * PYTHON names an interpreter that has torch, onnx, numpy and pillow.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageResults, RunView, Score, Series, SubmissionView } from '@corescore/contracts';
import { bin, call, cleanEnv, newHome, root, startServe } from '../test/support/serve.js';

const PEER = fileURLToPath(new URL('./peers/torch_features.py', import.meta.url));
const MODEL = join(root, 'packages/benchmarks/data/models/bl-64');
const BENCHMARK = 'core-objects-ost';
const tolerance = Number(process.argv[2] ?? 1e-4);

const home = newHome();
const [images, supplied] = [join(home, 'images'), join(home, 'activations')];
const served = await startServe({ home: join(home, 'service'), args: ['--no-seed'] });
const corescore = (...args: string[]): string =>
  execFileSync(process.execPath, [bin, ...args], {
    cwd: home,
    encoding: 'utf8',
    env: cleanEnv({ CORESCORE_URL: served.url, CORESCORE_TOKEN: served.token }),
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 256 * 1024 ** 2,
  });
const scored = (...args: string[]): RunView => {
  const answer = corescore('submit', ...args, '--benchmark', BENCHMARK, '--wait', '--format', 'json');
  return (JSON.parse(answer) as SubmissionView).runs[0];
};

/** Largest |a - b| over largest |a|, that at least 1; infinite where a number stands on one side only. */
const apart = (a: readonly (number | null)[], b: readonly (number | null)[]): number => {
  if (a.some((v, i) => (v === null) !== ((b[i] ?? null) === null))) return Number.POSITIVE_INFINITY;
  const scale = Math.max(1, ...a.map((v) => Math.abs(v ?? 0)));
  return Math.max(0, ...a.map((v, i) => Math.abs((v ?? 0) - (b[i] ?? 0)))) / scale;
};
const numbersOf = ({ value, low, high }: Score): (number | null)[] => [value, low ?? null, high ?? null];

let worst = 0;
try {
  corescore('stimuli', 'export', BENCHMARK, '--to', images);
  const python = process.env['PYTHON'] ?? 'python3';
  console.log(execFileSync(python, [PEER, images, `${MODEL}.onnx`, `${MODEL}.json`, supplied], { encoding: 'utf8' }));
  const onnx = scored(`${MODEL}.onnx`, '--manifest', `${MODEL}.json`);
  const torch = scored(supplied);

  const keyOf = (s: { metric: string; subset: string; region: string | null }) =>
    `${s.metric} | ${s.subset} | ${s.region ?? ''}`;
  const others = new Map(torch.scores.map((s) => [keyOf(s), s]));
  for (const score of onnx.scores) {
    const other = others.get(keyOf(score));
    // Without weights there is no untrained twin: the one thing that supplied activations cannot have.
    const isTwin = other?.reason === 'not_run' && score.reason === undefined;
    const far = other === undefined ? Number.POSITIVE_INFINITY : apart(numbersOf(score), numbersOf(other));
    if (!isTwin) worst = Math.max(worst, far);
    console.log(`${keyOf(score)}: ${score.value} ${other?.value} ${isTwin ? 'not run' : far.toExponential(1)}`);
  }
  const seriesOf = async (run: RunView) =>
    (await call<{ series: Series[] }>(served, `/v1/runs/${run.id}/series`)).series;
  const named = (s: Series) => `${s.name} | ${s.subset} | ${s.region ?? ''}`;
  const otherSeries = new Map((await seriesOf(torch)).map((s) => [named(s), s]));
  for (const series of await seriesOf(onnx)) {
    const other = otherSeries.get(named(series));
    console.log(
      `series ${named(series)}: ${other === undefined ? 'absent' : apart(series.values, other.values).toExponential(1)}`,
    );
  }
  const imagesOf = (run: RunView) => call<ImageResults>(served, `/v1/runs/${run.id}/images`);
  const [a, b] = await Promise.all([imagesOf(onnx), imagesOf(torch)]);
  console.log(`solution times of ${a.ostMs.length} images: ${apart(a.ostMs, b.ostMs).toExponential(1)}`);
  console.log(`largest difference of a score or a bound: ${worst.toExponential(1)}; tolerance ${tolerance}`);
} finally {
  await served.stop();
  rmSync(home, { recursive: true, force: true });
}
if (worst > tolerance) process.exitCode = 1;
