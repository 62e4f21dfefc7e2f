/**
 * schemathesis against a running service: requests made from the OpenAPI document, valid and not, with a token and
 * without. No answer may be a fault of the service; each must have a documented status, media type and shape.
 * Run: npm run bench -- schemathesis [program] [examples a call]     needs PyPI's schemathesis, in a folder of its own:
 *      python3 -m venv /tmp/st && /tmp/st/bin/pip install schemathesis==4.32.5; then the program is /tmp/st/bin/schemathesis
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [program = 'schemathesis', examples = '40'] = process.argv.slice(2);
/**
 * What the document cannot say: an owner's name that is another's (403), a digest that nobody has uploaded (404), a
 * multipart body whose manifest is random bytes. And refusing early what a schema allows is not a fault here.
 */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth',
];

const home = mkdtempSync(join(tmpdir(), 'corescore-schemathesis-'));
const url = `http://127.0.0.1:${await freePort()}`;
const bin = fileURLToPath(new URL('../packages/cli/bin/corescore.js', import.meta.url));
// The whole service: `/readyz` of an API without a worker is rightly a 503.
const service = spawn(process.execPath, [bin, 'serve', '--no-seed', '--port', new URL(url).port, '--home', home], {
  env: {
    ...process.env,
    CORESCORE_POINTS_PER_MINUTE: '1000000000',
    CORESCORE_TOKEN_GUESSES: '1000000000',
    CORESCORE_OPEN_UPLOADS: '1000000',
    CORESCORE_OPEN_UPLOAD_BYTES: String(2 ** 52),
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});
let failed = false;
try {
  while (
    !(await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (service.exitCode !== null) throw new Error('the service does not start');
    await sleep(500);
  }
  const token = readFileSync(join(home, 'token'), 'utf8').trim();
  for (const [who, headers] of [
    ['without a token', []],
    ['with a token', ['--header', `Authorization: Bearer ${token}`]],
  ] as const) {
    console.log(`== ${who}`);
    const run = spawn(
      program,
      [
        ...['run', `${url}/openapi.json`, '--url', url, '--checks', CHECKS.join(), '--max-examples', examples],
        ...['--phases', 'examples,coverage,fuzzing', '--seed', '1', '--request-timeout', '20', '--no-color'],
        ...['--continue-on-failure', '--warnings', 'off'],
        ...headers,
      ],
      { cwd: home, stdio: 'inherit' },
    );
    const [code] = (await once(run, 'exit')) as [number];
    failed ||= code !== 0;
  }
} finally {
  if (service.exitCode === null) {
    service.kill('SIGTERM');
    await once(service, 'exit');
  }
  rmSync(home, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
