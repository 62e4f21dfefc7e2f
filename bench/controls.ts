/**
 * What the headline and each control of bl-64 cost: processor time of the scoring processes, their start included, and the
 * wall time, each alone. With a file, scores and series are written there; with an older file beside it, compared to it:
 * every number that differs is printed.
 * Run: npm run bench -- controls [OUT.json [BEFORE.json]]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bundledModels,
  controlsOf,
  loadBenchmark,
  prepareActivations,
  prepareTwin,
  scoreActivations,
  scoreControl,
} from '@corescore/benchmarks';
import type { Score, Series } from '@corescore/contracts';
import { parseManifest } from '@corescore/formats';

type Found = { scores: Score[]; series: Series[] };

const THREADS = 2;
const CLOCK_TICKS = 100;
/** User and system time of the processes that have ended and were ours, s. */
function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[13]) + Number(fields[14])) / CLOCK_TICKS;
}

const [out, before] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'corescore-bench-controls-'));
try {
  const benchmark = await loadBenchmark('core-objects-ost', folder);
  const model = bundledModels().find(({ name }) => name === 'bl-64')!;
  const manifest = parseManifest(JSON.parse(readFileSync(model.manifestPath, 'utf8')));
  const limits = { wallSeconds: 1200, memoryBytes: 2 ** 32, maxActivationBytes: 2 ** 31, threads: THREADS };
  const request = { manifest, files: { 'model.onnx': model.modelPath }, outDir: join(folder, 'own'), limits };
  const { path, temporal } = (await prepareActivations(benchmark, request)).regions.IT!;
  const twin = await prepareTwin(benchmark, { ...request, outDir: join(folder, 'twin') });
  const activations = { path, temporal, clock: manifest.clock, twin };

  let total = 0;
  async function measured<T>(name: string, work: () => Promise<T>): Promise<T> {
    const [cpu, wall] = [childSeconds(), performance.now()];
    const found = await work();
    const spent = childSeconds() - cpu;
    total += spent;
    const seconds = (performance.now() - wall) / 1000;
    console.log(`${name.padEnd(26)}${spent.toFixed(1).padStart(8)} CPU s${seconds.toFixed(1).padStart(8)} s`);
    return found;
  }
  const headline = await measured('headline', () => scoreActivations(benchmark, activations, { threads: THREADS }));
  const parts: Found[] = [headline];
  for (const name of controlsOf(benchmark)) {
    parts.push(await measured(name, () => scoreControl(benchmark, name, activations, { threads: THREADS, headline })));
  }
  console.log(`${'together'.padEnd(26)}${total.toFixed(1).padStart(8)} CPU s`);

  const found: Found = { scores: parts.flatMap((p) => p.scores), series: parts.flatMap((p) => p.series) };
  if (out !== undefined) writeFileSync(out, JSON.stringify(found));
  if (before !== undefined) compare(JSON.parse(readFileSync(before, 'utf8')) as Found, found);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Numbers by where they stand: "accuracy all value", "ost_strip all low 12". */
function numbersOf({ scores, series }: Found): Map<string, number | null> {
  const numbers = new Map<string, number | null>();
  for (const score of scores) {
    for (const key of ['value', 'low', 'high', 'error', 'ceiling', 'ceiled', 'n', 'nTotal'] as const) {
      numbers.set(`${score.metric} ${score.subset} ${key}`, score[key] ?? null);
    }
  }
  for (const one of series) {
    for (const key of ['values', 'low', 'high'] as const) {
      one[key]?.forEach((value, at) => {
        numbers.set(`${one.name} ${one.subset} ${key} ${at}`, value);
      });
    }
  }
  return numbers;
}

function compare(was: Found, is: Found): void {
  const [old, now] = [numbersOf(was), numbersOf(is)];
  const places = [...new Set([...old.keys(), ...now.keys()])];
  const different = places.filter((place) => old.get(place) !== now.get(place));
  for (const place of different) console.log(`${place}: ${old.get(place)} -> ${now.get(place)}`);
  console.log(`${places.length - different.length} of ${places.length} numbers are equal`);
}
