import type { Problem } from '@corescore/contracts';

/** The service answered with an error. Carries the problem details (RFC 9457) of the answer. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly field?: string;
  readonly remedy?: string;
  readonly runId?: string;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.code = problem.code;
    this.status = problem.status;
    this.title = problem.title;
    if (problem.field !== undefined) this.field = problem.field;
    if (problem.remedy !== undefined) this.remedy = problem.remedy;
    if (problem.runId !== undefined) this.runId = problem.runId;
  }
}

/** No whole answer came: nobody listens, the name does not resolve, the connection broke. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

/** The innermost message of a chain of causes: Node's fetch says only "fetch failed" at the outside. */
export function rootMessage(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause !== undefined) current = current.cause;
  // A connection tried over IPv4 and IPv6 fails with an AggregateError that has an empty message.
  if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0];
  return current instanceof Error ? current.message || current.name : String(current);
}

export function networkError(url: string, error: unknown): NetworkError {
  // A page of the service itself calls it by paths alone.
  const origin = /^https?:\/\/[^/]+/.exec(url)?.[0] ?? 'The service';
  return new NetworkError(`${origin} cannot be reached: ${rootMessage(error)}`, { cause: error });
}

/**
 * Problem details of an error answer. A proxy in between may answer with something else: that becomes a problem with
 * the code `http_<status>` and the beginning of its text.
 */
export function problemFrom(status: number, contentType: string | null, body: string): Problem {
  if (contentType !== null && /^application\/(problem\+)?json/.test(contentType)) {
    try {
      const value: unknown = JSON.parse(body);
      if (isProblem(value)) return value;
    } catch {
      // Not JSON after all: told as text below.
    }
  }
  const text = body.replace(/\s+/g, ' ').trim().slice(0, 200);
  return {
    type: 'about:blank',
    title: `HTTP ${status}`,
    status,
    detail: text === '' ? `The server answered HTTP ${status} without a reason.` : `HTTP ${status}: ${text}`,
    code: `http_${status}`,
  };
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const { code, status, title, detail } = value as Partial<Record<string, unknown>>;
  return (
    typeof code === 'string' && typeof status === 'number' && typeof title === 'string' && typeof detail === 'string'
  );
}
