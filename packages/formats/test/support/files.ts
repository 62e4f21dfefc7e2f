import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { afterAll } from 'vitest';

/** A folder of the test file's own, removed after it. */
export function temporaryFolder(): { dir: string; put: (name: string, bytes: Uint8Array | string) => string } {
  const dir = mkdtempSync(join(tmpdir(), 'corescore-formats-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  return {
    dir,
    put(name, bytes) {
      const path = join(dir, name);
      writeFileSync(path, bytes);
      return path;
    },
  };
}

/** The error that `act` ends with; anything but a CorescoreError fails the test. */
export async function refusal(act: () => unknown): Promise<CorescoreError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof CorescoreError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
