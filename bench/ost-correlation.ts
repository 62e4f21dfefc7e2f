/**
 * The whole kar2019-ost-parity score against Brain-Score's OSTCorrelation on the same arrays, peer and ours in turn in
 * one run; CPU and wall seconds, minimum and median. Both start from TensorFlow's first weights, so that the scores can
 * be compared digit by digit. With a number of initialisations, also the score from that many first weights of our own.
 * Run: npm run bench -- ost-correlation [runs] [images] [features] [bins] [initialisations]
 * PYTHON names an interpreter that has brainscore-vision and TensorFlow.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeNpyFloat32 } from '@corescore/formats';
import { createLoops, referenceKernels } from '@corescore/linalg';
import {
  BRAIN_SCORE_LAMBDA,
  ostCorrelation,
  ostOverInitialisations,
  ostSplits,
  RandomState,
  SoftmaxAdamDecoder,
} from '@corescore/metrics';

const CLASSES = 10;
const PEER = fileURLToPath(new URL('./peers/brainscore_peer.py', import.meta.url));
/** The decoder of this score needs the loops alone. */
const kernels = { ...referenceKernels, loops: createLoops() };
const [runs, n, f, bins, initialisations] = [5, 400, 512, 18, 0].map((usual, at) =>
  Number(process.argv[2 + at] ?? usual),
);
const random = new RandomState(7);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.rand())) * Math.cos(2 * Math.PI * random.rand());
const normals = (count: number): Float64Array => Float64Array.from({ length: count }, normal);

/** Objects in turn, shuffled until each split tests every object: Brain-Score stops where one is absent. */
function drawLabels(): Int32Array {
  for (;;) {
    const labels = random.permutation(n).map((place) => place % CLASSES);
    if (ostSplits(n).every(({ test }) => new Set(test.map((row) => labels[row])).size === CLASSES)) return labels;
  }
}

/**
 * Rectified sums of an object's pattern, which sets in at the image's own time, an image's pattern and noise.
 * Thresholds and target times are in f32 as the files that the peer reads.
 */
function imitate() {
  const labels = drawLabels();
  const pattern = normals(CLASSES * f);
  const scale = Float64Array.from({ length: f }, () => Math.exp(normal()));
  const still = normals(n * f);
  const onset = Float64Array.from({ length: n }, () => bins * 0.6 * random.rand());
  const strength = Float64Array.from({ length: n }, () => 0.2 + 0.4 * random.rand());
  const steps = Array.from({ length: bins }, (_, t) => {
    const x = new Float32Array(n * f);
    for (let i = 0, at = 0; i < n; i++) {
      const drive = strength[i] * Math.min(1, Math.max(0, (t - onset[i]) / 4));
      for (let j = 0; j < f; j++, at++) {
        const sum = drive * pattern[labels[i] * f + j] + 0.7 * still[at] + 0.7 * normal();
        x[at] = scale[j] * Math.max(0, sum);
      }
    }
    return x;
  });
  const thresholds = Float64Array.from({ length: n }, () => Math.fround(0.5 + 2 * random.rand()));
  const targetMs = Float64Array.from(onset, (o) =>
    Math.fround(random.rand() < 0.1 ? Number.NaN : 70 + 10 * o + 40 * random.rand()),
  );
  return { labels, steps, thresholds, targetMs, startsMs: Array.from({ length: bins }, (_, t) => 70 + 10 * t) };
}

interface PeerResult {
  cpu: number;
  wall: number;
  value: number;
  error: number;
  osts: (number | null)[][];
  firstWeights: number[];
  versions: Record<string, string>;
}
const peer = (files: string[]): PeerResult =>
  JSON.parse(
    execFileSync(process.env['PYTHON'] ?? 'python3', [PEER, ...files], { encoding: 'utf8', maxBuffer: 2 ** 30 }),
  ) as PeerResult;

const { labels, steps, thresholds, targetMs, startsMs } = imitate();
const input = {
  n,
  f,
  features: (step: number) => steps[step],
  stepOfBin: [...steps.keys()],
  startsMs,
  labels,
  classes: CLASSES,
  thresholds,
  targetMs,
};

async function ours(firstWeights: number[]) {
  const first = Float64Array.from(firstWeights);
  const decoder = new SoftmaxAdamDecoder({ lambda: BRAIN_SCORE_LAMBDA, initialWeights: () => first });
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  const score = await ostCorrelation(input, decoder, kernels);
  const { user, system } = process.cpuUsage(cpu);
  return { score, cpu: (user + system) / 1e6, wall: (performance.now() - wall) / 1e3 };
}

function agreement(theirs: PeerResult, { value, splits }: Awaited<ReturnType<typeof ours>>['score']): string {
  let otherwise = 0;
  let farthest = 0;
  let images = 0;
  splits.forEach(({ osts }, s) => {
    osts.forEach((t, at) => {
      const other = theirs.osts[s][at];
      images++;
      if ((other === null) !== Number.isNaN(t)) otherwise++;
      else if (other !== null) farthest = Math.max(farthest, Math.abs(t - other));
    });
  });
  return (
    `score ${theirs.value.toFixed(6)} and ${value?.toFixed(6)}, error ${theirs.error.toFixed(6)}; of ${images} OSTs ` +
    `${otherwise} solved by one side only, the others within ${farthest.toExponential(1)} ms`
  );
}

const least = (v: number[]): string => Math.min(...v).toFixed(1);
const middle = (v: number[]): number => [...v].sort((a, b) => a - b)[Math.floor(v.length / 2)];
const folder = mkdtempSync(join(tmpdir(), 'corescore-bench-'));
const taken = {
  theirs: { cpu: [] as number[], wall: [] as number[] },
  ours: { cpu: [] as number[], wall: [] as number[] },
};
let versions = '';
let agreed = '';
try {
  const put = async (name: string, shape: number[], data: ArrayLike<number>): Promise<string> => {
    const path = join(folder, `${name}.npy`);
    await writeNpyFloat32(path, shape, Float32Array.from(data));
    return path;
  };
  const x = new Float32Array(bins * n * f);
  steps.forEach((step, t) => {
    x.set(step, t * n * f);
  });
  const files = [
    await put('x', [bins, n, f], x),
    await put('labels', [n], labels),
    await put('thresholds', [n], thresholds),
    await put('targets', [n], targetMs),
    await put('starts', [bins], startsMs),
  ];
  for (let run = 0; run < runs; run++) {
    const other = peer(files);
    const mine = await ours(other.firstWeights);
    for (const of of ['cpu', 'wall'] as const) {
      taken.theirs[of].push(other[of]);
      taken.ours[of].push(mine[of]);
    }
    versions = Object.entries(other.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ');
    agreed = agreement(other, mine.score);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  `${runs} runs in turn; ${n} images, ${f} features, ${bins} bins, 10 splits; ${availableParallelism()} cores (${cpus()[0].model}), Node ${process.versions.node}, ${kernels.loops.name}; ${versions}`,
);
if (runs > 0) {
  console.log(agreed);
  console.log('| seconds | peer, least | median | ours, least | median | ratio of medians |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
}
for (const of of runs > 0 ? (['cpu', 'wall'] as const) : []) {
  const [theirs, mine] = [taken.theirs[of], taken.ours[of]];
  const cells = [least(theirs), middle(theirs).toFixed(1), least(mine), middle(mine).toFixed(1)];
  console.log(`| ${of} | ${cells.join(' | ')} | ${(middle(theirs) / middle(mine)).toFixed(1)} |`);
}
if (initialisations > 0) {
  const { values, mean, deviation } = await ostOverInitialisations(input, [...Array(initialisations).keys()], kernels);
  const each = values.map((value) => value?.toFixed(4)).join(' ');
  console.log(
    `from ${initialisations} other first weights: mean ${mean?.toFixed(4)}, sd ${deviation?.toFixed(4)} (${each})`,
  );
}
