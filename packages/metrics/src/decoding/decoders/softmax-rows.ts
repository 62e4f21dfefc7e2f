/** Each row of n*classes logits becomes probabilities, in place; without overflow. */
export function softmaxRows(logits: Float64Array, classes: number): Float64Array {
  for (let row = 0; row < logits.length; row += classes) {
    let max = logits[row];
    for (let c = 1; c < classes; c++) max = Math.max(max, logits[row + c]);
    let sum = 0;
    for (let c = row; c < row + classes; c++) {
      logits[c] = Math.exp(logits[c] - max);
      sum += logits[c];
    }
    for (let c = row; c < row + classes; c++) logits[c] /= sum;
  }
  return logits;
}
