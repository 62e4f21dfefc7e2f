/**
 * One run of one job in a process of its own, so that its peak memory is its own: `ours.ts JOB FOLDER` reads the arrays
 * and prints one JSON line. A smaller run first compiles what the timed one runs.
 */
import { join } from 'node:path';
import { readNpyHeader, readNpyRows } from '@corescore/formats';
import { createOrtKernels } from '@corescore/linalg';
import { type Arrays, cpuSeconds, JOBS, type Job } from './jobs.js';

const [job, folder] = process.argv.slice(2) as [Job, string];

async function read(name: string): Promise<{ values: Float32Array; shape: number[] }> {
  const path = join(folder, `${name}.npy`);
  const header = await readNpyHeader(path);
  return { values: await readNpyRows(path, header, 0, header.shape[0]), shape: header.shape };
}

/** The first rows and features: every class and fold is among 200 rows. */
function part({ x, n, f, y, fold }: Arrays): Arrays {
  const [rows, columns] = [Math.min(n, 200), Math.min(f, 300)];
  const small = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) small.set(x.subarray(i * f, i * f + columns), i * columns);
  return { x: small, n: rows, f: columns, y: y.slice(0, (rows * y.length) / n), fold: fold.slice(0, rows) };
}

const x = await read('x');
const arrays: Arrays = {
  x: x.values,
  n: x.shape[0],
  f: x.shape[1],
  y: (await read('y')).values,
  fold: Int32Array.from((await read('fold')).values),
};
const kernels = await createOrtKernels({ threads: 1 });
// A Gram matrix is so quick that its first pages would count: all of it once before.
await JOBS[job](job === 'gram' ? arrays : part(arrays), kernels);
const before = cpuSeconds();
const done = await JOBS[job](arrays, kernels);
const cpu = (cpuSeconds() - before) / done.per;
console.log(
  JSON.stringify({
    cpu,
    solver: done.solver,
    note: done.note,
    value: done.value,
    rssMb: process.resourceUsage().maxRSS / 1e3,
    versions: `${kernels.name}, ${kernels.loops.name}`,
  }),
);
