import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Assembly } from '@corescore/formats';
import { readAssembly } from '@corescore/formats';
import { argmaxCorrect, heldOutShare, RandomState, wilson } from '@corescore/metrics';
import { describe, expect, test } from 'vitest';
import { type DecodeOptions, decodeAssembly } from '../src/decode/decode-assembly.js';
import { countWindows, recordings, windowSums } from '../src/decode/windows.js';
import { decodingText } from '../src/format/decoding.js';
import { accuracyPlot } from '../src/format/plot.js';

const folder = fileURLToPath(new URL('../../../../shared/data/zhang-desimone/', import.meta.url));
const hasRecordings = existsSync(folder);
if (!hasRecordings) console.warn('../shared/data is absent: decoding of recordings is not compared with its reference');

/** Two presentations x two neuroids x four bins of 10 ms from -20 ms; each value tells where it stands. */
function tiny(order = ['presentation', 'neuroid', 'time_bin']): Assembly {
  const size: Record<string, number> = { presentation: 2, neuroid: 2, time_bin: 4 };
  const dims = order.map((name) => ({ name, size: size[name] }));
  const data = new Float64Array(16);
  const at: Record<string, number> = {};
  for (let i = 0; i < 16; i++) {
    let rest = i;
    for (const dim of [...dims].reverse()) {
      at[dim.name] = rest % dim.size;
      rest = Math.floor(rest / dim.size);
    }
    data[i] = 100 * at['presentation'] + 10 * at['neuroid'] + at['time_bin'];
  }
  return {
    dims,
    data,
    coords: {
      object_name: { dim: 'presentation', values: ['a', 'b'] },
      time_bin_start: { dim: 'time_bin', values: [-20, -10, 0, 10] },
      time_bin_end: { dim: 'time_bin', values: [-10, 0, 10, 20] },
    },
    unread: {},
    attributes: {},
  };
}

describe('windows', () => {
  test('lie within the recordings, every step from the first bin, and end by --end-ms', () => {
    const recorded = recordings(tiny());
    const starts = (options: Partial<DecodeOptions>) =>
      countWindows(recorded, { windowMs: 20, stepMs: 10, ...options }).map((w) => [w.startMs, w.endMs]);
    expect(starts({})).toEqual([[-20, 0], [-10, 10], [0, 20]]); // biome-ignore format: pairs read best in a row
    expect(starts({ startMs: -10, endMs: 19 })).toEqual([[-10, 10]]);
    expect(starts({ stepMs: 20 })).toEqual([[-20, 0], [0, 20]]); // biome-ignore format: pairs read best in a row
  });

  test('sum the same values whatever the order of the dimensions', () => {
    for (const order of [
      ['presentation', 'neuroid', 'time_bin'],
      ['time_bin', 'neuroid', 'presentation'],
      ['neuroid', 'presentation', 'time_bin'],
    ]) {
      const recorded = recordings(tiny(order));
      const [, second] = countWindows(recorded, { windowMs: 20, stepMs: 10 });
      const all = { presentations: Int32Array.of(0, 1), neuroids: Int32Array.of(0, 1) };
      expect([...windowSums(recorded, second, all)]).toEqual([3, 23, 203, 223]);
    }
  });

  test.each([
    ['--window-ms', { windowMs: 15 }],
    ['--step-ms', { stepMs: 5 }],
    ['--start-ms', { startMs: -15 }],
    ['--start-ms', { startMs: 10 }],
    ['--start-ms', { startMs: -40 }],
  ])('%s that does not fit is named: %o', (field, options) => {
    const run = () => countWindows(recordings(tiny()), { windowMs: 20, stepMs: 10, ...options });
    expect(run).toThrow(expect.objectContaining({ code: 'configuration', field }));
  });

  test('an assembly without time, or with uneven bins, is refused', () => {
    const flat = tiny();
    flat.dims = [{ name: 'presentation', size: 2 }, { name: 'neuroid', size: 8 }]; // biome-ignore format: one line
    expect(() => recordings(flat)).toThrow(expect.objectContaining({ field: 'time_bin' }));
    const uneven = tiny();
    uneven.coords['time_bin_start'] = { dim: 'time_bin', values: [-20, -10, 0, 15] };
    expect(() => recordings(uneven)).toThrow(expect.objectContaining({ field: 'time_bin_start' }));
    const bare = tiny();
    delete bare.coords['time_bin_end'];
    expect(() => recordings(bare)).toThrow(expect.objectContaining({ field: 'time_bin_end' }));
  });
});

const OPTIONS: DecodeOptions = {
  label: 'object_name',
  folds: 'repetition',
  splits: 10,
  seed: 0,
  c: 0.01,
  windowMs: 50,
  stepMs: 10,
  threads: 2,
};

test('a coordinate that is not there is named, with those that are', async () => {
  const short = { ...OPTIONS, windowMs: 10 };
  await expect(decodeAssembly(tiny(), { ...short, label: 'shape' })).rejects.toMatchObject({
    code: 'configuration',
    field: '--label',
    remedy: 'Use one of object_name.',
  });
  await expect(decodeAssembly(tiny(), short)).rejects.toMatchObject({
    field: '--folds',
    remedy: 'Use one of object_name, or stratified.',
  });
});

/** Four presentations of two classes in two repetitions; the classes differ in every value. */
function decodable(): Assembly {
  const assembly = tiny();
  return {
    ...assembly,
    dims: assembly.dims.map((dim) => (dim.name === 'presentation' ? { ...dim, size: 4 } : dim)),
    data: Float64Array.from({ length: 32 }, (_, i) => (Math.floor(i / 8) % 2) + 0.1 * Math.sin(i)),
    coords: {
      ...assembly.coords,
      object_name: { dim: 'presentation', values: ['a', 'b', 'a', 'b'] },
      repetition: { dim: 'presentation', values: [0, 0, 1, 1] },
      neuroid_id: { dim: 'neuroid', values: ['left', 'right'] },
    },
  };
}

describe('values and labels that are missing', () => {
  const short = { ...OPTIONS, windowMs: 10 };

  test('a neuroid without a value is named; --drop-nan leaves it out, and says so', async () => {
    const assembly = decodable();
    assembly.data[1 * 8 + 1 * 4 + 2] = Number.NaN; // Second presentation, neuroid "right".
    await expect(decodeAssembly(assembly, short)).rejects.toMatchObject({
      code: 'file_format',
      field: '--drop-nan',
      message: expect.stringContaining('1 of 2 neuroids lack a value: right'),
      remedy: expect.stringContaining('--drop-nan'),
    });
    const decoding = await decodeAssembly(assembly, { ...short, dropNan: true });
    expect(decoding).toMatchObject({
      neuroids: 1,
      presentations: 4,
      dropped: { presentations: 0, neuroids: ['right'] },
    });
    expect(decodingText('a.nc', decoding, 80)).toContain('left out for want of values: 1 neuroid\n');
    // Windows that do not sum that bin have all they need.
    expect((await decodeAssembly(assembly, { ...short, endMs: 0 })).neuroids).toBe(2);
  });

  test('a presentation without any value is left out before a neuroid is', async () => {
    const assembly = decodable();
    const six = Float64Array.from({ length: 48 }, (_, i) => assembly.data[i % 32]!);
    assembly.dims[0]!.size = 6;
    assembly.coords['object_name']!.values = ['a', 'b', 'a', 'b', 'a', 'b'];
    assembly.coords['repetition']!.values = [0, 0, 1, 1, 2, 2];
    assembly.data = six.fill(Number.NaN, 40);
    await expect(decodeAssembly(assembly, short)).rejects.toThrow('1 of 6 presentations have no value at all');
    const { presentations, neuroids, dropped } = await decodeAssembly(assembly, { ...short, dropNan: true });
    expect([presentations, neuroids, dropped]).toEqual([5, 2, { presentations: 1, neuroids: [] }]);
    assembly.data.fill(Number.NaN);
    await expect(decodeAssembly(assembly, { ...short, dropNan: true })).rejects.toThrow(/no value at all/);
  });

  test('an empty label is said to be empty, not "Class 0"', async () => {
    const assembly = decodable();
    assembly.coords['object_name']!.values = ['', 'b', 'a', 'b'];
    await expect(decodeAssembly(assembly, short)).rejects.toMatchObject({
      field: '--label',
      message: '1 of 4 presentations have no object_name: it is empty.',
    });
  });

  test('a class that one fold holds whole is called by its name', async () => {
    const assembly = decodable();
    assembly.coords['object_name']!.values = ['a', 'rare', 'a', 'b'];
    await expect(decodeAssembly(assembly, short)).rejects.toMatchObject({
      field: '--folds',
      message: expect.stringContaining('"rare" are in one fold (one repetition)'),
    });
  });

  test('a coordinate that cannot be read says why', async () => {
    const assembly = { ...decodable(), unread: { object: 'is compressed with the filter zstd (HDF5 filter 32015)' } };
    await expect(decodeAssembly(assembly, { ...short, label: 'object' })).rejects.toMatchObject({
      code: 'file_format',
      message: expect.stringContaining('compressed with the filter zstd'),
    });
  });
});

test('intervals are by the spread of the folds: presentations that share a classifier are not independent', async () => {
  // Five repetitions of two objects by one noisy neuroid.
  const presentations = 40;
  const random = new RandomState(4);
  const object = Array.from({ length: presentations }, (_, i) => (i % 2 === 0 ? 'a' : 'b'));
  const assembly: Assembly = {
    dims: [
      { name: 'presentation', size: presentations },
      { name: 'neuroid', size: 1 },
      { name: 'time_bin', size: 1 },
    ],
    data: Float64Array.from(object, (o) => (o === 'a' ? 0.5 : 0) + random.rand()),
    coords: {
      object_name: { dim: 'presentation', values: object },
      repetition: { dim: 'presentation', values: object.map((_, i) => Math.floor(i / 8)) },
      time_bin_start: { dim: 'time_bin', values: [0] },
      time_bin_end: { dim: 'time_bin', values: [10] },
    },
    attributes: {},
    unread: {},
  };
  const { windows, fold } = await decodeAssembly(assembly, { ...OPTIONS, windowMs: 10, threads: 1 });
  const [window] = windows;
  const hits = argmaxCorrect(
    window.decisions,
    Int32Array.from(object, (o) => (o === 'a' ? 0 : 1)),
    2,
  );
  const { low, high } = heldOutShare(hits, fold);
  expect([window.low, window.high]).toEqual([low, high]);
  const plain = wilson(window.correct, window.n);
  expect(window.high - window.low).toBeGreaterThan(1.2 * (plain.high - plain.low));
});

test('the plot shows points, intervals and chance', () => {
  const points = [0.14, 0.3, 0.55, 0.7, 0.75, 0.72, 0.6].map((y, i) => ({
    x: i * 50,
    y,
    low: y - 0.08,
    high: y + 0.08,
  }));
  expect(accuracyPlot(points, { width: 60, height: 13, chance: 1 / 7, xLabel: 'ms' })).toMatchSnapshot();
  const many = Array.from({ length: 500 }, (_, i) => ({ x: i, y: 0.5, low: 0.4, high: 0.6 }));
  const lines = accuracyPlot(many, { width: 60, height: 9, chance: 0.5, xLabel: 'ms' }).split('\n');
  expect(Math.max(...lines.filter((line) => line.includes('─')).map((line) => line.length))).toBeLessThanOrEqual(60);
});

interface Reference {
  classes: string[];
  windows: { start_ms: number; accuracy: number; n: number; fold0_decision_values?: number[][] }[];
}

describe.skipIf(!hasRecordings)('recordings of monkey IT (Zhang et al. 2011), against scikit-learn', () => {
  test('every window within one trial; decision values of fold 0 to 1e-3', async () => {
    const reference = JSON.parse(readFileSync(`${folder}reference_decoding.json`, 'utf8')) as Reference;
    const assembly = await readAssembly(`${folder}assy_ZhangDesimone2011_7objects.nc`);
    const decoding = await decodeAssembly(assembly, { ...OPTIONS, startMs: -50, endMs: 350 });

    expect(decoding.classes).toEqual(reference.classes);
    expect([decoding.presentations, decoding.neuroids, decoding.foldCount]).toEqual([399, 132, 19]);
    expect(decoding.chance).toBeCloseTo(1 / 7, 12);
    expect(decoding.windows.map((w) => w.startMs)).toEqual(reference.windows.map((w) => w.start_ms));
    expect(decoding.maxDualityGap).toBeLessThanOrEqual(1e-8);
    decoding.windows.forEach((window, i) => {
      const { accuracy, n } = reference.windows[i];
      expect(window.n).toBe(n);
      expect(Math.abs(window.correct - Math.round(accuracy * n)), `${window.startMs} ms`).toBeLessThanOrEqual(1);
    });

    const compared = reference.windows.filter((w) => w.fold0_decision_values !== undefined);
    expect(compared.map((w) => w.start_ms)).toEqual([100, 150]);
    for (const { start_ms, fold0_decision_values } of compared) {
      const { decisions } = decoding.windows.find((w) => w.startMs === start_ms)!;
      const rows = [...decoding.fold.keys()].filter((row) => decoding.fold[row] === 0);
      const ours = rows.map((row) => [...decisions.subarray(row * 7, row * 7 + 7)]);
      expect(ours.length).toBe(fold0_decision_values!.length);
      const off = ours.flatMap((values, r) => values.map((v, k) => Math.abs(v - fold0_decision_values![r][k])));
      expect(Math.max(...off)).toBeLessThan(1e-3);
    }
  }, 300_000);
});
