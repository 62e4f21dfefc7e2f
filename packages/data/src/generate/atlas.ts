import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CorescoreError, canonicalJson } from '@corescore/contracts';
import sharp from 'sharp';
import { atlasNames } from './designs.js';
import { type Picture, pictureOf } from './picture.js';

/** Where each part lies in the atlas, px. */
export type AtlasIndex = Record<string, { x: number; y: number; width: number; height: number }>;

/** Drawings by `icon set:icon`, photographs by name. */
export type Atlas = ReadonlyMap<string, Picture>;

/** sha256 of the decoded pixels and the index; the bytes of a PNG depend on its encoder. */
export const ATLAS_DIGEST = 'a07e2e98d7e9e40518806d2276601b36dc9301761f6d4f384ead9ba7c1ef8345';

export function atlasPaths(): { image: string; index: string } {
  const file = (name: string) => fileURLToPath(new URL(`../../data/core-objects/${name}`, import.meta.url));
  return { image: file('atlas.png'), index: file('atlas.json') };
}

export function atlasDigest(index: AtlasIndex, pixels: Uint8Array): string {
  return createHash('sha256').update(canonicalJson(index)).update(pixels).digest('hex');
}

let loaded: Promise<Atlas> | undefined;

/**
 * Reads the atlas that ships with the package, once a process.
 * @throws CorescoreError `source_mismatch` where its digest is not the pinned one
 */
export function loadAtlas(): Promise<Atlas> {
  loaded ??= readAtlas(atlasPaths());
  return loaded;
}

export async function readAtlas(paths: { image: string; index: string }): Promise<Atlas> {
  const index: AtlasIndex = JSON.parse(await readFile(paths.index, 'utf8'));
  // Decoded to red = green = blue = gray, and alpha.
  const { data, info } = await sharp(paths.image)
    .ensureAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(2 * info.width * info.height);
  for (let i = 0; i < info.width * info.height; i++) {
    pixels[2 * i] = data[4 * i]!;
    pixels[2 * i + 1] = data[4 * i + 3]!;
  }
  const digest = atlasDigest(index, pixels);
  if (digest !== ATLAS_DIGEST) {
    throw new CorescoreError(
      'source_mismatch',
      `The atlas of core-objects has the digest ${digest}, not ${ATLAS_DIGEST}.`,
      {
        field: 'atlas',
        remedy:
          'Restore packages/data/data/core-objects from the repository: images of another atlas are other images.',
      },
    );
  }
  const { photographs } = atlasNames();
  return new Map(
    Object.entries(index).map(([name, box]) => [
      name,
      pictureOf(pixels, info.width, box, photographs.includes(name) ? 'opaque' : 'cut out'),
    ]),
  );
}
