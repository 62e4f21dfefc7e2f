import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, getJson } from './http.js';

export interface Resource<T> {
  /** The last good answer, kept while a refresh is under way or fails. */
  data: T | undefined;
  error: ApiError | undefined;
  reload: () => void;
}

const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError({ code: 'page', title: 'The answer could not be read', status: 0, detail: String(error) });

/**
 * GET `path`, and again as often as `pollMs` says for the last answer (null: not again). A hidden tab doesn't ask; it
 * asks at once when it is looked at again.
 * @param path null: nothing to ask for yet
 */
export function useResource<T>(
  path: string | null,
  pollMs: (data: T | undefined) => number | null = () => null,
): Resource<T> {
  const [state, setState] = useState<{ path: string | null; data?: T; error?: ApiError }>({ path });
  const [round, setRound] = useState(0);
  const interval = useRef(pollMs);
  interval.current = pollMs;
  const reload = useCallback(() => setRound((n) => n + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round asks again for the same path
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let latest: T | undefined;
    const schedule = () => {
      clearTimeout(timer);
      const ms = interval.current(latest);
      if (ms !== null && !abort.signal.aborted) timer = setTimeout(ask, ms);
    };
    const ask = async () => {
      if (document.hidden && latest !== undefined) return;
      try {
        const data = await getJson<T>(path, abort.signal);
        latest = data;
        setState({ path, data });
      } catch (error) {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...(before.path === path ? before : {}), path, error: asApiError(error) }));
      }
      schedule();
    };
    const seen = () => {
      if (!document.hidden && interval.current(latest) !== null) void ask();
    };
    document.addEventListener('visibilitychange', seen);
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [path, round]);

  // An answer for another path is no answer for this one.
  return state.path === path
    ? { data: state.data, error: state.error, reload }
    : { data: undefined, error: undefined, reload };
}
