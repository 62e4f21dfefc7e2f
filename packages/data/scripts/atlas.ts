/**
 * `npm run atlas`: renders the drawings and reduces the photographs that `core-objects` is composed of, from packages at
 * exact versions, and compares the result with the atlas in the repository. `-- --write` replaces it (a new version of
 * the generator: every image changes). `-- --sources DIR` takes packages that are already installed there.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CorescoreError } from '@corescore/contracts';
import sharp from 'sharp';
import { ATLAS_DIGEST, type AtlasIndex, atlasDigest, atlasPaths } from '../src/generate/atlas.js';
import { atlasNames } from '../src/generate/designs.js';
import { type GrayAlpha, openSources } from './draw.js';
import { checkSources, installSources, readPins } from './sources.js';

const OBJECT_SIDE = 160;
const DEBRIS_SIDE = 64;
const PHOTOGRAPH_SIDE = 256;
const WIDTH = 1024;
/** Left, top, right, bottom. Cut off: persons in boats, and the empty sheet beside the plants. */
const CROPS: Record<string, [number, number, number, number]> = {
  'acanthus-mollis': [0.1, 0.03, 0.9, 0.85],
  'allium-oreophilum': [0, 0.04, 1, 0.72],
  'black-canyon': [0.42, 0.12, 1, 0.98],
  'dust-bowl-home': [0.02, 0.02, 0.98, 0.98],
  'french-alpine-landscape': [0.01, 0.03, 0.99, 0.97],
  'nagasaki-boats': [0.02, 0.2, 0.98, 0.75],
};

const { values: options } = parseArgs({ options: { write: { type: 'boolean' }, sources: { type: 'string' } } });
const scratch = options.sources === undefined ? mkdtempSync(join(tmpdir(), 'core-objects-atlas-')) : undefined;
try {
  const root = options.sources ?? scratch!;
  if (scratch !== undefined) installSources(scratch);
  checkSources(root, readPins());
  await build(root);
} catch (error) {
  if (!(error instanceof CorescoreError)) throw error;
  console.error(`${error.code}: ${error.message}\n${error.remedy ?? ''}`);
  process.exitCode = 10;
} finally {
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
}

async function build(root: string): Promise<void> {
  const { drawing, photograph } = await openSources(root);
  const names = atlasNames();
  const parts: [string, GrayAlpha][] = [
    ...names.objects.map((name): [string, GrayAlpha] => [name, drawing(name, OBJECT_SIDE)]),
    ...names.debris.map((name): [string, GrayAlpha] => [name, drawing(name, DEBRIS_SIDE)]),
    ...names.photographs.map((name): [string, GrayAlpha] => [name, photograph(name, CROPS[name]!, PHOTOGRAPH_SIDE)]),
  ];
  const { index, pixels, height } = pack(parts);
  const digest = atlasDigest(index, pixels);
  console.log(`${parts.length} parts, ${WIDTH} x ${height} px, sha256 ${digest}`);
  if (options.write === true) {
    const paths = atlasPaths();
    const png = await sharp(pixels, { raw: { width: WIDTH, height, channels: 2 } })
      .toColourspace('b-w')
      .png({ compressionLevel: 9, adaptiveFiltering: true })
      .toBuffer();
    writeFileSync(paths.image, png);
    writeFileSync(paths.index, `${JSON.stringify(index, null, 1)}\n`);
    console.log(`${png.length} bytes written; ATLAS_DIGEST in src/generate/atlas.ts must be this digest`);
  } else if (digest !== ATLAS_DIGEST) {
    throw new CorescoreError('source_mismatch', `The atlas made here has the digest ${digest}, not ${ATLAS_DIGEST}.`, {
      field: 'atlas',
      remedy: 'Undo the change of the drawings, or make a new version of core-objects with --write.',
    });
  } else console.log('the same as the atlas in the repository');
}

/** Rows of parts, highest first, each part one empty pixel apart. */
function pack(parts: [string, GrayAlpha][]): { index: AtlasIndex; pixels: Uint8Array; height: number } {
  const index: AtlasIndex = {};
  let [x, y, row] = [0, 0, 0];
  const placed = parts
    .toSorted(([a, one], [b, other]) => other.height - one.height || (a < b ? -1 : 1))
    .map(([name, part]) => {
      if (x + part.width > WIDTH) {
        y += row + 1;
        [x, row] = [0, 0];
      }
      row = Math.max(row, part.height);
      index[name] = { x, y, width: part.width, height: part.height };
      x += part.width + 1;
      return { part, at: index[name] };
    });
  const height = y + row;
  const pixels = new Uint8Array(2 * WIDTH * height);
  for (const { part, at } of placed) {
    for (let v = 0; v < part.height; v++) {
      pixels.set(part.pixels.subarray(2 * v * part.width, 2 * (v + 1) * part.width), 2 * ((at.y + v) * WIDTH + at.x));
    }
  }
  return { index, pixels, height };
}
