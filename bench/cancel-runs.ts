/**
 * Cancels runs at random moments of their scoring, ends the worker now and then, and counts what it cost: aborts of the
 * worker and attempts that were lost; both must be 0.
 * Run: npm run bench -- cancel-runs [cancels = 200] [SIGTERMs = 10] [longest moment, s = 6] [seed = 1]
 */

import { cancelRuns } from '../test/support/cancel-runs.js';
import { newHome, removeHome, startServe } from '../test/support/serve.js';
import { submitBundled } from '../test/support/submit.js';

const [cancels, terms, longestSeconds, seed] = [200, 10, 6, 1].map((value, k) => Number(process.argv[2 + k] ?? value));
const home = newHome();
const served = await startServe({ home, args: ['--no-seed'] });
try {
  const outcome = await cancelRuns(served, {
    submit: (key) => submitBundled(served, 'bl-64', key),
    cancels,
    terms,
    longestSeconds,
    seed,
    onCancelled: (count) => count % 20 === 0 && console.log(`${count} of ${cancels} cancelled`),
  });
  const latency = outcome.latencySeconds.sort((a, b) => a - b);
  const at = (share: number) => (latency[Math.floor(share * (latency.length - 1))] ?? Number.NaN).toFixed(1);
  console.log(
    `${cancels} cancels (${outcome.withinScoring} while scoring), ${terms} SIGTERMs of the worker, moments up to ${longestSeconds} s, seed ${seed}`,
  );
  console.log(`from a cancel to the next run’s scoring: median ${at(0.5)} s, 95 % ${at(0.95)} s, longest ${at(1)} s`);
  console.log(`aborts: ${outcome.aborts}\nattempts lost: ${outcome.lost}`);
  process.exitCode = outcome.aborts + outcome.lost === 0 ? 0 : 1;
} finally {
  await served.stop();
  removeHome(home);
}
