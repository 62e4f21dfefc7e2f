import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CorescoreError, type ModelFiles } from '@corescore/contracts';
import { archiveOf } from '../manifest/declared-files.js';
import { copyInCOrder } from '../npy/fortran.js';
import { elements, ITEM_BYTES, type NpyHeader, npyHeaderOf } from '../npy/header.js';
import { type Npz, openNpz } from '../npy/npz.js';
import { requireFile } from './ids.js';

/** Where compressed arrays are unpacked, and Fortran-ordered ones turned, while they are looked at. */
export interface Scratch {
  dir: string;
  /** Limit of what is unpacked of an archive, and of an array that is turned, bytes. */
  maxBytes: number;
}

/** An array of the upload: `header.dataOffset` counts from the start of the open file. */
export interface ArrayFile {
  handle: FileHandle;
  header: NpyHeader;
}

/** The arrays that a manifest names, open. An archive is opened once, a compressed array unpacked once. */
export class ArrayFiles {
  readonly #archives = new Map<string, Npz>();
  readonly #arrays = new Map<string, ArrayFile>();
  readonly #handles: FileHandle[] = [];

  constructor(
    private readonly files: ModelFiles,
    private readonly scratch: Scratch,
  ) {}

  /**
   * @param file `it.npy`, or `all.npz#it`
   * @param field of the manifest, for errors
   * @throws CorescoreError `file_missing`, `file_empty`, `not_npz`, `path_refused`, `activations_too_large`, `not_npy`,
   * `array_dtype`
   */
  async open(file: string, field: string): Promise<ArrayFile> {
    const known = this.#arrays.get(file);
    if (known !== undefined) return known;
    const archive = archiveOf(file);
    const path = await requireFile(this.files, archive, field);
    try {
      const stored = archive === file ? await this.#plain(path, file) : await this.#packed(path, archive, file);
      const array = await this.#inCOrder(stored);
      this.#arrays.set(file, array);
      return array;
    } catch (error) {
      // The readers know the file; what the submitter looks for is the place in the manifest.
      if (!(error instanceof CorescoreError)) throw error;
      const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
      throw new CorescoreError(error.code, error.message, { field, ...remedy, cause: error });
    }
  }

  async #plain(path: string, label: string): Promise<ArrayFile> {
    const handle = this.#kept(await open(path, 'r'));
    return { handle, header: await npyHeaderOf(handle, label) };
  }

  async #packed(path: string, archive: string, file: string): Promise<ArrayFile> {
    const { maxBytes } = this.scratch;
    const npz = this.#archives.get(archive) ?? (await openNpz(path, { maxBytes, label: archive }));
    this.#archives.set(archive, npz);
    const name = file.slice(archive.length + 1);
    const place = await npz.locate(name);
    const handle = place === null ? await this.#temporary() : this.#kept(await open(path, 'r'));
    if (place === null) await npz.write(name, handle);
    return { handle, header: await npyHeaderOf(handle, file, place ?? undefined) };
  }

  /** What numpy.asfortranarray or a transposed x.T leaves is turned; what cannot be is left for the reader to refuse. */
  async #inCOrder(array: ArrayFile): Promise<ArrayFile> {
    const { dtype, shape, fortranOrder } = array.header;
    const fits = elements(shape) * ITEM_BYTES[dtype] <= this.scratch.maxBytes;
    if (!fortranOrder || shape.length < 2 || !fits) return array;
    const handle = await this.#temporary();
    if (!(await copyInCOrder(array.handle, array.header, handle))) return array;
    return { handle, header: { ...array.header, fortranOrder: false, dataOffset: 0 } };
  }

  /** A file without a name: it is gone when it is closed, even by the end of a process that was killed. */
  async #temporary(): Promise<FileHandle> {
    await mkdir(this.scratch.dir, { recursive: true });
    const path = join(this.scratch.dir, `unpacked-${randomUUID()}`);
    const handle = this.#kept(await open(path, 'wx+'));
    await rm(path);
    return handle;
  }

  #kept(handle: FileHandle): FileHandle {
    this.#handles.push(handle);
    return handle;
  }

  async close(): Promise<void> {
    for (const npz of this.#archives.values()) npz.close();
    for (const handle of this.#handles.splice(0)) await handle.close();
  }
}
