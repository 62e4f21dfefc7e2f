/**
 * What one submission costs: bl-64 from submit to scored, by stage, and the peak resident memory of the API, the
 * worker (with its scoring threads) and the model process, sampled together every 50 ms.
 * Run: npm run bench -- main-job [runs]
 */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunView } from '@corescore/contracts';
import { call, newHome, removeHome, startServe } from '../test/support/serve.js';
import { submitBundled } from '../test/support/submit.js';

type Part = 'api' | 'worker' | 'model';

/** Resident bytes of each of our processes below the supervisor; a process that just ended counts nothing. */
async function residentBytes(): Promise<Map<Part, number>> {
  const found = new Map<Part, number>();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const part = args.includes('services/api/')
        ? 'api'
        : args.includes('services/worker/') || args.includes('scoring-process')
          ? 'worker'
          : args.includes('packages/runtime/')
            ? 'model'
            : null;
      if (part === null) continue;
      const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
      found.set(part, (found.get(part) ?? 0) + pages * 4096);
    } catch {
      // gone between the listing and the reading
    }
  }
  return found;
}

const seconds = (from: string | null, to: string | null): number => (Date.parse(to!) - Date.parse(from!)) / 1000;
const runs = Number(process.argv[2] ?? 3);
const rows: { queued: number; extracting: number; scoring: number; total: number }[] = [];
const peak = new Map<Part | 'together', number>();

for (let k = 0; k < runs; k++) {
  // A fresh home each time: the second submission of the same model would find its activations.
  const home = newHome();
  const served = await startServe({ home, args: ['--no-seed'] });
  try {
    const id = await submitBundled(served, 'bl-64', `bench-${k}`);
    let run: RunView;
    do {
      run = await call<RunView>(served, `/v1/runs/${id}`);
      const now = await residentBytes();
      let together = 0;
      for (const [part, bytes] of now) {
        peak.set(part, Math.max(peak.get(part) ?? 0, bytes));
        together += bytes;
      }
      peak.set('together', Math.max(peak.get('together') ?? 0, together));
      await sleep(50);
    } while (run.status !== 'scored' && run.status !== 'failed');
    if (run.status === 'failed') throw new Error(JSON.stringify(run.failure));
    rows.push({
      queued: seconds(run.createdAt, run.extractingAt),
      extracting: seconds(run.extractingAt, run.scoringAt),
      scoring: seconds(run.scoringAt, run.endedAt),
      total: seconds(run.createdAt, run.endedAt),
    });
  } finally {
    await served.stop();
    removeHome(home);
  }
}

const stat = (values: number[]): string => {
  const sorted = [...values].sort((a, b) => a - b);
  return `${sorted[0].toFixed(1).padStart(8)} ${sorted[Math.floor(sorted.length / 2)].toFixed(1).padStart(8)}`;
};
console.log(
  `bl-64 on core-objects-ost, ${runs} runs; ${availableParallelism()} cores (${cpus()[0].model}), Node ${process.versions.node}`,
);
console.log('stage       min s    median s   (goal: at most 60 s from submit to scored)');
for (const stage of ['queued', 'extracting', 'scoring', 'total'] as const)
  console.log(`${stage.padEnd(11)}${stat(rows.map((r) => r[stage]))}`);
console.log('peak resident memory, MB   (goal: at most 1,500 together)');
for (const part of ['api', 'worker', 'model', 'together'] as const)
  console.log(`${part.padEnd(11)}${((peak.get(part) ?? 0) / 1e6).toFixed(0).padStart(8)}`);
