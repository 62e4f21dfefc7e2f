import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CorescoreError } from '@corescore/contracts';
import { networkError, problemFrom, RequestError } from './errors.js';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Call {
  method: string;
  url: string;
  headers: Record<string, string | number>;
  /** Absent: a request without a body. */
  body?: Readable;
  signal?: AbortSignal | undefined;
  /** Give the connection up when nothing moves for so long; default: never. */
  idleMs?: number;
}

/**
 * One request. Plain node:http: `fetch` would send a stream without its length and drop an answer that comes before
 * the end.
 * @throws RequestError where the service answers with an error, NetworkError where the connection breaks
 */
export async function call(given: Call): Promise<Answer> {
  const answer = await send(given);
  if (answer.status >= 200 && answer.status <= 299) return answer;
  throw new RequestError(problemFrom(answer.status, answer.headers['content-type'] ?? null, answer.body));
}

async function send({ method, url, headers, body = Readable.from([]), signal, idleMs }: Call): Promise<Answer> {
  const request: ClientRequest = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, {
    method,
    headers,
    ...(signal === undefined ? {} : { signal }),
  });
  if (idleMs !== undefined) {
    request.setTimeout(idleMs, () => request.destroy(new Error(`nothing moved for ${idleMs / 1000} s`)));
  }
  const answered = new Promise<Answer>((resolve, reject) => {
    let isAnswering = false;
    request.on('response', (response) => {
      isAnswering = true;
      readAnswer(response).then(resolve, reject);
    });
    request.on('error', reject);
    request.on('close', () => {
      if (!isAnswering) reject(new Error('the connection was closed before an answer came'));
    });
  });
  // A refusal (no token, over the size limit) may come while bytes still flow: it counts, not the broken pipe after it.
  const early = new Promise<Answer>((resolve) => answered.then(resolve, () => undefined));
  const sent = pipeline(body, request).then(
    () => answered,
    (error: unknown) => answered.catch(() => Promise.reject(error)),
  );
  try {
    return await Promise.race([early, sent]);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof CorescoreError) throw error;
    throw networkError(url, error);
  } finally {
    body.destroy();
    request.destroy();
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
