import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { publishFile, writeFully } from '@corescore/contracts/files';
import { npyHeaderBytes } from '@corescore/formats';

/** A float32 .npy [step][stimulus][feature] that is filled at the right offsets and appears whole or not at all. */
export class ActivationFile {
  private constructor(
    readonly path: string,
    private readonly partial: string,
    private readonly handle: FileHandle,
    private readonly dataOffset: number,
    private readonly shape: readonly [steps: number, stimuli: number, features: number],
  ) {}

  static async create(
    folder: string,
    name: string,
    shape: readonly [steps: number, stimuli: number, features: number],
  ): Promise<ActivationFile> {
    const partial = join(folder, `.${name}.${randomBytes(6).toString('hex')}.partial`);
    const header = npyHeaderBytes('<f4', shape);
    const handle = await open(partial, 'wx');
    try {
      await writeFully(handle, header, 0);
    } catch (error) {
      await handle.close();
      await rm(partial, { force: true });
      throw error;
    }
    return new ActivationFile(join(folder, `${name}.npy`), partial, handle, header.length, shape);
  }

  /** A block [steps][count][feature] of steps from `step` on, images from `start` on. */
  async write(step: number, start: number, count: number, rows: Uint8Array): Promise<void> {
    const [, stimuli, features] = this.shape;
    const bytes = count * features * 4;
    for (let at = 0; at < rows.byteLength; at += bytes, step++) {
      const position = this.dataOffset + (step * stimuli + start) * features * 4;
      await writeFully(this.handle, rows.subarray(at, at + bytes), position);
    }
  }

  /** Flushes to disk, so that a full one is told here; the file keeps its temporary name. */
  async close(): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
  }

  /** Gives the closed file its name. */
  async publish(): Promise<void> {
    await publishFile(this.partial, this.path);
  }

  /** Removes what there is, under either name. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined); // It may be closed already.
    await rm(this.partial, { force: true });
  }
}
