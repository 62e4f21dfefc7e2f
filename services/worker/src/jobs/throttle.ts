/** Lets at most one call through in `everyMs`, and always the last of a stage (`done === total`). `now` in ms. */
export function throttled(
  everyMs: number,
  now: () => number,
  report: (done: number, total: number) => void,
): (done: number, total: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (done, total) => {
    const at = now();
    if (at - last < everyMs && done < total) return;
    last = at;
    report(done, total);
  };
}
