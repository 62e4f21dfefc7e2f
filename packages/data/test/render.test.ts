import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { loadAtlas } from '../src/generate/atlas.js';
import { PHOTOGRAPHS } from '../src/generate/designs.js';
import { blurred } from '../src/generate/finish.js';
import { generateSet } from '../src/generate/generate-set.js';
import { emptyLayer, place, WHOLE } from '../src/generate/layer.js';
import { drawOccluders } from '../src/generate/occluders.js';
import { Random } from '../src/generate/random.js';
import { createRenderer, type GeneratedImage, LEGIBLE } from '../src/generate/render.js';
import { type GeneratorOptions, PIXELS } from '../src/generate/sets.js';

const atlas = await loadAtlas();

async function make(options: GeneratorOptions): Promise<{ images: GeneratedImage[]; digest: string }> {
  const hash = createHash('sha256');
  const images: GeneratedImage[] = [];
  for await (const image of generateSet(options)) {
    images.push(image);
    hash.update(image.pixels);
  }
  return { images, digest: hash.digest('hex') };
}

describe('pixels are the same on every machine and Node version', () => {
  test('the commitment set, whole', async () => {
    expect((await make({ set: 'commitment' })).digest).toBe(PIXELS.commitment);
  });
  test.each([
    [{ set: 'train', count: 200 } as const, 'f6c03f3b2cab61295621eed0e63ab3714969351feb6cb976e2c294872cc4b086'],
    [{ set: 'benchmark', count: 200 } as const, '623782b9359785d24b81ea1f311166cbc0d3b334192d83f13c5b7eb80c58213c'],
    [
      { set: 'benchmark', count: 6, size: 224 } as const,
      '84ec0b6b6293087694543349dcd8ad7d474bc8e72aa7b31a7a3c7e3a0278aa96',
    ],
    [
      { set: 'benchmark', count: 20, seed: 2 } as const,
      '5e5aaf712d89ce92eaefced7ede5696007eaa6f19731951be51bcc15f3d20093',
    ],
  ])('%o', async (options, digest) => {
    expect((await make(options)).digest).toBe(digest);
  });
});

describe('each image', async () => {
  const { images } = await make({ set: 'benchmark', count: 320 });
  const of = (band: string) => images.filter((image) => image.band === band).map((image) => image.parameters);

  test('is the same alone as in its set, whatever was made before', () => {
    const render = createRenderer(atlas, 1, 64);
    for (const index of [7, 200, 7, 31]) {
      const { pixels, parameters } = render('benchmark', index);
      expect(parameters).toEqual(images[index].parameters);
      expect(Buffer.compare(pixels, images[index].pixels)).toBe(0);
    }
  });

  test('has the load of its band: the sum of five factors, Control 0 to 1.5, Challenge 1.25 to 3.5', () => {
    for (const p of images.map((image) => image.parameters)) {
      expect(p.load).toBe(p.eOcclusion + p.eContrast + p.eClutter + p.eBlur + p.eSize);
    }
    for (const p of of('control')) expect(p.gain).toBeLessThan(0.3);
    for (const p of of('challenge')) {
      expect(p.gain).toBeGreaterThanOrEqual(0.5);
      expect(p.gain).toBeLessThan(0.7);
      expect(Math.min(p.eOcclusion, p.eContrast, p.eClutter, p.eBlur, p.eSize)).toBeGreaterThanOrEqual(0.5 * p.gain);
    }
    const mean = (band: string) => of(band).reduce((sum, p) => sum + p.load, 0) / of(band).length;
    // .43 and 2.25 by definition; standard errors .02 and .03.
    expect(mean('control')).toBeCloseTo(0.43, 1);
    expect(Math.abs(mean('challenge') - 2.25)).toBeLessThan(0.1);
  });

  test('is legible: enough of the target is in the frame, unhidden and unlike what is behind it', () => {
    for (const { parameters: p, pixels } of images) {
      expect(p.inFrame).toBeGreaterThanOrEqual(LEGIBLE.inFrame);
      expect(1 - p.occlusion).toBeGreaterThanOrEqual(LEGIBLE.visible);
      expect(p.targetRms).toBeGreaterThanOrEqual(LEGIBLE.targetRms);
      expect(p.standOut).toBeGreaterThanOrEqual(LEGIBLE.standOut);
      expect(new Set(pixels).size).toBeGreaterThan(30);
    }
    expect(images.some((image) => image.parameters.redraws > 0)).toBe(true);
  });

  test('has the occlusion it was to have, within .05', () => {
    for (const p of images.map((image) => image.parameters)) {
      expect(p.occlusion - p.occlusionGoal).toBeLessThanOrEqual(0.0501);
      expect(p.occlusionGoal - p.occlusion).toBeLessThanOrEqual(0.05);
    }
  });
});

test('no part of a training image, clutter and occluders included, is of the novel icon set or photographs', () => {
  const used = new Set<string>();
  const watched = new Map(atlas);
  watched.get = (name) => {
    used.add(name);
    return atlas.get(name);
  };
  const render = createRenderer(watched, 1, 64);
  const novel = () =>
    [...used].filter((name) => name.startsWith('fluent-emoji-flat:') || PHOTOGRAPHS.novel.includes(name));
  for (let index = 0; index < 400; index++) render('train', index);
  expect(used.size).toBeGreaterThan(40);
  expect(novel()).toEqual([]);
  for (let index = 0; index < 400; index++) render('benchmark', index);
  expect(novel().length).toBeGreaterThan(15);
});

test('the measured occlusion is the part of the target whose pixels the occluders changed', () => {
  const frame = 96;
  const square = Float32Array.from({ length: frame * frame }, (_, q) => {
    const [x, y] = [q % frame, Math.floor(q / frame)];
    return x >= 24 && x < 72 && y >= 24 && y < 72 ? 1 : 0;
  });
  // An empty image under a background of 10: what lies on it shows how much of it is covered.
  const image = new Float32Array(frame * frame);
  const ground = new Float32Array(frame * frame).fill(10);
  const visible = square.slice();
  const { occlusion, occluders } = drawOccluders(
    image,
    visible,
    ground,
    emptyLayer(frame),
    frame,
    atlas,
    new Random('test'),
    {
      goal: 0.3,
      source: 'seen',
      x: 48,
      y: 48,
      reach: 48,
    },
  );
  let covered = 0;
  for (let q = 0; q < image.length; q++) covered += square[q] * Math.min(1, image[q] / 10);
  expect(occluders).toBeGreaterThan(0);
  expect(Math.abs(occlusion - 0.3)).toBeLessThan(0.05);
  // A background of 10 and a tone of up to .15: the cover is known to 1.5 %.
  expect(Math.abs(covered / (48 * 48) - occlusion)).toBeLessThan(0.02);
});

test('a drawing put into a frame covers its own area, wherever it lies and however it is turned', () => {
  const frame = 128;
  const layer = emptyLayer(frame);
  const picture = atlas.get('noto:elephant')!;
  for (const rotation of [0, 0.4, -1.1]) {
    for (const [size, shear] of [
      [30, 0],
      [61, 0.2],
    ] as const) {
      const at = { x: 63.3, y: 65.1, size, rotation, flip: rotation > 0, aspect: 0.8, shear, part: WHOLE };
      const area = place(layer, frame, picture, at);
      let sum = 0;
      for (let y = layer.top; y < layer.bottom; y++) {
        for (let x = layer.left; x < layer.right; x++) sum += layer.alpha[y * frame + x];
      }
      expect(sum / area).toBeCloseTo(1, 1);
      expect(Math.abs(sum / area - 1)).toBeLessThan(0.02);
    }
  }
});

test.each([0.3, 0.9, 3.1])('blur of sd %d px: a point keeps its sum and gets that variance', (sd) => {
  const frame = 65;
  const image = new Float32Array(frame * frame);
  image[32 * frame + 32] = 1;
  blurred(image, new Float32Array(frame * frame), frame, sd);
  let [sum, variance] = [0, 0];
  for (let q = 0; q < image.length; q++) {
    sum += image[q];
    variance += image[q] * ((q % frame) - 32) ** 2;
  }
  expect(sum).toBeCloseTo(1, 4);
  expect(variance / (sd * sd)).toBeCloseTo(1, 3);
});
