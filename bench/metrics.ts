/**
 * Decoding and predictivity against scikit-learn on the same arrays, peer and ours in turn in one run; CPU seconds of
 * the process, minimum and median. The peer is timed on some folds and compared fold by fold.
 * Run: npm run bench -- metrics [runs] [features]     PYTHON names an interpreter that has scikit-learn.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeNpyFloat32 } from '@corescore/formats';
import { createOrtKernels } from '@corescore/linalg';
import {
  argmaxCorrect,
  decode,
  foldSplits,
  plsPredict,
  pooledGram,
  RandomState,
  stratifiedKFold,
} from '@corescore/metrics';

const CLASSES = 10;
const LATENTS = 60;
const FOLDS = 10;
const PEER = fileURLToPath(new URL('./peers/sklearn_peer.py', import.meta.url));
const runs = Number(process.argv[2] ?? 5);
const features = Number(process.argv[3] ?? 4096);
const random = new RandomState(7);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.rand())) * Math.cos(2 * Math.PI * random.rand());

interface Data {
  x: Float32Array;
  labels: Int32Array;
  latent: Float64Array;
}

/** Rectified mixtures of class and image latents: about 60 % zeros, log-normal scales, a dead feature in 200. */
function imitate(n: number, f: number): Data {
  const labels = Int32Array.from({ length: n }, (_, i) => i % CLASSES);
  const centres = Float64Array.from({ length: CLASSES * LATENTS }, () => 0.6 * normal());
  const latent = Float64Array.from(
    { length: n * LATENTS },
    (_, at) => centres[labels[Math.floor(at / LATENTS)] * LATENTS + (at % LATENTS)] + normal(),
  );
  const x = new Float32Array(n * f);
  const weights = new Float64Array(LATENTS);
  for (let j = 0; j < f; j++) {
    const scale = random.rand() < 0.005 ? 0 : Math.exp(normal());
    for (let l = 0; l < LATENTS; l++) weights[l] = normal() / Math.sqrt(LATENTS);
    for (let i = 0; i < n; i++) {
      let sum = 0.5 * normal() - 0.3;
      for (let l = 0; l < LATENTS; l++) sum += weights[l] * latent[i * LATENTS + l];
      x[i * f + j] = scale * Math.max(0, sum);
    }
  }
  return { x, labels, latent };
}

interface PeerResult {
  cpu: number;
  version: string;
  numpy: string;
  outputs: number[][] | number[][][];
}
function peer(job: 'svm' | 'pls', files: string[], count: number): PeerResult {
  // One kernel of OpenBLAS for all machines would slow the peer down: it chooses its own.
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  const text = execFileSync(process.env['PYTHON'] ?? 'python3', [PEER, job, ...files, String(count)], {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  return JSON.parse(text) as PeerResult;
}

async function cpuSeconds<T>(work: () => Promise<T>): Promise<{ seconds: number; value: T }> {
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, value };
}

const least = (v: number[]): number => Math.min(...v);
const median = (v: number[]): number => [...v].sort((a, b) => a - b)[Math.floor(v.length / 2)];
const rows: string[] = [];
function report(job: string, ours: number[], theirs: number[], agreement: string): void {
  const cells = [least(theirs), median(theirs), least(ours), median(ours)].map((s) => s.toFixed(3));
  rows.push(`| ${job} | ${cells.join(' | ')} | ${(median(theirs) / median(ours)).toFixed(1)} | ${agreement} |`);
}

const folder = mkdtempSync(join(tmpdir(), 'corescore-bench-'));
const put = async (name: string, shape: number[], data: ArrayLike<number>): Promise<string> => {
  const path = join(folder, `${name}.npy`);
  await writeNpyFloat32(path, shape, Float32Array.from(data));
  return path;
};
const kernels = await createOrtKernels({ threads: 1 });
let versions = '';
try {
  {
    const n = 1318;
    const { x, labels } = imitate(n, features);
    const fold = stratifiedKFold(Array.from(labels, String), FOLDS, 1);
    const files = [await put('x', [n, features], x), await put('y', [n], labels), await put('fold', [n], fold)];
    const ours: number[] = [];
    const theirs: number[] = [];
    let agreement = '';
    for (let k = 0; k < runs; k++) {
      const mine = await cpuSeconds(() =>
        decode({ x, n, f: features, labels, classes: CLASSES, folds: [fold], c: 1e-3 }, kernels),
      );
      const other = peer('svm', files, 2);
      ours.push(mine.seconds / FOLDS);
      theirs.push(other.cpu);
      versions = `scikit-learn ${other.version}, numpy ${other.numpy}`;
      const decisions = mine.value.decisions[0];
      const right = argmaxCorrect(decisions, labels, CLASSES);
      const [predicted] = other.outputs as number[][];
      const held = [...fold.keys()].filter((i) => fold[i] === 0);
      const same = held.filter((i, at) => (predicted[at] === labels[i]) === (right[i] === 1)).length;
      agreement = `hits equal for ${same} of ${held.length} images; gap ${mine.value.maxGap.toExponential(1)}`;
    }
    report(`SVM, ${features} features, a fold of ten classes`, ours, theirs, agreement);
  }
  {
    const n = 3200;
    const sites = 168;
    const { x, latent } = imitate(n, features);
    const mix = Float64Array.from({ length: LATENTS * sites }, () => normal() / Math.sqrt(LATENTS));
    const y = new Float64Array(n * sites);
    for (let i = 0; i < n; i++) {
      for (let s = 0; s < sites; s++) {
        let sum = normal();
        for (let l = 0; l < LATENTS; l++) sum += mix[l * sites + s] * Math.max(0, latent[i * LATENTS + l]);
        y[i * sites + s] = Math.fround(sum);
      }
    }
    const fold = stratifiedKFold(
      Array.from({ length: n }, (_, i) => String(i % CLASSES)),
      FOLDS,
      1,
    );
    const files = [await put('x', [n, features], x), await put('y', [n, sites], y), await put('fold', [n], fold)];
    const ours: number[] = [];
    const theirs: number[] = [];
    let agreement = '';
    for (let k = 0; k < runs; k++) {
      const mine = await cpuSeconds(async () =>
        plsPredict(await pooledGram(x, n, features, kernels), { y, n, m: sites }, foldSplits(fold, FOLDS)),
      );
      const other = peer('pls', files, 1);
      ours.push(mine.seconds / FOLDS);
      theirs.push(other.cpu);
      const predicted = (other.outputs as number[][][])[0];
      const prediction = mine.value.predictions[0];
      let worst = 0;
      predicted.forEach((row, i) => {
        row.forEach((v, s) => {
          worst = Math.max(worst, Math.abs(v - prediction[i * sites + s]));
        });
      });
      agreement = `largest difference of a prediction ${worst.toExponential(1)}`;
    }
    report(`PLS, ${features} features, 168 sites, a split of 25 components`, ours, theirs, agreement);
  }
} finally {
  await kernels.dispose();
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  `${runs} runs in turn; ${availableParallelism()} cores (${cpus()[0].model}), Node ${process.versions.node}; ${versions}`,
);
console.log('| job | peer, least CPU s | median | ours, least | median | ratio of medians | agreement |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: | --- |');
for (const row of rows) console.log(row);
