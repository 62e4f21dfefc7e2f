import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CorescoreError } from '@corescore/contracts';
import type { Env } from '@corescore/contracts/env';
import { sweepFolder } from '@corescore/contracts/files';
import { diskFull, isDiskFull, type Store } from '@corescore/store';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import type { FastifyRequest } from 'fastify';

export const UPLOADS_PATH = '/v1/uploads';
export const OFFSET_STREAM = 'application/offset+octet-stream';
/** From its creation; one that became part of a version is gone at once. */
export const UPLOAD_LIFETIME_MS = 24 * 60 * 60_000;

/** A whole upload, ready to become a file of a version. */
export interface WholeUpload {
  id: string;
  path: string;
  bytes: number;
}

/** An answer of the protocol: status and headers, never a body. */
export interface TusAnswer {
  status: number;
  headers: Record<string, string>;
}

export interface Resumable {
  /**
   * Handles one call of the protocol (tus 1.0: creation, termination, expiration).
   * @param tokenId who asks: an upload is there for the token that made it, and for no other
   * @param id of the upload; null where one is created
   * @throws CorescoreError `not_found`, `upload_conflict` (wrong offset), `upload_too_large`, `upload_incomplete`,
   * `upload_protocol`, `invalid_request`
   */
  handle(request: FastifyRequest, tokenId: string, id: string | null): Promise<TusAnswer>;
  /** @throws CorescoreError `not_found`, `upload_incomplete` */
  whole(id: string, tokenId: string): Promise<WholeUpload>;
  remove(id: string): Promise<void>;
  /** Removes the files that nobody has touched for the lifetime of an upload. */
  sweep(): Promise<void>;
}

/** Resumable uploads below `home/uploads`: on the disk of the blobs, so that a whole one becomes a blob by renaming. */
export function resumableUploads(
  service: Pick<Store, 'uploads'>,
  env: Pick<Env, 'home' | 'maxUploadBytes' | 'limits'>,
  now: () => Date,
): Resumable {
  const directory = join(env.home, 'uploads');
  const maxBytes = env.maxUploadBytes;
  // Made at the first use: the store makes its folder when it is constructed.
  let opened: Promise<{ store: FileStore; server: Server }> | undefined;
  const open = () => {
    opened ??= (async () => {
      await mkdir(directory, { recursive: true });
      const store = new FileStore({ directory, expirationPeriodInMilliseconds: UPLOAD_LIFETIME_MS });
      const server = new Server({
        path: UPLOADS_PATH,
        datastore: store,
        maxSize: maxBytes,
        relativeLocation: true,
        // The id under which it is counted already.
        namingFunction: (request) => request.headers.get(ID_HEADER)!,
        onUploadCreate: async (request, upload) => ({
          metadata: { ...upload.metadata, tokenId: request.headers.get(TOKEN_HEADER) },
        }),
      });
      return { store, server };
    })();
    return opened;
  };

  const owned = async (id: string, tokenId: string) => {
    const { store } = await open();
    const upload = await store.getUpload(id).catch(() => null);
    const ends = Date.parse(upload?.creation_date ?? '') + UPLOAD_LIFETIME_MS;
    if (upload !== null && upload.metadata?.['tokenId'] === tokenId && now().getTime() < ends) return upload;
    throw new CorescoreError('not_found', `There is no upload ${id} of this token.`, {
      field: 'path/id',
      remedy: `Begin anew with POST ${UPLOADS_PATH}: an upload is kept for ${UPLOAD_LIFETIME_MS / 3_600_000} hours, and is gone once a version has it.`,
    });
  };

  const call = async (web: Request): Promise<TusAnswer> => {
    const { server } = await open();
    const answer = await server.handleWeb(web);
    if (answer.status >= 400) throw problemOf(answer.status, await answer.text(), maxBytes);
    const headers = Object.fromEntries([...answer.headers].filter(([name]) => OURS.test(name)));
    return { status: answer.status, headers };
  };

  const begin = async (request: FastifyRequest, tokenId: string): Promise<TusAnswer> => {
    const bytes = announcedBytes(request.headers, maxBytes);
    const id = randomUUID();
    const { openUploads: count, openUploadBytes } = env.limits;
    const upload = { id, tokenId, bytes, seconds: UPLOAD_LIFETIME_MS / 1000 };
    const over = await service.uploads.reserve(upload, { count, bytes: openUploadBytes });
    if (over !== null) throw tooManyUploads(over === 'count' ? `${count} uploads` : `${openUploadBytes} bytes`);
    try {
      return await call(asWebRequest(request, { [TOKEN_HEADER]: tokenId, [ID_HEADER]: id }, null));
    } catch (error) {
      await service.uploads.release(id);
      throw error;
    }
  };

  return {
    async handle(request, tokenId, id) {
      if (id === null) return begin(request, tokenId);
      await owned(id, tokenId);
      const answer = await call(asWebRequest(request, {}, id));
      if (request.method === 'DELETE') await service.uploads.release(id);
      return answer;
    },

    async whole(id, tokenId) {
      const { size, offset, storage } = await owned(id, tokenId);
      if (size === undefined || offset !== size || storage === undefined) {
        throw new CorescoreError('upload_incomplete', `The upload ${id} has ${offset} of ${size ?? '?'} bytes.`, {
          field: 'upload',
          remedy: `Send the rest with PATCH ${UPLOADS_PATH}/${id}, from byte ${offset} on.`,
        });
      }
      return { id, path: storage.path, bytes: size };
    },

    async remove(id) {
      const { store } = await open();
      await store.remove(id).catch(() => rm(join(directory, `${id}.json`), { force: true }));
      await service.uploads.release(id);
    },

    sweep: () => sweepFolder(directory, UPLOAD_LIFETIME_MS, now()),
  };
}

/** Within the process only: they tell the creation whose upload it is, and its id. */
const TOKEN_HEADER = 'x-corescore-token-id';
const ID_HEADER = 'x-corescore-upload-id';
/** What the protocol answers with; not the library's permissions for browsers of other origins. */
const OURS = /^(tus-|upload-(?!metadata)|location$|cache-control$)/;

/** The request as the library takes it. Its address holds nothing that the client chose but the checked id. */
function asWebRequest(request: FastifyRequest, own: Record<string, string>, id: string | null): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string') headers.set(name, value);
  }
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  const init: RequestInit & { duplex?: 'half' } = { method: request.method, headers };
  // The parser of the media type hands the stream on as it is.
  if (request.body instanceof Readable) {
    init.body = Readable.toWeb(request.body) as ReadableStream;
    init.duplex = 'half';
  }
  return new Request(`http://localhost${UPLOADS_PATH}${id === null ? '' : `/${id}`}`, init);
}

/**
 * Bytes of an upload that is begun, from its headers: what is not spoken here, and what the library would take for a
 * fault of its own, is refused by name.
 */
function announcedBytes(headers: IncomingHttpHeaders, maxBytes: number): number {
  for (const name of ['upload-concat', 'upload-defer-length']) {
    if (headers[name] === undefined) continue;
    throw new CorescoreError(
      'invalid_request',
      `The header ${name} belongs to a part of tus that is not spoken here.`,
      {
        field: `header/${name}`,
        remedy: 'Begin one upload a file, with its length in Upload-Length.',
      },
    );
  }
  const length = String(headers['upload-length'] ?? '');
  if (/^[0-9]{1,15}$/.test(length)) {
    if (Number(length) <= maxBytes) return Number(length);
    throw overLength(maxBytes);
  }
  throw new CorescoreError('invalid_request', 'The length of the upload is missing, or no number of bytes.', {
    field: 'header/upload-length',
    remedy: 'Send Upload-Length: the number of bytes of the file.',
  });
}

const overLength = (maxBytes: number): CorescoreError =>
  new CorescoreError('upload_too_large', 'The bytes are over the length of the upload, or over the limit.', {
    field: 'header/upload-length',
    remedy: `An upload may have ${maxBytes} bytes (CORESCORE_MAX_UPLOAD_BYTES), and no more than its Upload-Length.`,
  });

const tooManyUploads = (limit: string): CorescoreError =>
  new CorescoreError(
    'too_many_uploads',
    `The uploads of this token that no version has yet may be ${limit} together.`,
    {
      field: 'header/authorization',
      remedy: `Use them in a version, or give them up with DELETE ${UPLOADS_PATH}/<id>; each ends by itself after a day.`,
      retryAfterSeconds: 60,
    },
  );

const TUS_HEADERS = ['upload-metadata', 'upload-offset', 'upload-length', 'content-type'];

/** The library's refusals in our words. */
function problemOf(status: number, text: string, maxBytes: number): CorescoreError {
  const detail = text.trim().replace(/\.?$/, '.');
  switch (status) {
    case 404:
    case 410:
      return new CorescoreError('not_found', 'The upload is gone.', {
        field: 'path/id',
        remedy: `Begin anew with POST ${UPLOADS_PATH}.`,
      });
    case 409:
      return new CorescoreError('upload_conflict', 'The upload has another number of bytes than Upload-Offset says.', {
        field: 'header/upload-offset',
        remedy: 'Ask for the offset with HEAD, and send from there on.',
      });
    case 412:
      return new CorescoreError('upload_protocol', 'The request does not say that it speaks tus 1.0.0.', {
        field: 'header/tus-resumable',
        remedy: 'Send the header Tus-Resumable: 1.0.0.',
      });
    case 413:
      return overLength(maxBytes);
  }
  if (/abort/i.test(text)) {
    return new CorescoreError('upload_incomplete', 'The connection ended before the body was whole.', {
      remedy: 'Ask for the offset with HEAD, and send from there on.',
    });
  }
  if (isDiskFull(new Error(text))) return diskFull('The disk of the service is full.');
  if (status < 500) {
    const header = TUS_HEADERS.find((name) => detail.toLowerCase().includes(name));
    return new CorescoreError('invalid_request', `tus: ${detail}`, {
      ...(header === undefined ? {} : { field: `header/${header}` }),
      remedy: 'See https://tus.io/protocols.',
    });
  }
  return new CorescoreError('unavailable', `tus: ${detail}`, { remedy: 'Try again in a moment.' });
}
