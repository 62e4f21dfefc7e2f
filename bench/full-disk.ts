/**
 * Fills the disk of a working service and frees it again: its home lies on a tmpfs of 260 MB, which only root may
 * mount. `npm run bench -- full-disk [seconds that it stays full]`. Tells what the service says meanwhile, what a start
 * on the full disk says, and what became of every run. Ends with code 1 where something was lost.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunView } from '@corescore/contracts';
import { manifest } from '../packages/runtime/test/models.js';
import { onnxFile } from '../packages/runtime/test/onnx-writer.js';
import { call, endOf, newHome, removeHome, type Served, startServe, until } from '../test/support/serve.js';
import { slow } from '../test/support/slow-model.js';
import { submitBundled, submitModel } from '../test/support/submit.js';
import { isReady, postmasterPid, processes, servicePid } from '../test/support/victims.js';

const fullSeconds = Number(process.argv[2] ?? 60);
const disk = newHome();
try {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=260m', 'none', disk], { stdio: 'pipe' });
} catch (error) {
  removeHome(disk);
  console.log(`skipped: a tmpfs cannot be mounted here (${String((error as { stderr?: Buffer }).stderr).trim()})`);
  process.exit(0);
}
const home = join(disk, 'home');
mkdirSync(home);
const filler = join(disk, 'filler');
const wrong: string[] = [];
const check = (what: string, holds: boolean): void => {
  console.log(`${holds ? 'ok   ' : 'WRONG'} ${what}`);
  if (!holds) wrong.push(what);
};

function fill(): void {
  const file = openSync(filler, 'a');
  for (let bytes = 1024 ** 2; bytes >= 1; ) {
    try {
      if (writeSync(file, Buffer.alloc(bytes)) < bytes) bytes = Math.floor(bytes / 2);
    } catch {
      bytes = Math.floor(bytes / 2);
    }
  }
  closeSync(file);
}

const start = () =>
  startServe({
    home,
    args: ['--no-seed'],
    env: { CORESCORE_BESIDE: 'no', CORESCORE_LEASE_SECONDS: '5', CORESCORE_DISK_RESERVE_BYTES: String(24 * 1024 ** 2) },
  });
/** The problem that a call is refused with, `code status`. */
const refusal = (work: () => Promise<unknown>): Promise<string> =>
  work().then(
    () => 'taken',
    (error: Error) => /"code":"(\w+)"/.exec(error.message)?.[1] ?? error.message,
  );

let served: Served | undefined;
try {
  served = await start();
  const first = served;
  const runs = [await submitBundled(first, 'ff-64', 'full-disk-ff')];
  const works = (id: string) =>
    until('work', 300, async () => (await call<RunView>(first, `/v1/runs/${id}`)).progress !== null);
  for (const n of [1, 2, 3]) {
    runs.push(await submitModel(first, manifest({ name: `slow-${n}` }), onnxFile(slow(20_000 + n)), `full-disk-${n}`));
  }
  await works(runs[1]!);
  fill();
  console.log(`the disk is full; it stays so for ${fullSeconds} s`);
  const upload = () => submitModel(first, manifest({ name: 'late' }), onnxFile(slow(7)), 'late');
  check('an upload is refused by name', (await refusal(upload)) === 'disk_full');
  await sleep((fullSeconds * 1000) / 2);
  process.kill(postmasterPid(home), 'SIGKILL');
  process.kill(servicePid(home, 'worker')!, 'SIGKILL');
  await sleep((fullSeconds * 1000) / 2);
  check('the supervisor lives', first.process.exitCode === null);
  console.log(first.output().split('\n').slice(-12).join('\n'));
  await first.stop('SIGTERM');
  check('nothing is left of the service', processes(home).length === 0);
  const refused = await start().then(
    () => 'it started',
    (error: Error) => error.message,
  );
  check('a start on the full disk says so', /serve ended with 4[\s\S]*disk of .* has .* free/.test(refused));
  console.log(refused);

  rmSync(filler);
  served = await start();
  const second = served;
  check('the service is back', await isReady(second));
  const ends = await Promise.all(runs.map((id) => endOf(second, id, 1_800)));
  for (const { model, status, attempt, failure } of ends) {
    check(
      `${model.name} is scored, at attempt ${attempt}${failure === null ? '' : ` (${failure.detail})`}`,
      status === 'scored',
    );
  }
  const late = await submitModel(second, manifest({ name: 'late' }), onnxFile(slow(7)), 'late');
  check('what was refused is taken', (await endOf(second, late, 600)).status === 'scored');

  // Freed while it runs: nothing has to be started by hand.
  const waiting = await submitModel(second, manifest({ name: 'slow-4' }), onnxFile(slow(20_004)), 'full-disk-4');
  await until('work', 300, async () => (await call<RunView>(second, `/v1/runs/${waiting}`)).progress !== null);
  fill();
  process.kill(postmasterPid(home), 'SIGKILL');
  await sleep(15_000);
  rmSync(filler);
  check('freed while it runs: it is ready', await until('ready', 120, () => isReady(second)).catch(() => false));
  const end = await endOf(second, waiting, 600);
  check(
    `freed while it runs: its run is scored, at attempt ${end.attempt}`,
    end.status === 'scored' && end.attempt === 1,
  );
} finally {
  await served?.stop('SIGTERM');
  execFileSync('umount', [disk]);
  removeHome(disk);
}
console.log(wrong.length === 0 ? 'nothing was lost' : `${wrong.length} wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
