import type { Problem } from '@corescore/contracts';

/** The service said no, or did not answer. Always has a sentence for the reader and something to do about it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(readonly problem: Pick<Problem, 'code' | 'title' | 'status' | 'detail' | 'field' | 'remedy'>) {
    super(problem.detail);
  }
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && 'detail' in value && 'title' in value;

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError({
      code: 'network',
      title: 'The service does not answer',
      status: 0,
      detail: 'No answer came from the service at this address.',
      remedy: 'Check that it is running (npm start), then try again.',
    });
  }
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  if (isProblem(body)) throw new ApiError(body);
  throw new ApiError({
    code: `http_${response.status}`,
    title: `The service answered ${response.status}`,
    status: response.status,
    detail: `${path} answered with HTTP ${response.status} and no explanation.`,
    remedy: 'Try again; if it stays, look at the log of the service.',
  });
}

/** @throws ApiError */
export async function getJson<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await send(path, { signal, headers: { accept: 'application/json' } });
  return (await response.json()) as T;
}

/** @throws ApiError */
export async function postJson<T>(path: string, token: string): Promise<T> {
  const response = await send(path, {
    method: 'POST',
    headers: { accept: 'application/json', authorization: `Bearer ${token}` },
  });
  return (await response.json()) as T;
}
