/** The pause before try `n` + 1 where `n` (from 1) have failed: doubled each time, up to a longest one, ms. */
export const growingPauseMs = (n: number, firstMs: number, longestMs: number): number =>
  Math.min(longestMs, firstMs * 2 ** Math.max(0, n - 1));
