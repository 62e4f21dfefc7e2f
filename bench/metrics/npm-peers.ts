/**
 * npm's ml-svm and ml-pls, in a process of their own: `npm-peers.ts ml-svm|ml-pls FOLDER` reads the arrays and prints one
 * JSON line. ml-svm: one class against the rest; ml-pls: its own algorithm (scaled, an inner relation), three components.
 */
import { join } from 'node:path';
import { readNpyHeader, readNpyRows } from '@corescore/formats';
import { PLS } from 'ml-pls';
import SVM from 'ml-svm';
import { cpuSeconds } from './jobs.js';

const [job, folder] = process.argv.slice(2);

async function rows(name: string): Promise<number[][]> {
  const path = join(folder, `${name}.npy`);
  const header = await readNpyHeader(path);
  const values = await readNpyRows(path, header, 0, header.shape[0]);
  const width = values.length / header.shape[0];
  return Array.from({ length: header.shape[0] }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]);
}

const [x, y] = [await rows('x'), await rows('y')];
const before = cpuSeconds();
if (job === 'ml-svm') {
  let seed = 1;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  const svm = new SVM({ C: 1e-3, tol: 1e-3, whitening: true, random });
  svm.train(
    x,
    y.map(([label]) => (label === 0 ? 1 : -1)),
  );
} else {
  new PLS({ latentVectors: 3, tolerance: 1e-3 }, {}).train(x, y);
}
console.log(
  JSON.stringify({
    cpu: cpuSeconds() - before,
    note: '',
    value: [],
    rssMb: process.resourceUsage().maxRSS / 1e3,
    versions: job,
  }),
);
