/**
 * What a board of many models costs the API: eight ask at once, with and without gzip, before and after it is made.
 * Peak resident memory of the API's process, seconds to the last byte, statuses.
 * Run: npm run bench -- board [models] [scores of each]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore } from '@corescore/store';
import { startTestServer, testDatabase } from '@corescore/store/testing';
import pg from 'pg';

const [models = 10_000, scores = 40] = process.argv.slice(2).map(Number);
const AT_ONCE = 8;

async function fill(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, options: '-c search_path=corescore' });
  await client.connect();
  const run = (text: string) => client.query(text);
  await run(`INSERT INTO users VALUES ('ada', now()) ON CONFLICT DO NOTHING`);
  await run(`INSERT INTO stimulus_sets VALUES (repeat('5', 64), 'tiny', '{a,b}', now())`);
  const definition = { id: 'tiny', version: 0, ref: 'tiny@0', sortMetric: 'metric_0', regions: ['IT'], references: [] };
  await client.query(
    `INSERT INTO benchmarks VALUES ('tiny@0', 'tiny', 0, repeat('b', 64), repeat('5', 64), $1, true, now())`,
    [JSON.stringify(definition)],
  );
  await run(
    `INSERT INTO models SELECT gen_random_uuid(), 'ada', 'net-' || i, now() FROM generate_series(1, ${models}) i`,
  );
  await run(`INSERT INTO model_versions (id, model_id, digest, kind, manifest, temporal, files, created_at)
    SELECT id, id, md5(name) || md5(name), 'onnx', '{}', true, '[]', now() FROM models`);
  await run(`INSERT INTO submissions (id, owner, body_digest, model_version_id, created_at)
    SELECT id, 'ada', digest, id, now() FROM model_versions`);
  await run(`INSERT INTO runs (id, submission_id, model_version_id, model_id, benchmark_ref, status, offered_at, created_at,
    queued_at, ended_at) SELECT id, id, id, id, 'tiny@0', 'scored', now(), now(), now(), now() FROM models`);
  await run(`INSERT INTO scores (run_id, metric, subset, region, position, value, low, high, unit, n, n_total)
    SELECT id, 'metric_' || s, 'all', 'IT', s, random(), random(), random(), 'r', 660, 660
    FROM models, generate_series(0, ${scores - 1}) s`);
  await run('ANALYZE');
  await client.end();
}

const peakMiB = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Reads an answer to its end without keeping it. */
function read(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; bytes: number; seconds: number }> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode!, bytes, seconds: (performance.now() - began) / 1000 }),
      );
    })
      .on('error', reject)
      .end();
  });
}

const stopServer = await startTestServer();
const database = await testDatabase();
const home = mkdtempSync(join(tmpdir(), 'corescore-bench-'));
try {
  const store = await openStore({ databaseUrl: database.databaseUrl, home });
  await store.migrate();
  await store.close();
  await fill(database.databaseUrl);
  const main = fileURLToPath(new URL('../services/api/dist/main.js', import.meta.url));
  const api = spawn(process.execPath, [main], {
    env: { ...process.env, DATABASE_URL: database.databaseUrl, CORESCORE_HOME: home, CORESCORE_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(api.stdout, 'data')) as [Buffer];
  const url = `${/http:\S+/.exec(String(line))![0]}/v1/leaderboard?benchmark=tiny`;
  console.log(`${models} models of ${scores} scores; the API has ${peakMiB(api.pid!).toFixed(0)} MiB at rest`);
  for (const [what, headers] of [
    ['made and sent plain', {}],
    ['sent plain', {}],
    ['sent gzip', { 'accept-encoding': 'gzip' }],
  ] as const) {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => read(url, headers)));
    const statuses = [...new Set(answers.map((answer) => answer.status))].join();
    const slowest = Math.max(...answers.map((answer) => answer.seconds));
    const mib = answers[0]!.bytes / 1024 ** 2;
    console.log(
      `${what}: ${AT_ONCE} at once, status ${statuses}, ${mib.toFixed(1)} MiB each, ${slowest.toFixed(2)} s, ` +
        `peak of the API ${peakMiB(api.pid!).toFixed(0)} MiB`,
    );
  }
  api.kill('SIGTERM');
  await once(api, 'exit');
} finally {
  await database.drop();
  await stopServer();
  rmSync(home, { recursive: true, force: true });
}
