/**
 * Kills the embedded Postgres of a working service, its postmaster and its backends in turn, and tells for each kill
 * how long `/readyz` said 503, and at the end what became of every run: `npm run bench -- kill-postgres [kills]`.
 * Ends with code 1 where the service did not come back, or where a run was lost, doubled or cost an attempt.
 */
import type { RunView } from '@corescore/contracts';
import { manifest } from '../packages/runtime/test/models.js';
import { onnxFile } from '../packages/runtime/test/onnx-writer.js';
import { call, endOf, newHome, removeHome, startServe, until } from '../test/support/serve.js';
import { slow } from '../test/support/slow-model.js';
import { submitBundled, submitModel } from '../test/support/submit.js';
import { backendPid, isReady, postmasterPid } from '../test/support/victims.js';

const kills = Number(process.argv[2] ?? 20);
const ROUNDS = 20_000;
const home = newHome();
const served = await startServe({ home, args: ['--no-seed'], env: { CORESCORE_BESIDE: 'no' } });
const runs: string[] = [];
let failed = 0;
try {
  for (let kill = 0; kill < kills; kill++) {
    // Work at both stages: the slow one is extracted anew each time (its rounds are part of what it is), ff-64 is scored.
    const name = `slow-${kill}`;
    runs.push(await submitModel(served, manifest({ name }), onnxFile(slow(ROUNDS + kill)), `bench-${name}`));
    if (kill % 4 === 0) runs.push(await submitBundled(served, 'ff-64', `bench-ff-${kill}`));
    await until('work', 300, async () => {
      const views = await Promise.all(runs.map((id) => call<RunView>(served, `/v1/runs/${id}`)));
      return views.some(
        ({ status, progress }) => (status === 'extracting' || status === 'scoring') && progress !== null,
      );
    });
    const what = kill % 2 === 0 ? 'postmaster' : 'backend';
    const began = performance.now();
    process.kill((what === 'postmaster' ? postmasterPid : backendPid)(home), 'SIGKILL');
    const gone = await until('503', 2, async () => !(await isReady(served))).catch(() => false);
    const back = await until('ready', 60, () => isReady(served)).catch(() => false);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    if (!back) failed += 1;
    const how = back
      ? gone
        ? `ready again after ${seconds} s`
        : 'was never seen away'
      : 'did NOT come back within 60 s';
    console.log(`kill ${String(kill + 1).padStart(2)} of a ${what.padEnd(10)}  ${how}`);
    if (!back) break;
  }
  if (failed === 0) {
    const ends = await Promise.all(runs.map((id) => endOf(served, id, 1_800)));
    const scored = ends.filter(({ status }) => status === 'scored').length;
    const attempts = ends.reduce((sum, { attempt }) => sum + attempt - 1, 0);
    for (const { model, status, failure, attempt } of ends) {
      if (status !== 'scored' || attempt > 1)
        console.log(`${model.name}: ${status}, attempt ${attempt}, ${failure?.detail}`);
    }
    // The slow model gives activations that are scored like any others.
    failed = runs.length - scored + attempts;
    console.log(`${runs.length} runs: ${scored} scored, ${attempts} attempts lost; ${kills} kills`);
  }
} finally {
  await served.stop();
  removeHome(home);
}
process.exit(failed === 0 ? 0 : 1);
