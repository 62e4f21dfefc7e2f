/** So many points in so many seconds; counted by `name` and a key, over all processes. */
export interface Budget {
  name: string;
  points: number;
  seconds: number;
}

export interface Limits {
  /**
   * Takes `cost` points from what the key has left in its window.
   * @returns null, or the seconds until the next window where the points are used up
   * @throws CorescoreError `unavailable`: without the count nothing is let through
   */
  spend(budget: Budget, key: string, cost: number): Promise<number | null>;
  /** As `spend`, without taking any: whether the key has used its points up. */
  spent(budget: Budget, key: string): Promise<number | null>;
}

/** Which limit has been reached, or an open stream, to be closed. */
export type StreamLease = { refused: 'address' | 'total' } | { refused: null; close(): Promise<void> };

export interface Streams {
  open(address: string, limits: { perAddress: number; total: number }): Promise<StreamLease>;
}

export interface OpenUploads {
  /**
   * Counts an upload that may grow to `bytes` and is forgotten after `seconds`.
   * @returns null, or the limit of its token that it would break; nothing is counted then
   */
  reserve(
    upload: { id: string; tokenId: string; bytes: number; seconds: number },
    limits: { count: number; bytes: number },
  ): Promise<'count' | 'bytes' | null>;
  /** It is gone, or part of a version. */
  release(id: string): Promise<void>;
}
