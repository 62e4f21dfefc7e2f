/** A terminal's Ctrl-C can arrive twice at once: from the terminal itself, and passed on by `npm start`. */
const ECHO_MS = 500;
const LOOK_EVERY_MS = 1_000;

export interface StopRequest {
  /** Aborts with the first Ctrl-C or SIGTERM, and with SIGHUP where a terminal was closed. */
  signal: AbortSignal;
  /** Resolves then. */
  asked: Promise<void>;
  release(): void;
}

export interface StopOptions {
  /**
   * Called with SIGHUP instead of stopping. Of a process at a terminal the signal says that the terminal was closed; of
   * any other it asks, as of every service, to begin its log files anew.
   */
  onHangUp?: (() => void) | undefined;
  /** Tells the parent's process id: where it changes the parent is gone, and nobody is left to pass a signal on. */
  parent?: (() => number) | undefined;
  now?: () => number;
}

/** @param onInsist called with the second request: stop without waiting */
export function stopRequests(onInsist: () => void, options: StopOptions = {}): StopRequest {
  const { onHangUp, parent, now = Date.now } = options;
  const controller = new AbortController();
  let firstMs = 0;
  const ask = (): void => {
    if (controller.signal.aborted) return;
    firstMs = now();
    controller.abort(new Error('asked to stop'));
  };
  const onSignal = () => {
    if (!controller.signal.aborted) ask();
    else if (now() - firstMs > ECHO_MS) onInsist();
  };
  const listeners = { SIGINT: onSignal, SIGTERM: onSignal, SIGHUP: onHangUp ?? onSignal };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, listeners[name]);
  let watch: NodeJS.Timeout | undefined;
  if (parent !== undefined) {
    const first = parent();
    watch = setInterval(() => parent() === first || ask(), LOOK_EVERY_MS);
    watch.unref();
  }
  return {
    signal: controller.signal,
    asked: new Promise((resolve) => controller.signal.addEventListener('abort', () => resolve(), { once: true })),
    release: () => {
      clearInterval(watch);
      for (const name of names) process.off(name, listeners[name]);
    },
  };
}
