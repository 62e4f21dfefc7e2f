import { afterAll, beforeAll, expect, test } from 'vitest';
import { zip } from '../../../packages/formats/test/support/zip-writer.js';
import { STIMULUS_IDS } from './support/benchmark.js';
import { type Activations, activationsUpload, npy } from './support/models.js';
import { filePart } from './support/multipart.js';
import { openService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

const BAD: [what: string, change: Activations, code: string, field: RegExp][] = [
  ['too few stimuli', { array: npy([2, 5, 3], () => 1) }, 'array_shape', /it\.npy|\/regions\/IT/],
  ['too many stimuli', { array: npy([2, 7, 3], () => 1) }, 'array_shape', /it\.npy|\/regions\/IT/],
  ['an axis too few', { array: npy([6, 3], () => 1) }, 'array_shape', /it\.npy|\/regions\/IT/],
  ['a file that is not .npy', { array: Buffer.from('1,2,3\n4,5,6\n') }, 'not_npy', /it\.npy|\/regions\/IT/],
  ['NaN', { array: npy([2, 6, 3], (i) => (i === 7 ? Number.NaN : 1)) }, 'array_not_finite', /it\.npy|\/regions\/IT/],
  [
    'infinity',
    { array: npy([2, 6, 3], (i) => (i === 7 ? Number.POSITIVE_INFINITY : 1)) },
    'array_not_finite',
    /it\.npy|\/regions\/IT/,
  ],
  ['an unknown id', { ids: [...STIMULUS_IDS.slice(0, 5), 'img-9'] }, 'stimulus_unknown', /ids/],
  ['a missing id', { ids: STIMULUS_IDS.slice(0, 5), array: npy([2, 5, 3], () => 1) }, 'stimulus_missing', /ids/],
  ['a repeated id', { ids: [...STIMULUS_IDS.slice(0, 5), 'img-0'] }, 'stimulus_repeated', /ids/],
  [
    'another stimulus set',
    { manifest: (m) => (m['stimuli'].set = 'no-such-set') },
    'stimulus_set_mismatch',
    /^\/stimuli\/set$/,
  ],
  ['steps without a clock', { manifest: (m) => delete m['clock'] }, 'clock_missing', /^\/clock$/],
];

test.each(BAD)('refuses activations with %s', async (_what, change, code, field) => {
  const problem = await service.refused(() => service.upload('ada', 'supplied', activationsUpload(change)), 422);
  expect(problem.code, problem.detail).toBe(code);
  expect(problem.field).toMatch(field);
});

test('refuses a file that the manifest does not name, one sent twice, and a missing one', async () => {
  const [manifest, ids, array] = activationsUpload();
  const extra = await service.refused(
    () => service.upload('ada', 'supplied', [manifest, ids, array, filePart('notes.txt', 'x')]),
    422,
  );
  expect(extra).toMatchObject({ code: 'file_unexpected', field: 'notes.txt' });
  expect(extra.remedy).toContain('it.npy');
  const twice = await service.refused(() => service.upload('ada', 'supplied', [manifest, ids, ids]), 422);
  expect(twice).toMatchObject({ code: 'file_unexpected', field: 'ids.txt' });
  const missing = await service.refused(() => service.upload('ada', 'supplied', [manifest, ids]), 422);
  expect(missing).toMatchObject({ code: 'file_missing', field: 'it.npy' });
});

test('the folder in a file’s name is dropped', async () => {
  const [manifest, ids] = activationsUpload();
  const problem = await service.refused(
    () => service.upload('ada', 'supplied', [manifest, ids, filePart('../../it.npy', 'x')]),
    422,
  );
  expect(problem.code).toBe('not_npy');
});

const archived = (bytes: Buffer) => {
  const [manifest, ids] = activationsUpload({ manifest: (m) => (m['regions'].IT.file = 'all.npz#it') });
  return [manifest, ids, filePart('all.npz', bytes)];
};
const it = { name: 'it.npy', bytes: npy([2, 6, 3], (i) => Math.sin(i)) };

test.each([false, true])('takes an array in an archive, deflated: %s', async (deflate) => {
  const answer = await service.upload('ada', 'supplied', archived(zip([{ ...it, deflate }])));
  expect(answer.statusCode, answer.body).toBe(201);
  expect(
    answer
      .json()
      .files.map((file: { path: string }) => file.path)
      .sort(),
  ).toEqual(['all.npz', 'ids.txt']);
});

test('refuses an archive that is none, that lacks the array, that names paths', async () => {
  const refused = (bytes: Buffer) => service.refused(() => service.upload('ada', 'supplied', archived(bytes)), 422);
  const field = '/regions/IT/file';
  expect(await refused(Buffer.from('no archive'))).toMatchObject({ code: 'not_npz', field });
  expect(await refused(zip([{ ...it, name: 'v4.npy' }]))).toMatchObject({ code: 'file_missing', field });
  expect(await refused(zip([it, { ...it, name: '../it.npy' }]))).toMatchObject({ code: 'path_refused', field });
});
