import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { join, parse } from 'node:path';
import type { LogRecord } from '@corescore/contracts/log';

const MIB = 1024 ** 2;
/** With the file that is written, 48 MiB at most. */
export const LOG_BYTES = 8 * MIB;
export const LOGS_KEPT = 5;

/**
 * One file of JSON lines, bounded: `corescore.log` becomes `corescore.1.log` when it is full, and the oldest goes.
 * A line that cannot be written is counted and dropped, and the first one that can be tells of those. Nothing throws,
 * and nothing waits in memory, however long a disk stays full.
 */
export class RotatingLog {
  private descriptor: number | undefined;
  private bytes = 0;
  private lost = 0;
  private why = '';
  /** A line that was written in part: the next one begins on a line of its own. */
  private torn = false;

  constructor(
    readonly path: string,
    private readonly maxBytes = LOG_BYTES,
    private readonly kept = LOGS_KEPT,
  ) {}

  write(record: LogRecord): void {
    try {
      if (this.lost > 0) {
        const msg = `${this.lost} lines could not be written: ${this.why}`;
        this.put({ time: record.time, level: 'warn', service: 'supervisor', msg });
        this.lost = 0;
      }
      this.put(record);
    } catch (error) {
      this.lost += 1;
      this.why = (error as Error).message;
    }
  }

  /** Goes on in a file of the same name: whoever moved it away gets nothing more. */
  reopen(): void {
    this.close();
  }

  close(): void {
    const { descriptor } = this;
    this.descriptor = undefined;
    if (descriptor === undefined) return;
    try {
      closeSync(descriptor);
    } catch {
      // A delayed write failed: nothing can be done for it now.
    }
  }

  private put(record: LogRecord): void {
    const line = Buffer.from(`${this.torn ? '\n' : ''}${JSON.stringify(record)}\n`);
    let descriptor = this.descriptor ?? this.open();
    if (this.bytes > 0 && this.bytes + line.length > this.maxBytes) {
      this.close();
      this.rotate();
      descriptor = this.open();
    }
    for (let at = 0; at < line.length; ) {
      const written = writeSync(descriptor, line, at);
      at += written;
      this.bytes += written;
      this.torn = at < line.length;
    }
  }

  private open(): number {
    const descriptor = openSync(this.path, 'a', 0o600);
    this.descriptor = descriptor;
    this.bytes = fstatSync(descriptor).size;
    return descriptor;
  }

  private rotate(): void {
    for (let n = this.kept - 1; n >= 0; n--) {
      try {
        renameSync(this.older(n), this.older(n + 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  private older(n: number): string {
    const { dir, name, ext } = parse(this.path);
    return n === 0 ? this.path : join(dir, `${name}.${n}${ext}`);
  }
}
