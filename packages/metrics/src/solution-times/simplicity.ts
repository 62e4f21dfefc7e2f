/**
 * Feed-forward simplicity (METRICS 7; Kubilius et al. 2018): 1 / ln(d), d the convolution and dense layers on the longest
 * path from input to read-out, each counted once whatever the number of steps (`layerDepth` of @corescore/formats).
 *
 * @returns no unit; null for fewer than two layers, where it is infinite or negative
 */
export function feedForwardSimplicity(layers: number): number | null {
  if (!Number.isInteger(layers) || layers < 0) throw new RangeError(`a number of layers, not ${layers}`);
  return layers < 2 ? null : 1 / Math.log(layers);
}
