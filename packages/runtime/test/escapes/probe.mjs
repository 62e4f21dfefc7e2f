// Runs in the place of a model's process and tries to get out. What it reads it says on descriptor 3; all else is seen
// from outside. `job.json` names the attempt and what it is to aim at.
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import * as fs from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

const { attempt, aim } = JSON.parse(fs.readFileSync('job.json', 'utf8'));

function say(name, what) {
  fs.writeSync(3, `${JSON.stringify([name, what])}\n`);
}

/** Whatever is refused is refused: the parent looks for what was not. */
function tryTo(act) {
  try {
    return act();
  } catch (error) {
    return `refused: ${error.code ?? error.message}`;
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function knock(target) {
  return new Promise((resolve) => {
    const socket = connect(target);
    socket.once('connect', () => socket.end('knock', () => resolve('connected')));
    socket.once('error', (error) => resolve(`refused: ${error.code}`));
    setTimeout(resolve, 1000, 'refused: no answer').unref();
  });
}

async function network() {
  say('tcp', await knock({ host: '127.0.0.1', port: aim.tcpPort }));
  say('socket file', await knock({ path: aim.socketFile }));
  say('abstract socket', await knock({ path: `\0${aim.abstractSocket}` }));
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([`127.0.0.1:${aim.udpPort}`]);
  say('dns', await resolver.resolve4('example.org').catch((error) => `refused: ${error.code}`));
  const socket = createSocket('udp4');
  socket.once('error', () => undefined);
  await new Promise((resolve) => socket.send('knock', aim.udpPort, '127.0.0.1', resolve));
  socket.close();
}

function reading() {
  say('environment', process.env);
  const own = [
    '/proc/self/environ',
    '/proc/1/environ',
    `/proc/${aim.parentPid}/environ`,
    `/proc/${process.ppid}/environ`,
  ];
  const outside = [aim.publicFile, aim.privateFile, ...own, `/proc/1/root${aim.publicFile}`, '/etc/shadow'];
  for (const path of outside)
    say(
      path,
      tryTo(() => fs.readFileSync(path, 'latin1').slice(0, 4000)),
    );
  for (const path of ['/', '/tmp', '/proc', '/root', '/home'])
    say(
      path,
      tryTo(() => fs.readdirSync(path)),
    );
  say(
    'memory',
    tryTo(() => fs.closeSync(fs.openSync(`/proc/${aim.parentPid}/mem`, 'r')) ?? 'opened'),
  );
  // Past Node's own flags, by a program of the system.
  say(
    'cat',
    tryTo(() => spawnSync('/bin/cat', outside).stdout?.toString('latin1').slice(0, 8000)),
  );
  for (let fd = 5; fd < 64; fd++) tryTo(() => say(`descriptor ${fd}`, readFrom(fd)));
}

function readFrom(fd) {
  const bytes = Buffer.alloc(100);
  return bytes.toString('latin1', 0, fs.readSync(fd, bytes, 0, 100, 0));
}

function writing() {
  const { folder } = aim;
  tryTo(() => fs.writeFileSync(join(folder, 'written'), 'written'));
  tryTo(() => fs.mkdirSync(join(folder, 'made')));
  tryTo(() => fs.unlinkSync(join(folder, 'unlink-me')));
  tryTo(() => fs.appendFileSync(join(folder, 'append-to-me'), 'more'));
  tryTo(() => fs.writeFileSync(join(folder, 'empty-me'), ''));
  tryTo(() => fs.writeFileSync('beside-the-model', ''));
  tryTo(() => fs.writeFileSync('job.json', ''));
  // The pixels, by the descriptor that came with them.
  tryTo(() => fs.truncateSync('/proc/self/fd/4', 0));
  tryTo(() => fs.ftruncateSync(4, 0));
  tryTo(() => fs.writeSync(4, 'x'));
}

function signalling() {
  say(
    'kill',
    tryTo(() => process.kill(aim.victimPid, 'SIGKILL')),
  );
  // A user namespace of its own would bring capabilities.
  say(
    'namespace',
    tryTo(() => spawnSync('/usr/bin/unshare', ['--user', '--map-root-user', 'true']).status),
  );
}

/** More processes than a run may have. */
function multiply() {
  tryTo(() => spawn('/bin/sh', ['-c', `for i in $(seq ${aim.processes}); do sleep ${aim.mark} & done; wait`]));
  return sleep(60_000);
}

/** Leaves the session and the group, loses its parent, and stays when this process ends. */
async function daemon() {
  const forked = `(sh -c 'sleep ${aim.mark}' &) &`;
  tryTo(() => spawn('/usr/bin/setsid', ['sh', '-c', forked], { stdio: 'ignore', detached: true }).unref());
  tryTo(() => spawn('/usr/bin/setsid', ['sh', '-c', forked], { stdio: 'inherit', detached: true }).unref());
  await sleep(150);
}

async function workers() {
  for (let n = 0; n < aim.processes; n++) {
    const worker = new Worker('setInterval(() => {}, 1000)', {
      eval: true,
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
    worker.on('error', () => undefined);
    if (n % 10 === 0) await sleep(1);
  }
  await sleep(60_000);
}

/** Three groups of their own that hold 300 MiB each. */
function hoard() {
  for (let n = 0; n < 3; n++) {
    const eater = `head -c 314572800 /dev/zero | tail -n 1 | (sleep ${aim.mark}; cat)`;
    tryTo(() => spawn('/usr/bin/setsid', ['sh', '-c', eater], { detached: true }));
  }
  return sleep(60_000);
}

function chatter() {
  const line = Buffer.from(`${'chatter '.repeat(200)}\n`.repeat(600));
  for (let n = 0; n < 60; n++) fs.writeSync(n % 2 ? 1 : 2, line);
}

/** A frame as the real child sends it. */
function frame(header, payloadBytes = 0, payload = Buffer.alloc(0)) {
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(text.length, 0);
  prefix.writeUInt32LE(payloadBytes, 4);
  return Buffer.concat([prefix, text, payload]);
}

function write(bytes) {
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(3, bytes, at, bytes.length - at);
}

const started = () => write(frame({ type: 'started' }));
const garbage = () => write(Buffer.alloc(1_000_000, 0xa5));
const hugePayload = () => write(frame({ type: 'rows', name: 'IT', step: 0, steps: 1, start: 0, count: 1 }, 0xffffffff));
const doneAtOnce = () => write(frame({ type: 'done' }));
const strangeFrame = () => write(frame({ type: 'constructor' }));
const logFlood = () =>
  write(Buffer.concat(Array.from({ length: 20_000 }, () => frame({ type: 'log', line: 'babble' }))));

function rowsBeyondTheEnd() {
  write(frame({ type: 'array', name: 'IT', steps: 1, features: 2, shape: [2] }));
  write(frame({ type: 'rows', name: 'IT', step: 0, steps: 1, start: 0, count: 100 }, 800, Buffer.alloc(800)));
}

const payloadOfNothing = () => write(frame({ type: 'log', line: 'babble' }, 4, Buffer.alloc(4)));

function stepsBeyondTheEnd() {
  write(frame({ type: 'array', name: 'IT', steps: 2, features: 2, shape: [2] }));
  write(frame({ type: 'rows', name: 'IT', step: 0, steps: 3, start: 0, count: 1 }, 24, Buffer.alloc(24)));
}

const attempts = {
  network,
  reading,
  writing,
  signalling,
  multiply,
  daemon,
  workers,
  hoard,
  chatter,
  started,
  garbage,
  hugePayload,
  doneAtOnce,
  strangeFrame,
  logFlood,
  rowsBeyondTheEnd,
  stepsBeyondTheEnd,
  payloadOfNothing,
};
for (const name of attempt) await attempts[name]();
