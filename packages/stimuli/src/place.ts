/** The gray around an image that is shown smaller than the model's field of view. */
const GRAY = 128;

/** An 8-bit RGB image, [height][width][3]. */
export interface Image {
  data: Uint8Array;
  height: number;
  width: number;
}

/**
 * Shows an image at its size in degrees within the model's field of view (METRICS 6, Place): below the model's degrees
 * it is pasted centred on gray, above them its centre is cut out, and equal degrees leave it as it is. Nothing is
 * rescaled: one degree keeps its pixels.
 *
 * @param imageDegrees degrees of visual angle that the image covers
 * @param modelDegrees degrees that the model's input covers
 */
export function placeOnScreen(image: Image, imageDegrees: number, modelDegrees: number): Image {
  const ratio = modelDegrees / imageDegrees;
  if (ratio === 1) return image;
  const height = Math.max(1, roundHalfToEven(ratio * image.height));
  const width = Math.max(1, roundHalfToEven(ratio * image.width));
  const data = new Uint8Array(height * width * 3).fill(GRAY);
  // One of each pair is 0: the smaller of image and screen begins at its own edge.
  const across = overlap(image.width, width);
  const down = overlap(image.height, height);
  for (let y = 0; y < down.count; y++) {
    const from = ((down.from + y) * image.width + across.from) * 3;
    data.set(image.data.subarray(from, from + across.count * 3), ((down.to + y) * width + across.to) * 3);
  }
  return { data, height, width };
}

/** Where `inner` pixels, centred, meet `outer` ones: first pixel in each, and how many. */
function overlap(inner: number, outer: number): { from: number; to: number; count: number } {
  const offset = roundHalfToEven(Math.abs(outer - inner) / 2);
  return inner <= outer ? { from: 0, to: offset, count: inner } : { from: offset, to: 0, count: outer };
}

/** As NumPy rounds: 0.5 -> 0, 1.5 -> 2. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
