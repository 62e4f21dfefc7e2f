/** Uploading files from disk: Node only, so it stands apart from the entry that browsers import. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { CorescoreError, type UploadedVersionView } from '@corescore/contracts';
import type { CorescoreClient } from './client.js';
import { call } from './node-http.js';
import { sendResumable, type UploadMemory } from './resumable.js';

export type { UploadMemory } from './resumable.js';

const CHUNK_BYTES = 256 * 1024;

export interface UploadOptions {
  owner: string;
  name: string;
  manifestPath: string;
  /** Paths of the model file and what it needs, or of the arrays and the list of ids of activations. */
  files: readonly string[];
  /** Files of so many bytes and more go in resumable uploads before the version; default: none. */
  resumableFromBytes?: number;
  /** Where the ids of uploads under way are kept, so that a later call goes on with them. */
  memory?: UploadMemory;
  /** Waits before each further try after a break without progress, ms; the number of them bounds the tries. */
  retryDelaysMs?: readonly number[];
  /** Bytes handed to the connection so far, of all of them; ends with both equal. Goes back where some were lost. */
  onProgress?: (sentBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

export interface UploadResult {
  version: UploadedVersionView;
  /** False where the service had this very version already. */
  created: boolean;
}

interface Part {
  head: Buffer;
  /** Absent for a part that is all in its head. */
  path?: string;
  bytes: number;
}

/**
 * Uploads a model version: large files in resumable uploads, then manifest and files in one request, streamed from disk
 * with one chunk in memory and an exact content length.
 * @throws RequestError where the service refuses it, NetworkError where the connection breaks, CorescoreError
 * `file_missing` or `configuration` where a file cannot be read or changes under way
 */
export async function uploadVersion(client: CorescoreClient, options: UploadOptions): Promise<UploadResult> {
  const boundary = `corescore-${randomBytes(16).toString('hex')}`;
  const sizes = await Promise.all(options.files.map(async (path) => ({ path, bytes: await sizeOf(path) })));
  const { resumableFromBytes = Number.POSITIVE_INFINITY } = options;
  const large = sizes.filter(({ bytes }) => bytes >= resumableFromBytes);
  const largeBytes = large.reduce((sum, { bytes }) => sum + bytes, 0);
  const manifest = await filePart(boundary, 'manifest', options.manifestPath, 'application/json');
  const small = await Promise.all(
    sizes
      .filter((file) => !large.includes(file))
      .map(({ path }) => filePart(boundary, 'file', path, 'application/octet-stream')),
  );
  // An id has a fixed length, so the total is known before the ids are.
  const placeholder = large.map(({ path }) => uploadPart(boundary, path, NO_ID));
  const tail = Buffer.from(`--${boundary}--\r\n`);
  const bodyBytes = [manifest, ...small, ...placeholder].reduce((n, p) => n + p.head.length + p.bytes + 2, tail.length);

  let doneBytes = 0;
  const report = (bytes: number) => options.onProgress?.(doneBytes + bytes, largeBytes + bodyBytes);
  const references: Part[] = [];
  for (const { path, bytes } of large) {
    const id = await sendResumable(client, { ...options, path, onProgress: report });
    doneBytes += bytes;
    references.push(uploadPart(boundary, path, id));
  }

  const url = `${client.url}/v1/models/${encodeURIComponent(options.owner)}/${encodeURIComponent(options.name)}/versions`;
  const answer = await call({
    method: 'POST',
    url,
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': bodyBytes,
      accept: 'application/json',
      ...(client.token === undefined ? {} : { authorization: `Bearer ${client.token}` }),
    },
    body: Readable.from(bodyOf([manifest, ...small, ...references], tail, report), { objectMode: false }),
    signal: options.signal,
  });
  for (const { path } of large) await options.memory?.forget(client, path);
  return { version: JSON.parse(answer.body) as UploadedVersionView, created: answer.status === 201 };
}

const NO_ID = '00000000-0000-0000-0000-000000000000';

async function* bodyOf(
  parts: readonly Part[],
  tail: Buffer,
  onSent: (sentBytes: number) => void,
): AsyncGenerator<Buffer> {
  let sentBytes = 0;
  const sent = (bytes: number) => {
    sentBytes += bytes;
    onSent(sentBytes);
  };
  for (const { head, path, bytes } of parts) {
    yield head;
    sent(head.length);
    let read = 0;
    if (path !== undefined) {
      for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
        read += (chunk as Buffer).length;
        if (read > bytes) throw changed(path);
        yield chunk as Buffer;
        sent((chunk as Buffer).length);
      }
      if (read !== bytes) throw changed(path);
    }
    yield Buffer.from('\r\n');
    sent(2);
  }
  yield tail;
  sent(tail.length);
}

async function filePart(boundary: string, field: string, path: string, type: string): Promise<Part> {
  const head = Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="${field}"; filename="${quoted(basename(path))}"\r\n` +
      `content-type: ${type}\r\n\r\n`,
  );
  return { path, bytes: await sizeOf(path), head };
}

/** The part that stands for a file which came by a resumable upload. */
function uploadPart(boundary: string, path: string, id: string): Part {
  const value = JSON.stringify({ name: basename(path), upload: id });
  const head = Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="upload"\r\n\r\n${value}`);
  return { head, bytes: 0 };
}

/** @throws CorescoreError `file_missing`: a file without permission is told before anything is sent */
async function sizeOf(path: string): Promise<number> {
  try {
    await (await open(path, 'r')).close();
    const found = await stat(path);
    if (!found.isFile()) throw new Error('it is not a file');
    return found.size;
  } catch (error) {
    throw new CorescoreError('file_missing', `${path} cannot be read: ${(error as Error).message}`, {
      field: basename(path),
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
