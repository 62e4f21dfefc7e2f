import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { checkSources, readPins } from '../scripts/sources.js';
import { atlasPaths, loadAtlas, readAtlas } from '../src/generate/atlas.js';
import { atlasNames, DESIGNS, OBJECTS } from '../src/generate/designs.js';

const scratch = mkdtempSync(join(tmpdir(), 'core-objects-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the atlas', () => {
  test('holds every drawing and photograph, and nothing else', async () => {
    const { objects, debris, photographs } = atlasNames();
    expect([...(await loadAtlas()).keys()].sort()).toEqual([...objects, ...debris, ...photographs].sort());
  });

  test('is refused by its digest when a part lies elsewhere than it did', async () => {
    const index = JSON.parse(readFileSync(atlasPaths().index, 'utf8'));
    index['noto:bear'].x += 1;
    const moved = join(scratch, 'atlas.json');
    writeFileSync(moved, JSON.stringify(index));
    const refused = expect.objectContaining({ code: 'source_mismatch', field: 'atlas' });
    await expect(readAtlas({ ...atlasPaths(), index: moved })).rejects.toEqual(refused);
  });

  test('comes with a notice that names every icon set, its version and licence, and with the texts', () => {
    const folder = join(atlasPaths().index, '..');
    const notice = readFileSync(join(folder, 'NOTICE'), 'utf8');
    const pins = readPins();
    const sets = new Set(OBJECTS.flatMap((o) => [...DESIGNS.seen[o], ...DESIGNS.novel[o]].map((d) => d.split(':')[0])));
    for (const set of sets) expect(notice).toContain(`@iconify-json/${set} ${pins[`@iconify-json/${set}`].version}`);
    for (const name of atlasNames().photographs) expect(notice).toContain(name);
    const texts = notice.match(/licenses\/[\w.-]+\.txt/g) ?? [];
    expect(new Set(texts).size).toBe(4);
    for (const file of texts) expect(readFileSync(join(folder, file), 'utf8').length).toBeGreaterThan(1000);
  });
});

describe('a source of the atlas', () => {
  const name = '@iconify-json/noto';
  const dir = join(scratch, 'node_modules', name);
  const pins = {
    [name]: {
      version: '1.2.9',
      file: 'icons.json',
      sha256: 'ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356',
    },
  };
  const install = (version: string, icons: string) => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ name, version }));
    writeFileSync(join(dir, 'icons.json'), icons);
  };
  const check = () => checkSources(scratch, pins);
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: 'source_mismatch', field: name, message: expect.stringMatching(message) });
  beforeEach(() => rmSync(dir, { recursive: true, force: true }));

  test('of the pinned version and content is taken', () => {
    install('1.2.9', '{}\n');
    expect(check).not.toThrow();
  });
  test('of another version is refused by name', () => {
    install('1.2.10', '{}\n');
    expect(check).toThrow(refused(/is version 1\.2\.10; the atlas is made from 1\.2\.9/));
  });
  test('of the pinned version but with other content is refused by its digest', () => {
    install('1.2.9', '{"icons":{}}\n');
    expect(check).toThrow(refused(/has the digest/));
  });
  test('that is not there is refused', () => {
    expect(check).toThrow(refused(/is not installed/));
  });
});

test('every source of the atlas is pinned by version and digest, and locked at that version', () => {
  const folder = new URL('../scripts/atlas-sources/', import.meta.url);
  const json = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  const { dependencies } = json('package.json');
  const pins = readPins();
  expect(Object.fromEntries(Object.entries(pins).map(([name, pin]) => [name, pin.version]))).toEqual(dependencies);
  const { packages } = json('package-lock.json');
  for (const [name, pin] of Object.entries(pins)) {
    const locked = packages[`node_modules/${name}`];
    expect(locked.version).toBe(pin.version);
    expect(locked.integrity).toMatch(/^sha512-/);
  }
});
