export interface ScoreOptions {
  /** Scoring processes; default: all cores. */
  threads?: number;
  /** Tasks done so far, of how many. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Announces how many tasks there are; the function that it returns is called after each of them. */
export type Announce = (total: number) => () => void;

export const announceTo =
  (onProgress: ScoreOptions['onProgress']): Announce =>
  (total) => {
    let done = 0;
    // The first task may take long: that it has begun is shown before.
    onProgress?.(0, total);
    return () => {
      done += 1;
      onProgress?.(done, total);
    };
  };
