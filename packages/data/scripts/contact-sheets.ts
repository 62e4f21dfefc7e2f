/** `npx tsx packages/data/scripts/contact-sheets.ts`: the pictures of docs/core-objects.md. */
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { type Atlas, loadAtlas } from '../src/generate/atlas.js';
import { DESIGNS, OBJECTS } from '../src/generate/designs.js';
import { emptyLayer, place, WHOLE } from '../src/generate/layer.js';
import { createRenderer } from '../src/generate/render.js';
import { type Band, DEFAULT_SEED } from '../src/generate/sets.js';

const GAP = 2;
const docs = (name: string) => fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));

const atlas = await loadAtlas();
const render = createRenderer(atlas, DEFAULT_SEED, 64);
await sheet('core-objects-control.png', band('control'), 64, 10);
await sheet('core-objects-challenge.png', band('challenge'), 64, 10);
await sheet('core-objects-designs.png', drawings(atlas, 64), 64, 10);

/** Four images of each object, half of them of novel sources. */
function band(which: Band): Uint8Array[] {
  const images: Uint8Array[] = [];
  for (let index = 0; images.length < 40; index++) {
    const image = render('benchmark', index);
    if (image.band === which) images.push(image.pixels);
  }
  return images;
}

/** One column an object: its seen drawings, then the novel one. */
function drawings(from: Atlas, side: number): Uint8Array[] {
  const columns = OBJECTS.map((object) => {
    const [a, b, c] = DESIGNS.seen[object];
    return [a, b, c, DESIGNS.novel[object][0]];
  });
  return [0, 1, 2, 3].flatMap((row) => columns.map((column) => drawing(from, column[row], side)));
}

function drawing(from: Atlas, name: string | undefined, side: number): Uint8Array {
  const gray = new Float32Array(side * side).fill(0.8);
  if (name !== undefined) {
    const layer = emptyLayer(side);
    const middle = { x: side / 2, y: side / 2, size: side - 6, part: WHOLE };
    place(layer, side, from.get(name)!, { ...middle, rotation: 0, flip: false, aspect: 1, shear: 0 });
    for (let q = 0; q < gray.length; q++) gray[q] = gray[q]! * (1 - layer.alpha[q]!) + layer.value[q]!;
  }
  return Uint8Array.from(gray, (v) => Math.min(255, Math.round(255 * v)));
}

async function sheet(name: string, images: readonly Uint8Array[], side: number, columns: number): Promise<void> {
  const rows = Math.ceil(images.length / columns);
  const [width, height] = [columns * (side + GAP) - GAP, rows * (side + GAP) - GAP];
  const page = new Uint8Array(width * height).fill(255);
  images.forEach((image, i) => {
    const left = (i % columns) * (side + GAP);
    const top = Math.floor(i / columns) * (side + GAP);
    for (let y = 0; y < side; y++) page.set(image.subarray(y * side, (y + 1) * side), (top + y) * width + left);
  });
  await sharp(page, { raw: { width, height, channels: 1 } })
    .png({ compressionLevel: 9 })
    .toFile(docs(name));
}
