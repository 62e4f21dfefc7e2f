import type { TrainingSet } from './training-set.js';

const CHANNELS = 3;

/** How an image is shown: moved by whole pixels, and mirrored from left to right. */
interface View {
  down: number;
  right: number;
  mirrored: boolean;
}

const AS_IT_IS: View = { down: 0, right: 0, mirrored: false };

/**
 * Images as a network takes them: rgb from 0 to 1, [image][y][x][3], each shifted by up to `shift` px along both axes
 * (edges repeated) and mirrored with a probability of one half.
 */
export function augmented(set: TrainingSet, images: Int32Array, shift: number, uniform: () => number): Float32Array {
  const offset = (): number => Math.floor(uniform() * (2 * shift + 1)) - shift;
  return viewed(set, images, () => ({ down: offset(), right: offset(), mirrored: uniform() < 0.5 }));
}

/** The images themselves, in the same form. */
export const plain = (set: TrainingSet, images: Int32Array): Float32Array => viewed(set, images, () => AS_IT_IS);

function viewed({ pixels, size }: TrainingSet, images: Int32Array, view: () => View): Float32Array {
  const out = new Float32Array(images.length * size * size * CHANNELS);
  const inside = (at: number): number => Math.max(0, Math.min(size - 1, at));
  let o = 0;
  for (const image of images) {
    const { down, right, mirrored } = view();
    for (let y = 0; y < size; y++) {
      const row = (image * size + inside(y + down)) * size;
      for (let x = 0; x < size; x++) {
        const gray = pixels[row + inside((mirrored ? size - 1 - x : x) + right)]! / 255;
        out[o++] = gray;
        out[o++] = gray;
        out[o++] = gray;
      }
    }
  }
  return out;
}
