import { randomUUID } from 'node:crypto';
import { freeBytes } from '@corescore/store';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { asCorescoreError } from '../src/problems.js';
import { onnxUpload } from './support/models.js';
import { openService, type Service } from './support/service.js';

let service: Service;
let digest: string;
let maxUploadBytes: number;
beforeAll(async () => {
  service = await openService();
  maxUploadBytes = service.env.maxUploadBytes;
  digest = (await service.upload('ada', 'ff-64', onnxUpload())).json().digest;
});
afterAll(() => service.close());
afterEach(() => {
  service.env.diskReserveBytes = 0;
  service.env.maxUploadBytes = maxUploadBytes;
});

/** As if the disk had less free than its reserve. */
const fill = (): void => {
  service.env.diskReserveBytes = 2 ** 52;
};
const post = (url: string, headers: Record<string, string> = {}, payload?: object) =>
  service.app.inject({
    method: 'POST',
    url,
    headers: { authorization: `Bearer ${service.tokens.submit}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
const submit = () =>
  post('/v1/submissions', { 'idempotency-key': randomUUID() }, { modelVersion: digest, benchmarks: ['tiny-ost'] });

test('uploads and submissions that would touch the reserve of the disk are 507 with what to free', async () => {
  const run = (await submit()).json().runs[0];
  fill();
  const begin = () => post('/v1/uploads', { 'tus-resumable': '1.0.0', 'upload-length': '3' });
  for (const send of [submit, () => service.upload('ada', 'ff-64', onnxUpload()), begin]) {
    const problem = await service.refused(send, 507);
    expect(problem).toMatchObject({
      code: 'disk_full',
      detail: expect.stringMatching(/free.*4096 TiB are kept in reserve/),
      remedy: expect.stringMatching(/activations.*CORESCORE_DISK_RESERVE_BYTES/),
    });
  }
  expect((await service.app.inject('/v1/models')).statusCode, 'reading goes on').toBe(200);
  expect((await post(`/v1/runs/${run.id}/cancel`)).statusCode, 'a cancellation frees').toBe(200);
  expect((await post(`/v1/runs/${run.id}/retry`)).statusCode).toBe(507);
  service.env.diskReserveBytes = 0;
  expect((await post(`/v1/runs/${run.id}/retry`)).statusCode, 'room again').toBe(202);
});

test('what is announced counts before it comes; who may not send it is told that instead', async () => {
  service.env.diskReserveBytes = 1;
  service.env.maxUploadBytes = Number.MAX_SAFE_INTEGER;
  const more = String(2 * (await freeBytes(service.env.home)));
  const answer = await post('/v1/uploads', { 'tus-resumable': '1.0.0', 'upload-length': more });
  expect(answer.json()).toMatchObject({ status: 507, detail: expect.stringContaining('are asked for') });
  fill();
  const anonymous = await post('/v1/uploads', { 'tus-resumable': '1.0.0', 'upload-length': '3', authorization: '' });
  expect(anonymous.statusCode).toBe(401);
});

test.each(['1e400', '1e308', '-1', '0x10', String(2 ** 60)])(
  'an upload of %s bytes is refused for that, not for want of room',
  async (length) => {
    const answer = await post('/v1/uploads', { 'tus-resumable': '1.0.0', 'upload-length': length });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.statusCode).toBeLessThan(500);
  },
);

test('a disk that is full all the same is told by name, wherever the error comes from', () => {
  const system = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  for (const error of [system, new Error('staging failed', { cause: system }), new Error('No space left on device')]) {
    expect(asCorescoreError(error)).toMatchObject({ code: 'disk_full', status: 507 });
  }
});
