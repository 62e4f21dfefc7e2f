import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { onTestFinished } from 'vitest';
import type { Io } from '../src/io.js';

export interface RecordedIo extends Io {
  out: string;
  err: string;
}

/** An `Io` that keeps what is printed. */
export function recordedIo(extra: Partial<Io> = {}): RecordedIo {
  const io: RecordedIo = {
    out: '',
    err: '',
    stdout: (text) => {
      io.out += text;
    },
    stderr: (text) => {
      io.err += text;
    },
    isTerminal: false,
    columns: 100,
    color: false,
    env: {},
    cwd: tmpdir(),
    now: () => new Date('2026-01-01T00:00:00Z'),
    ...extra,
  };
  return io;
}

/** A bare HTTP peer on a free port for the length of one test. */
export async function peer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
