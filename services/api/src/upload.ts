import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { sweepFolder } from '@corescore/contracts/files';
import type { FastifyRequest } from 'fastify';
import type { WholeUpload } from './resumable.js';
import {
  MANIFEST_BYTES,
  noManifest,
  readManifest,
  readReference,
  type StagedFile,
  stage,
  stageWhole,
  tooLarge,
} from './upload-parts.js';

/** Boundaries and part headers, over the files and the manifest. */
const OVERHEAD_BYTES = 64 * 1024;
/** Files of a version, at most; as many parts may stand for files that came by resumable uploads. */
const MOST_FILES = 128;

export interface Upload<M> {
  manifest: M;
  dir: string;
  files: StagedFile[];
  /** Resumable uploads among them: kept until the version is there, so that a mistake in a manifest costs no second one. */
  uploadIds: string[];
}

export interface UploadOptions<M> {
  /** Folder in which the upload gets a folder of its own. */
  stagingDir: string;
  /** Limit of all files together. */
  maxBytes: number;
  /** Checks the manifest before a single byte of a file is taken; throws to refuse. */
  acceptManifest(value: unknown): M;
  /** Name under which a file is kept; throws to refuse a file that the manifest does not name. */
  acceptFile(manifest: M, filename: string, already: readonly string[]): string;
  /** A file that came by a resumable upload before; throws where there is none of that id. */
  wholeUpload(id: string): Promise<WholeUpload>;
}

/**
 * Receives a model version: the manifest part first, then the files, each streamed to disk while it is hashed.
 * Whatever `use` does, and however the upload ends, the staged files are gone afterwards.
 */
export async function withUpload<M, R>(
  request: FastifyRequest,
  options: UploadOptions<M>,
  use: (upload: Upload<M>) => Promise<R>,
): Promise<R> {
  const { maxBytes } = options;
  const announced = Number(request.headers['content-length'] ?? 0);
  if (request.isMultipart()) requireBoundary(request);
  if (announced > maxBytes + MANIFEST_BYTES + OVERHEAD_BYTES) throw tooLarge(maxBytes);
  await mkdir(options.stagingDir, { recursive: true });
  const dir = await mkdtemp(join(options.stagingDir, 'upload-'));
  try {
    return await use(await receive(request, dir, options));
  } catch (error) {
    throw uploadError(error, request);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Where uploads stand while they come in: on the disk of the blobs, so that a finished one is only renamed. */
export const stagingDir = (home: string): string => join(home, 'staging');

/** No request lasts so long: what is older was left by a process that was killed. */
const ABANDONED_MS = 2 * 60 * 60_000;

/** Removes what killed processes have left; uploads that other processes are receiving stay. */
export async function clearStaging(home: string, now: Date): Promise<void> {
  await sweepFolder(stagingDir(home), ABANDONED_MS, now);
}

async function receive<M>(request: FastifyRequest, dir: string, options: UploadOptions<M>): Promise<Upload<M>> {
  const parts = request.parts({
    limits: {
      fileSize: options.maxBytes + 1,
      fieldSize: MANIFEST_BYTES,
      files: MOST_FILES + 1,
      fields: MOST_FILES + 1,
    },
  });
  let manifest: { value: M } | undefined;
  const files: StagedFile[] = [];
  const uploadIds: string[] = [];
  let left = options.maxBytes;
  for await (const part of parts) {
    if (manifest === undefined) {
      manifest = { value: options.acceptManifest(await readManifest(part)) };
      continue;
    }
    const taken = files.map((f) => f.name);
    if (part.type !== 'file') {
      const named = readReference(part);
      const name = options.acceptFile(manifest.value, named.name, taken);
      const whole = await options.wholeUpload(named.upload);
      if (whole.bytes > left) throw tooLarge(options.maxBytes, name);
      files.push(await stageWhole(whole, name, join(dir, name)));
      left -= whole.bytes;
      uploadIds.push(whole.id);
      continue;
    }
    const name = options.acceptFile(manifest.value, part.filename, taken);
    const staged = await stage(part, name, join(dir, name), left, options.maxBytes);
    left -= staged.bytes;
    files.push(staged);
  }
  if (manifest === undefined) throw noManifest('The upload has no parts.');
  return { manifest: manifest.value, dir, files, uploadIds };
}

/** The parser's words for a body that ends before its last boundary, and its limits, as problems. */
function uploadError(error: unknown, request: FastifyRequest): unknown {
  if (error instanceof CorescoreError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  const cut =
    request.raw.destroyed && !request.raw.complete
      ? true
      : code === 'FST_MP_PREMATURE_CLOSE' ||
        code === 'ERR_STREAM_PREMATURE_CLOSE' ||
        /terminated early|unexpected end/i.test(error.message);
  if (cut) {
    return new CorescoreError('upload_incomplete', 'The upload ended before its last part was whole.', {
      field: 'file',
      remedy: 'Send it again; nothing of it was kept.',
      cause: error,
    });
  }
  if (code === 'FST_INVALID_JSON_FIELD_ERROR') {
    return new CorescoreError('manifest_not_json', 'The manifest is not JSON.', {
      field: 'manifest',
      remedy: 'Send a corescore.json that a JSON parser accepts.',
    });
  }
  if (code === 'FST_REQ_FILE_TOO_LARGE' || code?.endsWith('_LIMIT') === true) {
    return new CorescoreError('upload_too_large', `The upload has too many or too large parts: ${error.message}.`, {
      field: 'file',
      remedy: 'Send the files that the manifest names, and no others.',
    });
  }
  return error;
}

/** RFC 2046: 1 to 70 characters. The parser takes a missing or longer one for a mistake of ours. */
const BOUNDARY = /;\s*boundary=(?:"[^"]{1,70}"|[^\s;"]{1,70})\s*(?:;|$)/i;

function requireBoundary(request: FastifyRequest): void {
  if (BOUNDARY.test(request.headers['content-type'] ?? '')) return;
  throw new CorescoreError('invalid_request', 'The content type names no boundary of 1 to 70 characters.', {
    field: 'header/content-type',
    remedy: 'Let the client write it: curl -F does, and so does FormData where no content type is set by hand.',
  });
}
