/**
 * A service with one model whose activations are deleted again and again while it scores them, at random moments: how
 * often the run went back to its extraction, and whether it ends scored, with no attempt counted as a failure.
 * Usage: npm run bench -- deleted-activations [times, 10]
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunView } from '@corescore/contracts';
import { call, newHome, removeHome, startServe } from '../test/support/serve.js';
import { submitBundled } from '../test/support/submit.js';

const times = Number(process.argv[2] ?? 10);
const home = newHome();
const served = await startServe({ home, args: ['--no-seed'], env: { CORESCORE_BESIDE: 'no' } });
try {
  const id = await submitBundled(served, 'ff-64', 'deleted');
  const view = () => call<RunView>(served, `/v1/runs/${id}`);
  let deleted = 0;
  for (let seen = 0; deleted < times; ) {
    const { status, attempt, failure } = await view();
    if (failure !== null) throw new Error(JSON.stringify(failure));
    if (status === 'scored') break;
    if (status === 'scoring' && attempt > seen) {
      // From "waits in scoring" to "reads them".
      await sleep(Math.random() * 1500);
      rmSync(join(home, 'activations'), { recursive: true, force: true });
      deleted += 1;
      seen = attempt;
    }
    await sleep(20);
  }
  let run = await view();
  while (run.endedAt === null) {
    await sleep(500);
    run = await view();
  }
  console.log(`deleted ${deleted} times; the run is ${run.status} after ${run.attempt} attempts`);
  if (run.status !== 'scored') process.exitCode = 1;
} finally {
  await served.stop();
  removeHome(home);
}
