import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from '@corescore/contracts/env';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onnxUpload } from './support/models.js';
import { multipart } from './support/multipart.js';
import { openService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await openService({ limits: { ...parseEnv({}, '/').limits, tokenGuesses: 1000 } });
  await service.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => service.close());

const port = (): number => (service.app.server.address() as AddressInfo).port;

async function begin(request: string, headers: Record<string, string>): Promise<Socket> {
  const socket = connect(port(), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const lines = Object.entries({ host: 'test', ...headers }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`${request} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  return socket;
}

/** Sends and sends until the connection is cut; what the server read of it and what it said. */
async function flood(socket: Socket, chunk = Buffer.alloc(64 * 1024, 'x')): Promise<{ answer: string; read: number }> {
  const [served] = await connections();
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const send = (): void => {
    if (!socket.destroyed && socket.writable) socket.write(chunk, () => setImmediate(send));
  };
  send();
  await closed;
  return { answer, read: served!.bytesRead };
}

const sockets: Socket[] = [];
/** The server's end of the newest connection. */
async function connections(): Promise<Socket[]> {
  for (let i = 0; i < 200 && sockets.length === 0; i++) await sleep(5);
  return sockets.slice(-1);
}
beforeAll(() => {
  service.app.server.on('connection', (socket: Socket) => sockets.push(socket));
});

const GIB = String(1024 ** 3);
const REFUSED: [what: string, status: number, request: string, headers: () => Record<string, string>][] = [
  ['no token', 401, 'POST /v1/models/ada/ff-64/versions', () => ({})],
  ['a wrong token', 401, 'POST /v1/submissions', () => ({ authorization: 'Bearer wrong' })],
  ['a scope that is missing', 403, 'POST /v1/tokens', () => ({ authorization: `Bearer ${service.tokens.submit}` })],
  [
    'an upload over the limit',
    413,
    'POST /v1/models/ada/ff-64/versions',
    () => ({ authorization: `Bearer ${service.tokens.submit}`, 'content-length': String(5 * 1024 ** 3) }),
  ],
  [
    'a JSON body over the limit',
    413,
    'POST /v1/submissions',
    () => ({ authorization: `Bearer ${service.tokens.submit}` }),
  ],
  ['a path that is none', 404, 'POST /v1/nothing', () => ({})],
  ['a method that is none', 405, 'PUT /v1/submissions', () => ({})],
  [
    'a media type that is none',
    415,
    'POST /v1/submissions',
    () => ({ authorization: `Bearer ${service.tokens.submit}`, 'content-type': 'text/xml' }),
  ],
];

test.each(REFUSED)(
  'the body of a request with %s (%i) is not read, and its connection is closed',
  async (...refused) => {
    const [, status, request, headers] = refused;
    const type = request.includes('versions') ? 'multipart/form-data; boundary=b' : 'application/json';
    const socket = await begin(request, { 'content-type': type, 'content-length': GIB, ...headers() });
    const { answer, read } = await flood(socket);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(answer).toContain(`"status":${status}`);
    expect(read).toBeLessThan(8 * 1024 * 1024);
  },
);

test('a body without an announced length is not read either', async () => {
  const socket = await begin('POST /v1/submissions', { 'transfer-encoding': 'chunked' });
  const { answer, read } = await flood(socket, Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`));
  expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  expect(read).toBeLessThan(8 * 1024 * 1024);
});

test('a small body costs no connection: the next request goes over the same one', async () => {
  const socket = await begin('POST /v1/submissions', { 'content-length': '5', 'content-type': 'application/json' });
  socket.write('12345');
  let text = '';
  socket.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  for (let i = 0; i < 200 && !text.includes('token_missing'); i++) await sleep(10);
  socket.write('GET /healthz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n');
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1\.1 401 [\s\S]*HTTP\/1\.1 200 /);
});

test('a client that asks before it sends is refused without sending, or told to go on', async () => {
  const { payload, headers } = multipart(onnxUpload());
  const ask = { ...headers, expect: '100-continue', 'content-length': String(payload.length) };
  const answerOf = async (socket: Socket): Promise<string> => {
    let text = '';
    socket.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (more.startsWith('HTTP/1.1 100 ')) socket.write(payload);
    });
    await once(socket, 'close');
    return text;
  };
  const refused = await answerOf(await begin('POST /v1/models/ada/ff-64/versions', ask));
  expect(refused).toMatch(/^HTTP\/1\.1 401 /);
  const authorization = `Bearer ${service.tokens.submit}`;
  const taken = await answerOf(
    await begin('POST /v1/models/ada/ff-64/versions', { ...ask, authorization, connection: 'close' }),
  );
  expect(taken).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /);
});
