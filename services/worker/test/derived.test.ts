import { readdirSync, readFileSync, rmSync, statSync, truncateSync, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Score } from '@corescore/contracts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DerivedLost, withDerived } from '../src/jobs/derived.js';
import { twinOf } from '../src/jobs/twin.js';
import { damage, network, openWorker, supplied, type Worker } from './support/worker.js';

type Kind = 'network' | 'supplied';
let worker: Worker;
/** The array of activations of an undisturbed run of each kind; scores of the supplied ones'. */
const undisturbed: Partial<Record<Kind, Buffer>> = {};
let scores: Score[];
const ids = () => worker.benchmark.stimulusSet.stimuli.map((stimulus) => stimulus.id);
const own = { network, supplied: (name: string) => supplied(name, ids()) };
const running = new AbortController().signal;

beforeAll(async () => {
  worker = await openWorker();
  for (const kind of ['supplied', 'network'] as const) {
    clear();
    const { id } = await worker.submit('ada', own[kind](`plain-${kind}`));
    expect(await worker.extract(id)).toMatchObject({ status: 'scoring', attempt: 1 });
    undisturbed[kind] = array();
    if (kind === 'supplied') scores = (await worker.score(id)).scores;
  }
});
afterAll(() => worker.close());

const activations = () => join(worker.home, 'activations');
/** Every array of activations that is there. */
const arrays = () =>
  readdirSync(activations(), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.npy'))
    .map((name) => join(activations(), name));
/** The one array that is there. */
function array(): Buffer {
  expect(arrays()).toHaveLength(1);
  return readFileSync(arrays()[0]!);
}
/** Deletes all derived data, as somebody does who needs room; also those of the tests before, which would be shared. */
const clear = () => rmSync(activations(), { recursive: true, force: true });
const blobOf = async (id: string, path: string) => {
  const { model } = await worker.view(id);
  const { files } = (await worker.store.models.version(model.digest, model.owner))!;
  return worker.store.blobs.path(files.find((file) => file.path === path)!.digest);
};
/** The files of the next run are checked out, and then this happens. */
function onceCheckedOut(then: () => void): void {
  const { blobs } = worker.store;
  const checkOut = blobs.checkOut.bind(blobs);
  vi.spyOn(blobs, 'checkOut').mockImplementationOnce(async (...asked) => {
    const copies = await checkOut(...asked);
    then();
    return copies;
  });
}

test('deleted activations: a run that waits in scoring makes them anew, ten times of ten, and is scored alike', async () => {
  const { id } = await worker.submit('ada', own.supplied('deleted'));
  for (let k = 0; k < 10; k++) {
    expect(await worker.extract(id)).toMatchObject({ status: 'scoring' });
    clear();
    expect(await worker.score(id), `time ${k}`).toMatchObject({ status: 'queued', failure: null });
  }
  await worker.extract(id);
  const run = await worker.score(id);
  expect(run).toMatchObject({ status: 'scored', failure: null });
  expect(run.scores).toEqual(scores);
});

const HARM: [string, Kind, (path: string) => void][] = [
  ['damaged in one byte', 'network', damage],
  ['damaged in one byte', 'supplied', damage],
  ['cut off', 'supplied', (path) => truncateSync(path, 1000)],
  ['empty', 'supplied', (path) => truncateSync(path, 0)],
  ['deleted', 'supplied', unlinkSync],
];

test.each(HARM)('activations that are %s (%s) are made anew, and blame nobody', async (how, kind, harm) => {
  clear();
  const { id } = await worker.submit('ada', own[kind](`${how.replaceAll(' ', '-')}-${kind}`));
  await worker.extract(id);
  harm(arrays()[0]!);
  expect(await worker.score(id)).toMatchObject({ status: 'queued', failure: null });
  expect(await worker.extract(id)).toMatchObject({ status: 'scoring' });
  expect(array()).toEqual(undisturbed[kind]);
});

test.each(HARM)('activations that are %s (%s) are not shared with a later run', async (how, kind, harm) => {
  clear();
  const { id } = await worker.submit('ada', own[kind](`first-${kind}`));
  await worker.extract(id);
  harm(arrays()[0]!);
  const { id: later } = await worker.submit('ada', own[kind](`later-${how.replaceAll(' ', '-')}-${kind}`));
  expect(await worker.extract(later)).toMatchObject({ status: 'scoring', attempt: 1 });
  expect(array()).toEqual(undisturbed[kind]);
});

test('activations that are deleted once scoring has claimed its run are made anew', async () => {
  clear();
  const { id } = await worker.submit('ada', own.supplied('claimed'));
  await worker.extract(id);
  const { runs } = worker.store;
  const claim = runs.claim.bind(runs);
  vi.spyOn(runs, 'claim').mockImplementationOnce(async (...claiming) => {
    const claimed = await claim(...claiming);
    clear();
    return claimed;
  });
  expect(await worker.score(id)).toMatchObject({ status: 'queued', failure: null });
});

test('a folder of activations that is deleted while they are written costs no retry', async () => {
  clear();
  const { id } = await worker.submit('ada', network('written'));
  await deletedWhileWritten();
  expect(await worker.extract(id)).toMatchObject({ status: 'queued', failure: null });
  const told = (await worker.store.events.list(id)).map((event) => event.message);
  expect(told).toContainEqual(expect.stringMatching(/^The activations in .* were deleted; they are made anew\.$/));
  expect(await worker.extract(id)).toMatchObject({ status: 'scoring' });
  expect(array()).toEqual(undisturbed.network);
});

/** The next file whose bytes go to disk: everything is deleted before it gets its name. */
async function deletedWhileWritten(): Promise<void> {
  const probe = await open(worker.home, 'r');
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const sync = prototype.sync;
  vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    await sync.call(this);
    if (readdirSync(activations(), { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.partial'))) {
      vi.mocked(prototype.sync).mockRestore();
      clear();
    }
  });
}

test('activations of an earlier version, which sealed nothing, are taken by their size', async () => {
  clear();
  const { id } = await worker.submit('ada', own.supplied('unsealed'));
  await worker.extract(id);
  const [path] = arrays();
  const unseal = () => unlinkSync(`${path}.sha256`);
  unseal();
  const made = statSync(path!).ino;
  expect(await worker.extract((await worker.submit('ada', own.supplied('unsealed-2'))).id)).toMatchObject({
    status: 'scoring',
  });
  expect(statSync(path!).ino, 'the same file').toBe(made);
  unseal();
  truncateSync(path!, 1000);
  await worker.extract((await worker.submit('ada', own.supplied('unsealed-3'))).id);
  expect(array()).toEqual(undisturbed.supplied);
});

describe('withDerived', () => {
  const sealed = async () => {
    clear();
    const { id } = await worker.submit('ada', own.supplied('with-derived'));
    await worker.extract(id);
    return { path: arrays()[0]! };
  };
  const lost = (damaged: boolean) => expect.objectContaining({ name: 'DerivedLost', damaged });

  test('an error of work whose files were lost on the way is not its own', async () => {
    for (const [harm, damaged] of [
      [unlinkSync, false],
      [damage, true],
    ] as const) {
      const file = await sealed();
      const work = async () => {
        harm(file.path);
        throw new Error('it.npy was cut off while it was read');
      };
      await expect(withDerived([file], running, work)).rejects.toEqual(lost(damaged));
    }
    const file = await sealed();
    const broken = withDerived([file], running, () => Promise.reject(new Error('its own')));
    await expect(broken).rejects.toThrow('its own');
  });

  test('a result of files that changed while they were read does not count; of files deleted after that, it does', async () => {
    const changed = await sealed();
    await expect(withDerived([changed], running, async () => damage(changed.path))).rejects.toBeInstanceOf(DerivedLost);
    const deleted = await sealed();
    const work = async () => {
      unlinkSync(deleted.path);
      return 'read';
    };
    expect(await withDerived([deleted], running, work)).toBe('read');
  });
});

describe('a stored file', () => {
  test.each<[Kind, string, string, (path: string) => void, RegExp]>([
    ['network', 'model.onnx', 'cut off', (path) => truncateSync(path, 100), /model\.onnx of ada\/.* has 100 bytes/],
    ['network', 'model.onnx', 'damaged in one byte', damage, /model\.onnx .* has other bytes than were uploaded/],
    ['supplied', 'it.npy', 'damaged in one byte', damage, /it\.npy .* has other bytes/],
    ['supplied', 'it.npy', 'deleted', unlinkSync, /it\.npy .* is gone/],
    ['supplied', 'ids.txt', 'deleted', unlinkSync, /ids\.txt .* is gone/],
  ])('%s, %s %s: the run ends as a fault of the service, once; the same upload brings it back', async (...given) => {
    const [kind, file, how, harm, says] = given;
    clear();
    const version = own[kind](`${file.toLowerCase()}-${how.replaceAll(' ', '-')}`);
    const { id } = await worker.submit('ada', version);
    harm(await blobOf(id, file));
    expect(await worker.extract(id)).toMatchObject({
      status: 'failed',
      attempt: 1,
      failure: {
        kind: 'infrastructure',
        code: 'stored_file_damaged',
        field: file,
        detail: expect.stringMatching(says),
        remedy: expect.stringContaining('Upload ada/'),
      },
    });
    expect(readdirSync(join(worker.home, 'checkouts'))).toEqual([]);
    await worker.upload('ada', version);
    expect(await worker.view(id)).toMatchObject({ status: 'queued', failure: null });
    expect(await worker.extract(id)).toMatchObject({ status: 'scoring' });
    expect(array()).toEqual(undisturbed[kind]);
  });

  test('that is damaged while its run is extracting does not reach the model', async () => {
    clear();
    const version = network('meanwhile');
    const { id } = await worker.submit('ada', version);
    const blob = await blobOf(id, 'model.onnx');
    onceCheckedOut(() => damage(blob));
    await worker.extract(id);
    expect(worker.store.blobs.checkOut).toHaveBeenCalled();
    expect(array()).toEqual(undisturbed.network);
    await worker.upload('ada', version);
  });
});

test('the untrained twin: kept while it is whole, made anew where it is damaged or deleted', async () => {
  clear();
  const { id } = await worker.submit('ada', network('twin'));
  await worker.extract(id);
  const run = (await worker.store.runs.claim(id, 'scoring', 'test', 60))!;
  const { context, benchmark } = worker;
  const twin = async () => {
    const found = await twinOf(context, { ...run, extraction: run.extraction! }, benchmark, running, () => undefined);
    if (!('path' in found)) throw new Error(found.note);
    return found.path;
  };
  const path = await twin();
  const bytes = readFileSync(path);
  expect(bytes).not.toEqual(undisturbed.network);
  const { ino } = statSync(path);
  expect(statSync(await twin()).ino, 'not run again').toBe(ino);
  for (const harm of [damage, clear]) {
    harm(path);
    expect(readFileSync(await twin())).toEqual(bytes);
  }
  rmSync(path);
  await deletedWhileWritten();
  await expect(twin()).rejects.toBeInstanceOf(DerivedLost);
});

test('decoded images that are damaged or deleted are decoded again', async () => {
  const path = join(worker.home, 'stimuli', 'small.npy');
  const bytes = readFileSync(path);
  for (const harm of [damage, unlinkSync]) {
    clear();
    harm(path);
    const { id } = await worker.submit('ada', network(`images-${harm.name.toLowerCase()}`));
    expect(await worker.extract(id)).toMatchObject({ status: 'scoring', attempt: 1 });
    expect(array()).toEqual(undisturbed.network);
    expect(readFileSync(path)).toEqual(bytes);
  }
});

test('a null row whose source’s activations are gone makes them anew', async () => {
  clear();
  const { id } = await worker.submit('corescore', own.supplied('ff-64'));
  await worker.extract(id);
  expect(await worker.score(id)).toMatchObject({ status: 'scored' });
  const rows = await worker.store.runs.list({ limit: 1, owner: 'corescore', name: 'null-feed-forward-ramp' });
  const ramp = rows.items[0]!;
  clear();
  expect(await worker.extract(ramp.id)).toMatchObject({ status: 'scoring', attempt: 1 });
  clear();
  expect(await worker.score(ramp.id)).toMatchObject({ status: 'queued', failure: null });
  await worker.extract(ramp.id);
  const run = await worker.score(ramp.id);
  expect(run, JSON.stringify(run.failure)).toMatchObject({ status: 'scored' });
  expect(array(), 'nothing of the row itself is left').toEqual(undisturbed.supplied);
  const receipt = await worker.store.results.receipt(ramp.id);
  const source = await worker.store.results.receipt(id);
  expect(receipt!.activations).toEqual(source!.activations);
});
