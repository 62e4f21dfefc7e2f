import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { atlasNames, DESIGNS, OBJECTS, PHOTOGRAPHS } from '../src/generate/designs.js';
import { type Assignment, assign, checkOptions, IMAGE_SETS, type ImageSetName, PIXELS } from '../src/generate/sets.js';

const all = (set: ImageSetName) => Array.from({ length: IMAGE_SETS[set].count }, (_, index) => assign(set, index));
const counts = (images: Assignment[], key: (image: Assignment) => string) => {
  const table = new Map<string, number>();
  for (const image of images) table.set(key(image), (table.get(key(image)) ?? 0) + 1);
  return [...table.values()];
};
const spread = (values: number[]) => Math.max(...values) - Math.min(...values);

describe('what the sets are balanced over', () => {
  test('benchmark: 660 Control and 660 Challenge, 33 of each object, band and source', () => {
    const cells = counts(all('benchmark'), (i) => `${i.band} ${i.source} ${i.object}`);
    expect(cells).toEqual(Array.from({ length: 40 }, () => 33));
  });

  test('commitment: 400 images with the composition of the benchmark', () => {
    const cells = counts(all('commitment'), (i) => `${i.band} ${i.source} ${i.object}`);
    expect(cells).toEqual(Array.from({ length: 40 }, () => 10));
  });

  test('training: 2,000 of each object, its designs within one image of each other', () => {
    const images = all('train');
    expect(counts(images, (i) => i.object)).toEqual(OBJECTS.map(() => 2000));
    for (const object of OBJECTS) {
      const one = images.filter((i) => i.object === object);
      expect(spread(counts(one, (i) => i.design))).toBeLessThanOrEqual(1);
    }
  });

  test('benchmark: designs within one image in each cell, and equal over both bands together', () => {
    const images = all('benchmark');
    for (const object of OBJECTS) {
      const seen = images.filter((i) => i.object === object && i.source === 'seen');
      for (const band of ['control', 'challenge']) {
        const cell = counts(
          seen.filter((i) => i.band === band),
          (i) => i.design,
        );
        expect(spread(cell)).toBeLessThanOrEqual(1);
      }
      expect(spread(counts(seen, (i) => i.design))).toBe(0);
    }
  });

  test('photographs and their mixing are the same in Control and Challenge', () => {
    const table = (band: string) =>
      all('benchmark')
        .filter((i) => i.band === band)
        .map((i) => `${i.photograph} ${i.mixed}`)
        .sort();
    expect(table('control')).toEqual(table('challenge'));
    const photographs = counts(
      all('benchmark').filter((i) => i.source === 'seen'),
      (i) => i.photograph,
    );
    expect(spread(photographs)).toBeLessThan(0.1 * 165);
  });
});

test('training images have nothing of the novel icon set and photographs', () => {
  const images = all('train');
  const used = new Set(images.flatMap((i) => [i.design, i.photograph]));
  for (const name of [...OBJECTS.flatMap((object) => DESIGNS.novel[object]), ...PHOTOGRAPHS.novel]) {
    expect(used.has(name), name).toBe(false);
  }
  expect(images.every((i) => i.source === 'seen')).toBe(true);
  const iconSets = (source: 'seen' | 'novel') =>
    new Set(OBJECTS.flatMap((o) => DESIGNS[source][o].map((d) => d.split(':')[0])));
  expect([...iconSets('novel')].filter((set) => iconSets('seen').has(set))).toEqual([]);
});

test('every object has one design an icon set that draws it: as many as the others, or all there are', () => {
  for (const object of OBJECTS) {
    expect(DESIGNS.novel[object]).toHaveLength(1);
    expect(DESIGNS.seen[object]).toHaveLength(object === 'chair' || object === 'zebra' ? 2 : 3);
    expect(new Set(DESIGNS.seen[object].map((d) => d.split(':')[0])).size).toBe(DESIGNS.seen[object].length);
  }
  const names = atlasNames();
  expect(new Set([...names.objects, ...names.debris]).size).toBe(names.objects.length + names.debris.length);
});

describe('options', () => {
  test.each([
    [{ set: 'trian' }, 'unknown_image_set', 'set'],
    [{ set: 'toString' }, 'unknown_image_set', 'set'],
    [{ set: undefined }, 'unknown_image_set', 'set'],
    [{ set: 'train', seed: 1.5 }, 'generator_option', 'seed'],
    [{ set: 'train', seed: Number.NaN }, 'generator_option', 'seed'],
    [{ set: 'train', seed: -1 }, 'generator_option', 'seed'],
    [{ set: 'train', seed: 2 ** 53 }, 'generator_option', 'seed'],
    [{ set: 'train', seed: '1' }, 'generator_option', 'seed'],
    [{ set: 'train', size: 16 }, 'generator_option', 'size'],
    [{ set: 'train', size: 513 }, 'generator_option', 'size'],
    [{ set: 'train', size: 64.5 }, 'generator_option', 'size'],
    [{ set: 'train', count: 0 }, 'generator_option', 'count'],
    [{ set: 'commitment', count: 401 }, 'generator_option', 'count'],
  ])('%o is refused: %s, naming the field', (options, code, field) => {
    expect(() => checkOptions(options as never)).toThrow(expect.objectContaining({ code, field }));
  });

  test('without more than a set they are those of version 1', () => {
    expect(checkOptions({ set: 'benchmark' })).toEqual({ set: 'benchmark', seed: 1, size: 64, count: 1320 });
  });
});

test('docs/core-objects.md tells the digests and counts of the code', () => {
  const docs = readFileSync(new URL('../../../docs/core-objects.md', import.meta.url), 'utf8');
  const told = [...docs.matchAll(/^\| `(\w+)` +\| `([0-9a-f]{64})` \|$/gm)].map(([, set, digest]) => [set, digest]);
  expect(Object.fromEntries(told)).toEqual(PIXELS);
  const sizes = [...docs.matchAll(/^\| `(\w+)` +\| ([\d,]+) +\|/gm)].map(([, set, n]) => [
    set,
    Number(n.replace(',', '')),
  ]);
  expect(Object.fromEntries(sizes)).toEqual(
    Object.fromEntries(Object.entries(IMAGE_SETS).map(([set, { count }]) => [set, count])),
  );
});
