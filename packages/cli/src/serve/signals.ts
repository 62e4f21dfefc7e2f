/** A terminal's Ctrl-C can arrive twice at once: from the terminal itself, and passed on by `npm start`. */
const ECHO_MS = 500;

export interface StopRequest {
  /** Aborts with the first Ctrl-C, SIGTERM or SIGHUP. */
  signal: AbortSignal;
  /** Resolves then. */
  asked: Promise<void>;
  release(): void;
}

/** @param onInsist called with the second request: stop without waiting */
export function stopRequests(onInsist: () => void, now: () => number = Date.now): StopRequest {
  const controller = new AbortController();
  let firstMs = 0;
  const onSignal = () => {
    if (!controller.signal.aborted) {
      firstMs = now();
      controller.abort(new Error('asked to stop'));
    } else if (now() - firstMs > ECHO_MS) onInsist();
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    asked: new Promise((resolve) => controller.signal.addEventListener('abort', () => resolve(), { once: true })),
    release: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
