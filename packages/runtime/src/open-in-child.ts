import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { NetworkManifest } from '@corescore/contracts';
import { MIN_MEMORY_BYTES } from './limits.js';
import { accessFor } from './provider-access.js';
import { sandbox } from './sandbox.js';
import { makeTemporary } from './temporary.js';

/** Built code, also when the parent runs from source. */
const ENTRY = fileURLToPath(new URL('../dist/child/open-engine.js', import.meta.url));

/** A driver's first start compiles its programs. */
const PATIENCE_MS = 60_000;
const LIMITS = { wallSeconds: 60, memoryBytes: 16 * MIN_MEMORY_BYTES, maxActivationBytes: 1, threads: 1 };

/** Opens a provider as a model's process would, in the sandbox. Returns why it does not work; null where it does. */
export async function openInChild(kind: NetworkManifest['kind'], provider: string): Promise<string | null> {
  const fence = await sandbox();
  const folder = await makeTemporary('open');
  try {
    const { file, args, environment } = fence.command(LIMITS, [ENTRY, kind, provider], folder, accessFor(provider));
    const child = spawn(file, args, {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString('utf8')).slice(-2000);
    });
    return await new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => {
        resolve(code === 0 ? null : said.trim().split('\n').at(-1) || `its process ended with ${signal ?? code}`);
      });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
