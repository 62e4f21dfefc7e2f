import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CorescoreError, Uuid } from '@corescore/contracts';
import type { Multipart, MultipartFile, MultipartValue } from '@fastify/multipart';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { WholeUpload } from './resumable.js';

export const MANIFEST_BYTES = 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export interface StagedFile {
  /** Name of the file within its version. */
  name: string;
  path: string;
  /** SHA-256 of the bytes. */
  digest: string;
  bytes: number;
}

/** The manifest's text, or what JSON parsing has made of it. */
export async function readManifest(part: Multipart): Promise<unknown> {
  if (part.fieldname !== 'manifest') throw noManifest(`The first part is called ${part.fieldname}.`);
  // The reader of manifests takes text as it takes JSON; a field that says application/json arrives parsed.
  if (part.type === 'file') return readSmall(part);
  // The parser has put the replacement character where bytes were no UTF-8: it stands for what nobody knows any more.
  if (JSON.stringify(part.value)?.includes('\ufffd') === true) throw notUtf8();
  return part.value;
}

const notUtf8 = (): CorescoreError =>
  new CorescoreError('manifest_not_json', 'The manifest is not UTF-8.', {
    field: 'manifest',
    remedy: 'Save corescore.json in UTF-8, and send it as a file: curl -F manifest=@corescore.json.',
  });

async function readSmall(part: MultipartFile): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of part.file as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MANIFEST_BYTES) {
      throw new CorescoreError('upload_too_large', `The manifest is over ${MANIFEST_BYTES} bytes.`, {
        field: 'manifest',
        remedy: 'Send the manifest as the first part, and the model as the second.',
      });
    }
    chunks.push(chunk);
  }
  const whole = Buffer.concat(chunks);
  if (!isUtf8(whole)) throw notUtf8();
  return whole.toString('utf8');
}

/** Streams a file to disk while it is hashed. */
export async function stage(
  part: MultipartFile,
  name: string,
  path: string,
  left: number,
  maxBytes: number,
): Promise<StagedFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > left) return done(tooLarge(maxBytes, name));
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(part.file, meter, createWriteStream(path, { flags: 'wx' }));
  if (bytes === 0) throw emptyFile(name);
  return { name, path, digest: hash.digest('hex'), bytes };
}

/** A file that came by a resumable upload, under a second name: the upload stays until the version is there. */
export async function stageWhole({ path, bytes }: WholeUpload, name: string, to: string): Promise<StagedFile> {
  if (bytes === 0) throw emptyFile(name);
  await link(path, to);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(to, { highWaterMark: READ_BYTES })) hash.update(chunk as Buffer);
  return { name, path: to, digest: hash.digest('hex'), bytes };
}

/**
 * The field `upload`, which stands for a file: `{"name": "it.npy", "upload": "<id>"}`.
 * @throws CorescoreError `invalid_request`
 */
export function readReference(part: MultipartValue): { name: string; upload: string } {
  const refuse = (why: string) =>
    new CorescoreError('invalid_request', `The part ${part.fieldname} ${why}.`, {
      field: part.fieldname,
      remedy:
        'Send each file with its name (curl -F file=@model.onnx), or name a finished upload: upload={"name": "it.npy", "upload": "<id>"}.',
    });
  if (part.fieldname !== 'upload') throw refuse('carries no file');
  const value = typeof part.value === 'string' ? parsed(part.value) : part.value;
  if (!REFERENCE.Check(value)) throw refuse('is not {"name": ..., "upload": ...} with the id of an upload');
  return value;
}

const REFERENCE = Compile(
  Type.Object({ name: Type.String({ minLength: 1 }), upload: Uuid }, { additionalProperties: false }),
);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function emptyFile(name: string): CorescoreError {
  return new CorescoreError('file_empty', `The file ${name} is empty.`, {
    field: name,
    remedy: 'Export the model again and check the size of the file.',
  });
}

export function tooLarge(maxBytes: number, field = 'file'): CorescoreError {
  return new CorescoreError('upload_too_large', `The files are over the limit of ${maxBytes} bytes together.`, {
    field,
    remedy: 'Send a smaller file, or have CORESCORE_MAX_UPLOAD_BYTES of the service raised.',
  });
}

export function noManifest(detail: string): CorescoreError {
  return new CorescoreError('manifest_missing', `${detail} The manifest comes first.`, {
    field: 'manifest',
    remedy: 'Send it as the first part: curl -F manifest=@corescore.json -F file=@model.onnx.',
  });
}
