import type { TestProject } from 'vitest/node';
import { newHome, removeHome, startServe } from './serve.js';

declare module 'vitest' {
  export interface ProvidedContext {
    bare: { url: string; token: string; home: string };
  }
}

/** A model that never ends is told so within half a minute; a good one needs seconds, on a busy machine some more. */
const LIMITS = {
  CORESCORE_MODEL_TIMEOUT_SECONDS: '30',
  CORESCORE_MODEL_MEMORY_BYTES: String(600 * 1024 ** 2),
};

/** One empty service for the files that want no board: it scores and no more, what stands beside is the dear part. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = newHome();
  const served = await startServe({ home, args: ['--no-seed'], env: { CORESCORE_BESIDE: 'no', ...LIMITS } });
  project.provide('bare', { url: served.url, token: served.token, home });
  return async () => {
    await served.stop();
    removeHome(home);
  };
}
