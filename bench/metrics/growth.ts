/** How the cost of decoding and predictivity grows: CPU seconds of one process, one thread, against one size at a time. */
import { createOrtKernels } from '@corescore/linalg';
import { decode, foldSplits, plsPredict, pooledGram, stratifiedKFold } from '@corescore/metrics';
import { CLASSES, imitate, imitateSites } from './data.js';
import { cpuSeconds } from './jobs.js';
import { type Panel, panels } from './plot.js';

const FOLDS = 10;

const foldsOf = (labels: Int32Array) => stratifiedKFold(Array.from(labels, String), FOLDS, 1);

/** Ten folds of ten classes at each step; every step the same, as its cost does not depend on the values much. */
async function decoding(n: number, f: number, steps: number, kernels: Kernels): Promise<number> {
  const { x, labels } = imitate(n, f);
  const folds = [foldsOf(labels)];
  const before = cpuSeconds();
  for (let step = 0; step < steps; step++) {
    await decode({ x, n, f, labels, classes: CLASSES, folds, c: 1e-3 }, kernels);
  }
  return cpuSeconds() - before;
}

/** Ten splits of 25 components. */
async function predicting(n: number, f: number, sites: number, kernels: Kernels): Promise<number> {
  const made = imitate(n, f);
  const y = imitateSites(made, n, sites);
  const splits = foldSplits(foldsOf(made.labels), FOLDS);
  const before = cpuSeconds();
  await plsPredict(await pooledGram(made.x, n, f, kernels), { y, n, m: sites }, splits);
  return cpuSeconds() - before;
}

type Kernels = Awaited<ReturnType<typeof createOrtKernels>>;
type Measure = (size: number, kernels: Kernels) => Promise<number>;

const SERIES: { title: string; axis: string; sizes: number[]; svm?: Measure; pls?: Measure }[] = [
  {
    title: 'images (2,048 features, 100 sites)',
    axis: 'images',
    sizes: [330, 660, 1318, 2640],
    svm: (n, kernels) => decoding(n, 2048, 1, kernels),
    pls: (n, kernels) => predicting(n, 2048, 100, kernels),
  },
  {
    title: 'features (660 images, 100 sites)',
    axis: 'features',
    sizes: [128, 512, 1024, 4096, 16384],
    svm: (f, kernels) => decoding(660, f, 1, kernels),
    pls: (f, kernels) => predicting(660, f, 100, kernels),
  },
  {
    title: 'steps (660 images, 1,024 features)',
    axis: 'steps',
    sizes: [1, 2, 4, 8],
    svm: (steps, kernels) => decoding(660, 1024, steps, kernels),
  },
  {
    title: 'sites (660 images, 1,024 features)',
    axis: 'sites',
    sizes: [20, 80, 320, 1280],
    pls: (sites, kernels) => predicting(660, 1024, sites, kernels),
  },
];

/** A table of CPU seconds, and the same as a picture. */
export async function growth(): Promise<{ table: string; svg: string }> {
  const kernels = await createOrtKernels({ threads: 1 });
  // Compiled before anything is timed.
  await decoding(200, 300, 2, kernels);
  await predicting(200, 300, 20, kernels);
  const rows = [
    '| against | size | SVM, ten folds of ten classes, CPU s | PLS, ten splits, CPU s |',
    '| --- | ---: | ---: | ---: |',
  ];
  const drawn: Panel[] = [];
  for (const { title, axis, sizes, svm, pls } of SERIES) {
    const lines: Panel['lines'] = [];
    const columns: string[][] = [];
    for (const [name, measure] of [
      ['SVM', svm],
      ['PLS', pls],
    ] as const) {
      const seconds: number[] = [];
      for (const size of measure === undefined ? [] : sizes) seconds.push(await measure!(size, kernels));
      columns.push(sizes.map((_, i) => seconds[i]?.toPrecision(2) ?? ''));
      if (seconds.length > 0) lines.push({ name, points: sizes.map((size, i) => [size, seconds[i]]) });
    }
    sizes.forEach((size, i) => {
      rows.push(`| ${i === 0 ? title : ''} | ${size} | ${columns[0][i]} | ${columns[1][i]} |`);
    });
    drawn.push({ title, axis, lines });
  }
  await kernels.dispose();
  return { table: rows.join('\n'), svg: panels(drawn, 'CPU s') };
}
