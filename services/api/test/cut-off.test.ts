import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onnxUpload } from './support/models.js';
import { filePart, multipart } from './support/multipart.js';
import { openService, type Service } from './support/service.js';

const LIMIT_BYTES = 300_000;
let service: Service;
beforeAll(async () => {
  service = await openService({ maxUploadBytes: LIMIT_BYTES });
  await service.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => service.close());

const port = (): number => (service.app.server.address() as AddressInfo).port;

/** Opens a connection and sends the head of an upload that announces `bytes`. */
async function begin(headers: Record<string, string>): Promise<Socket> {
  const socket = connect(port(), '127.0.0.1');
  await once(socket, 'connect');
  const lines = Object.entries({
    host: 'test',
    authorization: `Bearer ${service.tokens.submit}`,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`POST /v1/models/ada/ff-64/versions HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Waits until what an upload had staged is gone: the server hears of a broken connection a moment later. */
async function settled(): Promise<{ models: number; files: string[] }> {
  for (;;) {
    const kept = await service.kept();
    if (!kept.files.some((file) => file.includes('staging'))) return kept;
    await sleep(25);
  }
}

/** Sends half of a good upload and waits until some of it is on the server's disk. */
async function halfWay(): Promise<Socket> {
  const { payload, headers } = multipart(onnxUpload());
  const socket = await begin({ ...headers, 'content-length': String(payload.length) });
  socket.write(payload.subarray(0, payload.length >> 1));
  for (;;) {
    if ((await service.kept()).files.some((file) => file.includes('staging'))) return socket;
    await sleep(25);
  }
}

test('a connection that breaks half-way leaves nothing behind', async () => {
  const before = await service.kept();
  const socket = await halfWay();
  socket.resetAndDestroy();
  expect(await settled()).toEqual(before);
  expect((await fetch(`http://127.0.0.1:${port()}/healthz`)).status).toBe(200);
});

test('a sender that stops half-way and listens is told so', async () => {
  const before = await service.kept();
  const socket = await halfWay();
  socket.end();
  const answer = await answerOf(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('application/problem+json');
  const problem = JSON.parse(answer.slice(answer.indexOf('{'))) as Record<string, unknown>;
  expect(problem).toMatchObject({ code: 'upload_incomplete', status: 400, remedy: expect.any(String) });
  expect(await settled()).toEqual(before);
});

test('a whole body whose last part has no end is incomplete', async () => {
  const { payload, headers } = multipart(onnxUpload());
  for (const cut of [payload.length >> 1, payload.length - 20, 300]) {
    const problem = await service.refused(
      () =>
        service.app.inject({
          method: 'POST',
          url: '/v1/models/ada/ff-64/versions',
          headers: { ...headers, authorization: `Bearer ${service.tokens.submit}` },
          payload: payload.subarray(0, cut),
        }),
      400,
    );
    expect(problem, `cut at ${cut}`).toMatchObject({ code: 'upload_incomplete' });
  }
});

test('over the limit: refused at once where the length is announced', async () => {
  const before = await service.kept();
  const { headers } = multipart([]);
  const socket = await begin({ ...headers, 'content-length': String(LIMIT_BYTES * 100), connection: 'close' });
  const answer = await answerOf(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain('upload_too_large');
  expect(await settled()).toEqual(before);
});

test('over the limit: the client gets the answer although it was still sending', async () => {
  const before = await service.kept();
  const { payload, headers } = multipart([onnxUpload()[0], filePart('big.onnx', Buffer.alloc(LIMIT_BYTES * 4, 1))]);
  const answer = await fetch(`http://127.0.0.1:${port()}/v1/models/ada/ff-64/versions`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${service.tokens.submit}` },
    body: new Uint8Array(payload),
  });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({
    code: 'upload_too_large',
    field: 'model.onnx',
    remedy: expect.stringContaining('CORESCORE_MAX_UPLOAD_BYTES'),
  });
  expect(await settled()).toEqual(before);
});

test('after all this, a good upload is taken', async () => {
  const { payload, headers } = multipart(onnxUpload());
  const answer = await fetch(`http://127.0.0.1:${port()}/v1/models/ada/ff-64/versions`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${service.tokens.submit}` },
    body: new Uint8Array(payload),
  });
  expect(answer.status).toBe(201);
});
