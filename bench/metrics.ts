/**
 * Decoding and predictivity against NumPy, scikit-learn, ml-svm and ml-pls on the same arrays, peer and ours in turn in
 * one run, each in a process of its own; CPU seconds, minimum and median, and peak resident memory. A peer that would run
 * for hours does some of the folds and is compared fold by fold.
 * Run: npm run bench -- metrics [runs] [job ...]     PYTHON names an interpreter that has scikit-learn.
 *      npm run bench -- metrics growth [svg]         how the cost of ours grows with images, features, steps and sites
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeNpyFloat32 } from '@corescore/formats';
import { stratifiedKFold } from '@corescore/metrics';
import { median } from './measure/turns.js';
import { imitate, imitateSites } from './metrics/data.js';
import { growth } from './metrics/growth.js';
import type { Job } from './metrics/jobs.js';

interface Result {
  cpu: number;
  solver?: number | null;
  note: string;
  value: number[][];
  rssMb: number;
  versions: string;
}

interface Row {
  title: string;
  job: Job;
  peer: 'scikit-learn' | 'ml-svm' | 'ml-pls';
  n: number;
  f: number;
  sites?: number;
  /** Folds or splits that the peer does. */
  count: number;
  /** What the peer does of a fold: ml-svm one class of ten, ml-pls three components of 25. */
  share?: number;
}

const ROWS: Row[] = [
  { title: 'Gram, 1,318 x 4,096, f64', job: 'gram', peer: 'scikit-learn', n: 1318, f: 4096, count: 1 },
  { title: 'SVM, 4,096 features, a fold of ten classes', job: 'svm', peer: 'scikit-learn', n: 1318, f: 4096, count: 2 },
  { title: 'SVM, 25,088 features', job: 'svm', peer: 'scikit-learn', n: 1318, f: 25088, count: 2 },
  {
    title: 'PLS, 4,096 features, 168 sites, a split',
    job: 'pls',
    peer: 'scikit-learn',
    n: 3200,
    f: 4096,
    sites: 168,
    count: 1,
  },
  { title: 'PLS, 25,088 features', job: 'pls', peer: 'scikit-learn', n: 3200, f: 25088, sites: 168, count: 1 },
  { title: 'softmax, 4,096 features, a fold', job: 'softmax', peer: 'scikit-learn', n: 1318, f: 4096, count: 1 },
  { title: 'softmax, 25,088 features', job: 'softmax', peer: 'scikit-learn', n: 1318, f: 25088, count: 1 },
  {
    title: 'SVM, 300 images, 4,096 features, a fold',
    job: 'svm',
    peer: 'ml-svm',
    n: 300,
    f: 4096,
    count: 1,
    share: 0.1,
  },
  {
    title: 'PLS, 400 images, 512 features, 20 sites',
    job: 'pls',
    peer: 'ml-pls',
    n: 400,
    f: 512,
    sites: 20,
    count: 1,
    share: 3 / 25,
  },
];

const FOLDS = 10;
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Writes x, y and fold; the same for all runs of a row. */
async function write(folder: string, { n, f, sites }: Row): Promise<void> {
  const made = imitate(n, f);
  const put = (name: string, shape: number[], data: ArrayLike<number>) =>
    writeNpyFloat32(join(folder, `${name}.npy`), shape, Float32Array.from(data));
  await put('x', [n, f], made.x);
  if (sites === undefined) await put('y', [n], made.labels);
  else await put('y', [n, sites], imitateSites(made, n, sites));
  await put('fold', [n], stratifiedKFold(Array.from(made.labels, String), FOLDS, 1));
}

function run(command: string, args: string[]): Result {
  // One kernel of OpenBLAS for all machines would slow the peer down: it chooses its own.
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  return JSON.parse(execFileSync(command, args, { env, encoding: 'utf8', maxBuffer: 2 ** 30 })) as Result;
}

const ours = (row: Row, folder: string) =>
  run(process.execPath, ['--import', 'tsx', here('./metrics/ours.ts'), row.job, folder]);
const theirs = (row: Row, folder: string) =>
  row.peer === 'scikit-learn'
    ? run(process.env['PYTHON'] ?? 'python3', [here('./metrics/sklearn_peer.py'), row.job, folder, String(row.count)])
    : run(process.execPath, ['--import', 'tsx', here('./metrics/npm-peers.ts'), row.peer, folder]);

const least = (v: number[]) => Math.min(...v);

function agreement(row: Row, mine: Result, other: Result): string {
  if (other.value.length === 0) return mine.note;
  if (row.job === 'svm') {
    const same = mine.value[0].filter((label, i) => label === other.value[0][i]).length;
    return `${same} of ${mine.value[0].length} images named alike; ${mine.note}`;
  }
  const rows = row.job === 'pls' ? mine.value.slice(0, -1) : mine.value;
  let largest = 0;
  let worst = 0;
  rows.forEach((values, i) => {
    values.forEach((v, j) => {
      largest = Math.max(largest, Math.abs(other.value[i][j]));
      worst = Math.max(worst, Math.abs(v - other.value[i][j]));
    });
  });
  const iterations =
    row.job === 'pls'
      ? `; n_iter_ ${mine.value.at(-1)!.join() === other.value.at(-1)!.join() ? 'equal' : 'DIFFERENT'}`
      : '';
  return `largest difference ${(worst / largest).toExponential(1)} of the largest${iterations}${mine.note ? `; ${mine.note}` : ''}`;
}

async function compare(row: Row, runs: number): Promise<{ lines: string[]; versions: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'corescore-bench-'));
  try {
    await write(folder, row);
    const [mine, other]: [Result[], Result[]] = [[], []];
    for (let k = 0; k < runs; k++) {
      mine.push(ours(row, folder));
      other.push(theirs(row, folder));
    }
    const share = row.share ?? 1;
    const line = (title: string, a: number[], b: number[], rest: string) => {
      const cells = [least(b), median(b), least(a), median(a)].map((s) => s.toPrecision(3));
      return `| ${title} | ${row.peer} | ${cells.join(' | ')} | **${(median(b) / median(a)).toFixed(1)}** | ${rest} |`;
    };
    const memory = `${Math.round(Math.max(...mine.map((r) => r.rssMb)))} / ${Math.round(Math.max(...other.map((r) => r.rssMb)))}`;
    const lines = [
      line(
        row.title,
        mine.map((r) => r.cpu),
        other.map((r) => r.cpu / share),
        `${memory} | ${agreement(row, mine[0], other[0])}`,
      ),
    ];
    if (other[0].solver) {
      const solver = (results: Result[]) => results.map((r) => r.solver!);
      lines.push(line(`${row.title}: the solver alone`, solver(mine), solver(other), '|'));
    }
    return { lines, versions: [mine[0].versions, other[0].versions] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const machine = `${availableParallelism()} cores (${cpus()[0].model}), Node ${process.versions.node}`;
const args = process.argv.slice(2);
if (args[0] === 'growth') {
  const { table, svg } = await growth();
  console.log(machine);
  console.log(table);
  if (args[1] !== undefined) writeFileSync(args[1], svg);
} else {
  const runs = Number(args[0] ?? 5);
  const wanted = ROWS.filter(({ title }) => args.length < 2 || args.slice(1).some((word) => title.includes(word)));
  const versions = new Set<string>();
  console.log(
    '| job | peer | peer, least CPU s | median | ours, least | median | ratio of medians | MB, ours / peer | agreement |',
  );
  console.log('| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |');
  for (const row of wanted) {
    const { lines, versions: used } = await compare(row, runs);
    for (const line of lines) console.log(line);
    for (const version of used) versions.add(version);
  }
  console.log(`${runs} runs in turn; ${machine}; ${[...versions].join('; ')}`);
}
