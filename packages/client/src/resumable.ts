import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { CorescoreError } from '@corescore/contracts';
import type { CorescoreClient } from './client.js';
import { NetworkError, RequestError } from './errors.js';
import { type Answer, call } from './node-http.js';

/** Where the ids of uploads under way are kept between calls; a file that has changed since has no id. */
export interface UploadMemory {
  recall(client: CorescoreClient, path: string): Promise<string | undefined>;
  remember(client: CorescoreClient, path: string, id: string): Promise<void>;
  forget(client: CorescoreClient, path: string): Promise<void>;
}

export interface ResumableOptions {
  path: string;
  memory?: UploadMemory;
  retryDelaysMs?: readonly number[];
  /** Bytes of the file that the service is known or expected to have. */
  onProgress?: (bytes: number) => void;
  signal?: AbortSignal;
}

const CHUNK_BYTES = 256 * 1024;
const IDLE_MS = 60_000;
const RETRY_DELAYS_MS = [1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 60_000];

/**
 * Sends a file by tus 1.0 and returns the id of the upload. After a broken connection it asks how much is there and goes
 * on from there, again and again as long as something gets through; an upload that the memory knows is gone on with.
 * @throws RequestError where the service refuses it, NetworkError where the tries are used up, CorescoreError
 * `configuration` where the file changes under way
 */
export async function sendResumable(client: CorescoreClient, options: ResumableOptions): Promise<string> {
  const { path, memory, signal, retryDelaysMs = RETRY_DELAYS_MS } = options;
  const { size } = await stat(path);
  const url = (id: string) => `${client.url}/v1/uploads/${id}`;
  const own: Record<string, string> = { 'tus-resumable': '1.0.0', accept: 'application/problem+json' };
  if (client.token !== undefined) own['authorization'] = `Bearer ${client.token}`;
  const tus = (method: string, to: string, headers: Record<string, string | number>, body?: Readable) => {
    const request = { method, url: to, headers: { ...own, ...headers }, signal, idleMs: IDLE_MS };
    return call(body === undefined ? request : { ...request, body });
  };

  const create = async (): Promise<string> => {
    const name = Buffer.from(basename(path)).toString('base64');
    const begun = await tus('POST', `${client.url}/v1/uploads`, {
      'upload-length': size,
      'upload-metadata': `filename ${name}`,
      'content-length': 0,
    });
    const id = /([^/]+)$/.exec(begun.headers.location ?? '')?.[1];
    if (id === undefined) throw new NetworkError('The service began an upload and did not say where.');
    await memory?.remember(client, path, id);
    return id;
  };
  const send = (id: string, offset: number): Promise<Answer> => {
    const headers = {
      'upload-offset': offset,
      'content-type': 'application/offset+octet-stream',
      'content-length': size - offset,
    };
    const body = Readable.from(rest(path, offset, size, options.onProgress), { objectMode: false });
    return tus('PATCH', url(id), headers, body);
  };

  let id = await memory?.recall(client, path);
  let isRecalled = id !== undefined;
  let reached = 0;
  for (let tries = 0; ; ) {
    try {
      id ??= await create();
      const there = await tus('HEAD', url(id), {});
      const offset = Number(there.headers['upload-offset']);
      if (offset > reached) tries = 0;
      reached = offset;
      options.onProgress?.(offset);
      if (offset === size) return id;
      await send(id, offset);
      return id;
    } catch (error) {
      const isGone = error instanceof RequestError && error.status === 404 && id !== undefined;
      if (!isGone && !isPassing(error)) throw error;
      if (isGone) {
        // Expired, or begun with another token.
        id = undefined;
        reached = 0;
        if (isRecalled) {
          isRecalled = false;
          continue;
        }
      }
      const delay = retryDelaysMs[tries++];
      if (delay === undefined) throw error;
      await sleep(delay, undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** What another try may mend: no connection, a service that restarts, an offset that had moved on. */
function isPassing(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  if (!(error instanceof RequestError)) return false;
  return error.status >= 500 || error.status === 409 || error.code === 'upload_incomplete';
}

async function* rest(
  path: string,
  offset: number,
  size: number,
  onProgress: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  let at = offset;
  for await (const chunk of createReadStream(path, { start: offset, highWaterMark: CHUNK_BYTES })) {
    at += (chunk as Buffer).length;
    if (at > size) break;
    yield chunk as Buffer;
    onProgress?.(at);
  }
  if (at === size) return;
  throw new CorescoreError('configuration', `${path} changed while it was being uploaded.`, {
    field: basename(path),
    remedy: 'Wait until it is written, then submit again.',
  });
}
