import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activationsUpload, MODELS_DIR, npy, onnxBytes, onnxUpload, recurrentUpload } from './support/models.js';
import { filePart, manifestPart, type Part } from './support/multipart.js';
import { openService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

test('a version is 201 the first time, and the same one 200 after that', async () => {
  const first = await service.upload('ada', 'ff-64', onnxUpload());
  expect(first.statusCode, first.body).toBe(201);
  const version = first.json();
  expect(version).toMatchObject({ owner: 'ada', name: 'ff-64', kind: 'onnx', temporal: false, parameters: 42_826 });
  expect(version.files).toMatchObject([{ path: 'model.onnx', bytes: onnxBytes().length }]);
  expect(existsSync(service.store.blobs.path(version.files[0].digest))).toBe(true);

  const again = await service.upload('ada', 'ff-64', onnxUpload());
  expect(again.statusCode).toBe(200);
  expect(again.json()).toEqual(version);

  const model = (await service.app.inject('/v1/models/ada/ff-64')).json();
  // What looks wrong is told with the upload, and not kept.
  const { warnings, ...kept } = version;
  expect(warnings).toEqual([]);
  expect(model.versions).toEqual([kept]);
});

test('the manifest may come as a field; the file may be called anything', async () => {
  const parts = recurrentUpload();
  const manifest: Part = { name: 'manifest', type: 'application/json', content: parts[0].content };
  const answer = await service.upload('ada', 'bl-64', [manifest, filePart('an export.onnx', parts[1].content)]);
  expect(answer.statusCode, answer.body).toBe(201);
  expect(answer.json()).toMatchObject({ temporal: true, files: [{ path: 'model.onnx' }] });
});

test('activations are checked against the registered stimulus set and kept under their names', async () => {
  const answer = await service.upload('ada', 'supplied', activationsUpload());
  expect(answer.statusCode, answer.body).toBe(201);
  const version = answer.json();
  expect(version).toMatchObject({ kind: 'activations', temporal: true, parameters: null });
  expect(version.files.map((f: { path: string }) => f.path).sort()).toEqual(['ids.txt', 'it.npy']);
  expect(await service.store.models.version(version.digest)).toMatchObject({ stimulusSetDigest: '5'.repeat(64) });
});

const CASES = new URL('../../../packages/formats/test/fixtures/cases/', import.meta.url);

/** A case as it would be sent: the model under its own name, what lies beside it after it. */
function caseUpload(name: string, edit: (manifest: Record<string, never>) => void = () => undefined): Part[] {
  const read = (file: string): Buffer => readFileSync(new URL(`${name}/${file}`, CASES));
  const manifest = JSON.parse(read('corescore.json').toString('utf8')) as { name: string; kind: string };
  edit(manifest as never);
  const model = manifest.kind === 'onnx' ? '.onnx' : 'model.json';
  const files = readdirSync(new URL(`${name}/`, CASES)).filter((file) => file !== 'corescore.json');
  const sorted = files.sort((a, b) => Number(b.endsWith(model)) - Number(a.endsWith(model)));
  return [manifestPart(manifest), ...sorted.map((file) => filePart(file, read(file)))];
}

test.each<[string, string, string, RegExp]>([
  ['u8nchw-range', 'input_values', '/input/range', /keeps 2 of the 256 levels/],
  ['keras3', 'not_tfjs', 'model.json', /Keras 3\.7\.0/],
  ['seq', 'array_dtype', '/regions/IT/output', /is a sequence/],
  ['torchspace', 'file_unexpected', 'my model.onnx.data', /has a space in it/],
])('an upload of %s is refused for what is wrong with it', async (name, code, field, detail) => {
  const parts = caseUpload(name);
  const own = JSON.parse(String(parts[0]!.content)) as { name: string };
  const problem = await service.refused(() => service.upload('ada', own.name, parts), 422);
  expect(problem).toMatchObject({ code, field, remedy: expect.any(String) });
  expect(problem.detail).toMatch(detail);
});

test.each<[string, string[]]>([
  ['b32', []],
  ['f64in', []],
  ['noaxis', ['clock_unused']],
])('an upload of %s is taken, and says what looks wrong', async (name, codes) => {
  const answer = await service.upload('ada', name, caseUpload(name));
  expect(answer.statusCode, answer.body).toBe(201);
  expect(answer.json().warnings.map(({ code }: { code: string }) => code)).toEqual(codes);
});

test('supplied activations are held to the checks of a model that is run', async () => {
  const still = activationsUpload({ array: npy([2, 6, 3], () => 1) });
  const problem = await service.refused(() => service.upload('ada', 'supplied', still), 422);
  expect(problem).toMatchObject({ code: 'activations_constant', field: '/regions/IT' });
  const late = activationsUpload({ array: npy([2, 6, 3], (i) => (i < 18 ? 1 : Math.sin(i))) });
  expect(await service.refused(() => service.upload('ada', 'supplied', late), 422)).toMatchObject({
    code: 'first_step_mismatch',
    remedy: expect.stringContaining('firstStep to 1'),
  });
  const wide = await service.upload('ada', 'supplied', activationsUpload({ array: npy([2, 6, 3], Math.sin, '<f8') }));
  expect(wide.statusCode, wide.body).toBe(201);
  expect(wide.json().warnings).toMatchObject([{ code: 'converted', field: '/regions/IT/file' }]);
});

const BUNDLED = readdirSync(MODELS_DIR).filter((file) => file.endsWith('.onnx'));

test.each(BUNDLED)('the bundled %s is taken with its manifest as it stands', async (file) => {
  const name = file.replace('.onnx', '');
  const read = (path: string): Buffer => readFileSync(new URL(path, MODELS_DIR));
  const answer = await service.upload(
    'zoo',
    name,
    [manifestPart(read(`${name}.json`).toString('utf8')), filePart(file, read(file))],
    service.tokens.admin,
  );
  expect(answer.statusCode, answer.body).toBeLessThan(202);
  expect(answer.json()).toMatchObject({ name, temporal: name.startsWith('bl-') });
});

test('models are listed page by page', async () => {
  for (const name of ['page-a', 'page-b', 'page-c']) {
    const answer = await service.upload(
      'ada',
      name,
      onnxUpload((m) => (m.name = name)),
    );
    expect(answer.statusCode, answer.body).toBe(201);
  }
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await service.app.inject(`/v1/models?limit=2${query}`)).json();
    expect(page.items.length).toBeLessThanOrEqual(2);
    names.push(...page.items.map((m: { owner: string; name: string }) => `${m.owner}/${m.name}`));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(names.filter((n) => n.startsWith('ada/page-'))).toEqual(['ada/page-c', 'ada/page-b', 'ada/page-a']);
  expect(new Set(names).size).toBe(names.length);
});

test('the owner in the address is the token’s, unless it is an administrator’s', async () => {
  const other = await service.upload('grace', 'ff-64', onnxUpload());
  expect(other.statusCode).toBe(403);
  expect(other.json()).toMatchObject({ code: 'scope_missing', field: 'path/owner', remedy: expect.any(String) });
  const reserved = await service.upload('corescore', 'ff-64', onnxUpload());
  expect(reserved.statusCode).toBe(403);
  expect(reserved.json()).toMatchObject({ code: 'owner_reserved', field: 'path/owner', remedy: expect.any(String) });
  const admin = await service.upload('corescore', 'ff-64', onnxUpload(), service.tokens.admin);
  expect(admin.statusCode, admin.body).toBe(201);
});

const later = (name: string): Part[] => onnxUpload((m) => (m.name = name));

test('a name in the address that is not the manifest’s is refused', async () => {
  const problem = await service.refused(() => service.upload('ada', 'other-name', onnxUpload()), 400);
  expect(problem).toMatchObject({ code: 'invalid_request', field: '/name' });
  expect(problem.remedy).toContain('/v1/models/<owner>/ff-64/versions');
});

/** What is sent, and what is said about it. Each leaves nothing behind, and the service goes on. */
const BAD: [what: string, name: string, parts: () => Part[], status: number, code: string, field: string | RegExp][] = [
  [
    'a file that is not ONNX',
    'ff-64',
    () => [onnxUpload()[0], filePart('ff-64.onnx', 'not a protobuf at all, but a line of text\n')],
    422,
    'not_onnx',
    /./,
  ],
  [
    'an ONNX file cut short',
    'ff-64',
    () => [onnxUpload()[0], filePart('ff-64.onnx', onnxBytes().subarray(0, 1000))],
    422,
    'not_onnx',
    /./,
  ],
  ['an empty file', 'ff-64', () => [onnxUpload()[0], filePart('ff-64.onnx', '')], 422, 'file_empty', 'model.onnx'],
  ['no file', 'ff-64', () => [onnxUpload()[0]], 422, 'file_missing', 'model.onnx'],
  [
    'two files for an ONNX model',
    'twice',
    () => [...later('twice'), filePart('weights.bin', 'x')],
    422,
    'file_unexpected',
    'weights.bin',
  ],
  ['no parts', 'ff-64', () => [], 400, 'manifest_missing', 'manifest'],
  ['the file before the manifest', 'ff-64', () => onnxUpload().reverse(), 400, 'manifest_missing', 'manifest'],
  [
    'a manifest that is not JSON',
    'ff-64',
    () => [manifestPart('{"manifestVersion": 1,'), onnxUpload()[1]],
    400,
    'manifest_not_json',
    'manifest',
  ],
  [
    'a manifest field that is not JSON',
    'ff-64',
    () => [{ name: 'manifest', type: 'application/json', content: '{' }],
    400,
    'manifest_not_json',
    'manifest',
  ],
  [
    'a manifest that lacks a field',
    'ff-64',
    () => onnxUpload((m) => delete m['input']),
    422,
    'invalid_manifest',
    '/input',
  ],
  [
    'a manifest with an unknown field',
    'ff-64',
    () => onnxUpload((m) => (m['input']['chanels'] = 3)),
    422,
    'invalid_manifest',
    '/input/chanels',
  ],
  [
    'a kind of later',
    'ff-64',
    () => onnxUpload((m) => (m['kind'] = 'architecture')),
    422,
    'kind_not_supported',
    '/kind',
  ],
  [
    'an output that is not there',
    'ff-64',
    () => onnxUpload((m) => (m['regions']['IT'] = { output: 'it_layer' })),
    422,
    'output_not_found',
    /^\/regions\/IT/,
  ],
  [
    'an input that is not there',
    'ff-64',
    () => onnxUpload((m) => (m['input']['name'] = 'pixels')),
    422,
    'input_not_found',
    '/input/name',
  ],
  [
    'recurrent outputs without a clock',
    'bl-64',
    () => recurrentUpload((m) => delete m['clock']),
    422,
    'clock_missing',
    '/clock',
  ],
  [
    'an input shape that cannot take the images',
    'ff-64',
    () => onnxUpload((m) => (m['input']['size'] = [128, 128])),
    422,
    'input_shape',
    /^\/input/,
  ],
];

test.each(BAD)('refuses %s', async (_what, name, parts, status, code, field) => {
  const problem = await service.refused(() => service.upload('ada', name, parts()), status);
  expect(problem.code).toBe(code);
  if (typeof field === 'string') expect(problem.field).toBe(field);
  else expect(problem.field).toMatch(field);
});

test('a body that is not multipart is 415', async () => {
  const problem = await service.refused(
    () =>
      service.app.inject({
        method: 'POST',
        url: '/v1/models/ada/ff-64/versions',
        headers: { authorization: `Bearer ${service.tokens.submit}`, 'content-type': 'application/json' },
        payload: '{}',
      }),
    415,
  );
  expect(problem.code).toBe('unsupported_media_type');
});
