import { CorescoreError, type PROBLEMS, Problem, type ProblemCode } from '@corescore/contracts';
import { diskFull, isDiskFull } from '@corescore/store';
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify';

type StatusOf<C extends ProblemCode> = (typeof PROBLEMS)[C]['status'];

/** The problem responses of a route, by status, for its `response` schema. */
export function problems<const S extends readonly StatusOf<ProblemCode>[]>(
  ...statuses: S
): { [K in S[number] | 429 | 500 | 503]: typeof Problem } {
  return Object.fromEntries([...statuses, 429, 500, 503].map((s) => [s, Problem])) as {
    [K in S[number] | 429 | 500 | 503]: typeof Problem;
  };
}

/** What Fastify and its plugins raise for a request they refuse, in our codes. */
const FRAMEWORK: Record<string, { code: ProblemCode; remedy: string }> = {
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'invalid_request', remedy: 'Send a body that is valid JSON.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'invalid_request', remedy: 'Send a JSON body, or no content-type header.' },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'upload_too_large', remedy: 'Send a smaller body.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'upload_incomplete', remedy: 'Send the whole body again.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    remedy: 'Send application/json, or multipart/form-data where a model version is uploaded.',
  },
  FST_INVALID_MULTIPART_CONTENT_TYPE: {
    code: 'unsupported_media_type',
    remedy: 'Send multipart/form-data: the manifest part first, then the files.',
  },
};

/** What the file system says where the home folder belongs to somebody else or is mounted for reading. */
const NOT_WRITABLE = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOTDIR']);

const notWritable = (cause: Error): CorescoreError =>
  new CorescoreError('unavailable', 'The service cannot write to its home folder.', {
    remedy: 'Whoever runs the service makes CORESCORE_HOME writable for its user; then send this again.',
    cause,
  });

/** Any thrown value as an error of ours; null for a bug, whose text must not leave the process. */
export function asCorescoreError(error: unknown): CorescoreError | null {
  if (error instanceof CorescoreError) return error;
  if (!(error instanceof Error)) return null;
  if (isDiskFull(error)) return diskFull('The disk of the service is full.', error);
  const { code, statusCode } = error as Partial<FastifyError>;
  const known = code === undefined ? undefined : FRAMEWORK[code];
  if (known !== undefined) return new CorescoreError(known.code, error.message, { remedy: known.remedy });
  if (code !== undefined && NOT_WRITABLE.has(code)) return notWritable(error);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new CorescoreError('invalid_request', error.message, { remedy: 'See /docs for what the service accepts.' });
  }
  return null;
}

/** Bearer challenge (RFC 6750) that goes with an access problem; undefined for others. */
function challenge(error: CorescoreError): string | undefined {
  if (error.code === 'token_missing') return 'Bearer realm="corescore"';
  if (error.code === 'token_invalid' || error.code === 'token_expired')
    return 'Bearer realm="corescore", error="invalid_token"';
  if (error.code === 'scope_missing') return 'Bearer realm="corescore", error="insufficient_scope"';
  return undefined;
}

/** Long enough for a database to restart, short enough for somebody who waits. */
const UNAVAILABLE_SECONDS = 5;

/** Of the errors of the service, those whose words help whoever asked. */
const TOLD: ReadonlySet<string> = new Set(['unavailable', 'disk_full'] satisfies ProblemCode[]);

/** Answers any error as RFC 9457 problem details; what is not ours is logged and answered without its text. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = asCorescoreError(error);
  const told = known !== null && (known.status < 500 || TOLD.has(known.code)) ? known : null;
  const ours =
    told ??
    new CorescoreError('internal', `The service failed; its log has request ${request.id}.`, {
      remedy: 'Try again; if it stays, give the request id to whoever runs the service.',
    });
  if (ours.status >= 500 && (told === null || ours.cause !== undefined))
    request.log.error({ err: error }, told === null ? 'request failed' : ours.message);
  const header = challenge(ours);
  if (header !== undefined) reply.header('www-authenticate', header);
  const retryAfter = ours.retryAfterSeconds ?? (ours.status === 503 ? UNAVAILABLE_SECONDS : undefined);
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  return reply.code(ours.status).type('application/problem+json').send(JSON.stringify(ours.toProblem()));
}

const PART_PREFIX: Record<string, string> = { body: '', querystring: 'query', params: 'path', headers: 'header' };
const PART_NAME: Record<string, string> = {
  body: 'The body',
  querystring: 'The query',
  params: 'The path',
  headers: 'The request',
};
/** The most telling error first: an unknown name is often the reason that another is missing. */
const TELLING = ['additionalProperties', 'required', 'type', 'enum'];

/** One schema violation as a problem: names the field by JSON pointer (`query/…`, `path/…`, `header/…` outside the body). */
export function schemaProblem(errors: readonly FastifySchemaValidationError[], part: string): CorescoreError {
  const rank = (e: FastifySchemaValidationError): number => {
    const at = TELLING.indexOf(e.keyword);
    return at < 0 ? TELLING.length : at;
  };
  const error = [...errors].sort((a, b) => rank(a) - rank(b))[0];
  const params = (error?.params ?? {}) as Record<string, unknown>;
  const names = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const field = (name?: string): string =>
    `${PART_PREFIX[part] ?? ''}${error?.instancePath ?? ''}${name === undefined ? '' : `/${name}`}`;
  const where = PART_NAME[part] ?? 'The request';
  const unknown = names(params['additionalProperties']);
  if (unknown.length > 0) {
    return new CorescoreError('invalid_request', `${where} has unknown fields: ${unknown.join(', ')}.`, {
      field: field(unknown[0]),
      remedy: `Remove ${unknown.join(', ')}, or correct the spelling; /docs lists the fields.`,
    });
  }
  const missing = names(params['requiredProperties']);
  if (missing.length > 0) {
    return new CorescoreError('invalid_request', `${where} lacks ${missing.join(', ')}.`, {
      field: field(missing[0]),
      remedy: `Add ${missing.join(', ')}.`,
    });
  }
  const allowed = names(params['allowedValues']);
  return new CorescoreError('invalid_request', `${field() || where} ${error?.message ?? 'is not valid'}.`, {
    field: field() || '/',
    remedy: allowed.length > 0 ? `Use one of ${allowed.join(', ')}.` : 'Correct it; /docs describes the field.',
  });
}

/** The routes there are, to tell "no such path" from "not with this method". */
export class RouteTable {
  readonly #routes: { pattern: RegExp; methods: Set<string> }[] = [];

  add(url: string, methods: readonly string[]): void {
    if (url.includes('*')) return;
    const source = url
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
      .join('/');
    this.#routes.push({ pattern: new RegExp(`^${source}/?$`), methods: new Set(methods) });
  }

  /** @returns the methods that a path takes, sorted; empty where there is no such path */
  methodsOf(path: string): string[] {
    const found = this.#routes.filter((r) => r.pattern.test(path)).flatMap((r) => [...r.methods]);
    return [...new Set(found)].sort();
  }
}

/** 405 with `Allow` for a known path, 404 otherwise. */
export function notFound(table: RouteTable, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?')[0] ?? '/';
  const allowed = table.methodsOf(path);
  if (allowed.length > 0 && !allowed.includes(request.method)) {
    reply.header('allow', allowed.join(', '));
    return sendProblem(
      new CorescoreError('method_not_allowed', `${path} does not take ${request.method}.`, {
        remedy: `Use ${allowed.join(' or ')}.`,
      }),
      request,
      reply,
    );
  }
  return sendProblem(
    new CorescoreError('not_found', `There is nothing at ${path}.`, { remedy: 'See /docs for what there is.' }),
    request,
    reply,
  );
}
