// Parent of the probe: starts it behind a fence, as the worker starts a model, and writes down what it sees of it. A
// program of its own, so that it can run as an ordinary user too. Argument: `{ "without": [measures] }`.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { spawnModelProcess } from '../../dist/child-process.js';
import { ProcessTree } from '../../dist/process-tree.js';
import { MOST_TASKS } from '../../dist/sandbox/command.js';
import { probeHost } from '../../dist/sandbox/probe.js';
import { CHILD_ENTRY, fenceOn } from '../../dist/sandbox.js';

const MIB = 1024 ** 2;
const { without, attempts } = JSON.parse(process.argv[2]);
const entry = fileURLToPath(new URL('./probe.mjs', import.meta.url));
const host = await probeHost(CHILD_ENTRY, without);
const outside = fs.mkdtempSync(join(tmpdir(), 'corescore-escapes-'));
fs.chmodSync(outside, 0o755);

/** Seconds that no other program sleeps: processes of the probe are known by it. */
const mark = `86${Math.random().toString().slice(2, 8)}`;

function put(name, mode) {
  const path = join(outside, name);
  fs.writeFileSync(path, `secret of ${name}`);
  fs.chmodSync(path, mode);
  return path;
}

/** Open to all, so that only the fence is in the way. */
function openFolder() {
  const folder = join(outside, 'open');
  fs.mkdirSync(folder);
  fs.chmodSync(folder, 0o777);
  for (const name of ['unlink-me', 'append-to-me', 'empty-me']) put(join('open', name), 0o666);
  return folder;
}

async function listeners() {
  const seen = { tcp: 0, socketFile: 0, abstractSocket: 0, udp: [] };
  const server = async (name, at) => {
    const made = createServer((socket) => {
      seen[name]++;
      socket.on('error', () => undefined).resume();
    });
    await new Promise((resolve) => made.listen(at, resolve));
    made.unref();
    return made;
  };
  const tcp = await server('tcp', { host: '127.0.0.1', port: 0 });
  const socketFile = join(outside, 'socket');
  await server('socketFile', { path: socketFile });
  fs.chmodSync(socketFile, 0o777);
  await server('abstractSocket', { path: `\0${mark}` });
  const udp = createSocket('udp4', (message) => seen.udp.push(message.toString('latin1')));
  await new Promise((resolve) => udp.bind(0, '127.0.0.1', resolve));
  udp.unref();
  const aim = { tcpPort: tcp.address().port, udpPort: udp.address().port, socketFile, abstractSocket: mark };
  return { seen, aim };
}

const marked = () =>
  fs
    .readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => contents(`/proc/${pid}/cmdline`).includes(mark))
    .map(Number);

function contents(path) {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

const { seen, aim } = await listeners();
const victim = spawn('sleep', ['1000'], { stdio: 'ignore' });
Object.assign(aim, {
  parentPid: process.pid,
  victimPid: victim.pid,
  publicFile: put('public', 0o644),
  privateFile: put('private', 0o600),
  folder: openFolder(),
  processes: MOST_TASKS + 60,
  mark,
});

async function run(attempt) {
  const fence = fenceOn(host);
  const folder = fs.mkdtempSync(join(tmpdir(), 'corescore-model-'));
  const job = join(folder, 'job.json');
  fs.writeFileSync(job, JSON.stringify({ attempt, aim }), { mode: 0o640 });
  const pixels = join(outside, 'pixels');
  fs.writeFileSync(pixels, 'pixels');
  const pixelsFd = fs.openSync(pixels, 'r');
  if (fence.gid !== null) {
    for (const path of [folder, job]) fs.chownSync(path, process.getuid(), fence.gid);
    fs.chmodSync(folder, 0o750);
  }
  const lines = [];
  const child = spawnModelProcess({
    sandbox: fence,
    limits: { wallSeconds: 20, memoryBytes: 512 * MIB, maxActivationBytes: 1, threads: 1 },
    workDir: folder,
    pixelsFd,
    entry,
    onLog: (line) => lines.push(line),
  });
  // Counted as the kernel does: threads are tasks too.
  const tree = new ProcessTree(findLeader());
  let mostTasks = 0;
  const counting = setInterval(() => {
    const threads = (pid) => Number(/^Threads:\s+(\d+)/m.exec(contents(`/proc/${pid}/status`))?.[1] ?? 0);
    mostTasks = Math.max(
      mostTasks,
      tree.members().reduce((sum, pid) => sum + threads(pid), 0),
    );
    if (attempt.includes('multiply') && (mostTasks > aim.processes || polls++ > 30)) child.kill('abort');
  }, 50);
  let polls = 0;
  const said = await text(child.frames);
  const end = await child.ended;
  clearInterval(counting);
  // A killed process takes a moment to be gone.
  for (let looks = 0; looks < 100 && marked().length > 0; looks++) await new Promise((r) => setTimeout(r, 20));
  const left = marked();
  for (const pid of left) process.kill(pid, 'SIGKILL');
  fs.closeSync(pixelsFd);
  const found = { pixels: contents(pixels), job: contents(job), folder: fs.readdirSync(folder) };
  fs.rmSync(folder, { recursive: true, force: true });
  return {
    said,
    end: { ...end, spawnError: end.spawnError?.message ?? null, logTail: end.logTail.slice(-1000) },
    logLines: lines.length,
    mostTasks,
    left: left.length,
    ...found,
    folder: found.folder.filter((name) => name !== '.root' && name !== 'job.json'),
  };
}

/** Whether the victim is gone or has been killed: on a busy machine a killed process takes a while to die. */
function isDying() {
  if (victim.exitCode !== null || victim.signalCode !== null) return true;
  const status = contents(`/proc/${victim.pid}/status`);
  const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s+([0-9a-f]+)$/gm)].map(([, mask]) => BigInt(`0x${mask}`));
  const killed = pending.some((mask) => (mask >> BigInt(constants.signals.SIGKILL - 1)) & 1n);
  return killed || !/^State:\s+[RSDT]/m.test(status);
}

/** The child that is no victim. */
function findLeader() {
  return contents(`/proc/self/task/${process.pid}/children`)
    .trim()
    .split(' ')
    .map(Number)
    .findLast((pid) => pid !== victim.pid);
}

const runs = {};
for (const attempt of attempts) runs[attempt.join()] = await run(attempt);
const alive = !isDying();
victim.kill('SIGKILL');
const open = Object.fromEntries(fs.readdirSync(aim.folder).map((name) => [name, contents(join(aim.folder, name))]));
fs.rmSync(outside, { recursive: true, force: true });
process.stdout.write(
  JSON.stringify({ held: [...host.held], lines: fenceOn(host).lines, mostTasks: MOST_TASKS, runs, seen, alive, open }),
  () => process.exit(0),
);
