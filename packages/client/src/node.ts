/** Uploading files from disk: Node only, so it stands apart from the entry that browsers import. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CorescoreError, type ModelVersionView } from '@corescore/contracts';
import type { CorescoreClient } from './client.js';
import { networkError, problemFrom, RequestError } from './errors.js';

const CHUNK_BYTES = 256 * 1024;

export interface UploadOptions {
  owner: string;
  name: string;
  manifestPath: string;
  /** Paths of the model file, or of the arrays and the list of ids of activations. */
  files: readonly string[];
  /** Bytes of the whole request body handed to the connection so far, of all of them; ends with both equal. */
  onProgress?: (sentBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

export interface UploadResult {
  version: ModelVersionView;
  /** False where the service had this very version already. */
  created: boolean;
}

interface Part {
  path: string;
  bytes: number;
  head: Buffer;
}

/**
 * Uploads a model version: manifest first, then the files, streamed from disk with one chunk in memory and an exact
 * content length.
 * @throws RequestError where the service refuses it, NetworkError where the connection breaks, CorescoreError
 * `file_missing` or `configuration` where a file cannot be read or changes under way
 */
export async function uploadVersion(client: CorescoreClient, options: UploadOptions): Promise<UploadResult> {
  const boundary = `corescore-${randomBytes(16).toString('hex')}`;
  const parts = [
    await part(boundary, 'manifest', options.manifestPath, 'application/json'),
    ...(await Promise.all(options.files.map((path) => part(boundary, 'file', path, 'application/octet-stream')))),
  ];
  const tail = Buffer.from(`--${boundary}--\r\n`);
  const totalBytes = parts.reduce((sum, { head, bytes }) => sum + head.length + bytes + 2, tail.length);

  let sentBytes = 0;
  async function* body(): AsyncGenerator<Buffer> {
    const sent = (bytes: number) => {
      sentBytes += bytes;
      options.onProgress?.(sentBytes, totalBytes);
    };
    for (const { head, path, bytes } of parts) {
      yield head;
      sent(head.length);
      let read = 0;
      for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
        read += (chunk as Buffer).length;
        if (read > bytes) throw changed(path);
        yield chunk as Buffer;
        sent((chunk as Buffer).length);
      }
      if (read !== bytes) throw changed(path);
      yield Buffer.from('\r\n');
      sent(2);
    }
    yield tail;
    sent(tail.length);
  }

  const url = `${client.url}/v1/models/${encodeURIComponent(options.owner)}/${encodeURIComponent(options.name)}/versions`;
  const headers: Record<string, string | number> = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'content-length': totalBytes,
    accept: 'application/json',
    ...(client.token === undefined ? {} : { authorization: `Bearer ${client.token}` }),
  };
  const answer = await send(url, headers, Readable.from(body(), { objectMode: false }), options.signal);
  if (answer.status < 200 || answer.status > 299) {
    throw new RequestError(problemFrom(answer.status, answer.contentType, answer.body));
  }
  return { version: JSON.parse(answer.body) as ModelVersionView, created: answer.status === 201 };
}

interface Answer {
  status: number;
  contentType: string | null;
  body: string;
}

/** Plain node:http: `fetch` would send a stream without its length and drop an answer that comes before the end. */
async function send(
  url: string,
  headers: Record<string, string | number>,
  body: Readable,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const request: ClientRequest = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, {
    method: 'POST',
    headers,
    ...(signal === undefined ? {} : { signal }),
  });
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
    contentType: response.headers['content-type'] ?? null,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

async function part(boundary: string, field: string, path: string, type: string): Promise<Part> {
  const name = basename(path);
  try {
    // Opened once here, so that a file without permission is told before anything is sent.
    await (await open(path, 'r')).close();
    const { size, isFile } = await stat(path).then((s) => ({ size: s.size, isFile: s.isFile() }));
    if (!isFile) throw new Error('it is not a file');
    const head = Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${field}"; filename="${quoted(name)}"\r\n` +
        `content-type: ${type}\r\n\r\n`,
    );
    return { path, bytes: size, head };
  } catch (error) {
    throw new CorescoreError('file_missing', `${path} cannot be read: ${(error as Error).message}`, {
      field: name,
      remedy: 'Check the path and its permissions.',
      cause: error,
    });
  }
}

/** As browsers do (HTML standard, multipart/form-data encoding). */
const quoted = (name: string): string => name.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22');

function changed(path: string): CorescoreError {
  return new CorescoreError('configuration', `${path} changed while it was being uploaded.`, {
    field: basename(path),
    remedy: 'Wait until it is written, then submit again.',
  });
}
