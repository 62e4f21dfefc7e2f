/**
 * Puts the elements of a weight into a random order in place (Fisher-Yates), whatever their type.
 * @param bytes of all elements, all of one width
 * @param random uniform on 0 .. n - 1; asked once an element but the first
 */
export function shuffleElements(bytes: Uint8Array, elements: number, random: (n: number) => number): void {
  const width = bytes.length / elements;
  const kept = new Uint8Array(width);
  for (let i = elements - 1; i > 0; i--) {
    const j = random(i + 1);
    kept.set(bytes.subarray(i * width, (i + 1) * width));
    bytes.copyWithin(i * width, j * width, (j + 1) * width);
    bytes.set(kept, j * width);
  }
}
