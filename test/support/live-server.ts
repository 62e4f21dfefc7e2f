import type { TestProject } from 'vitest/node';
import { newHome, removeHome, startServe } from './serve.js';

declare module 'vitest' {
  export interface ProvidedContext {
    live: { url: string; token: string; home: string };
  }
}

/**
 * One seeded service for all end-to-end files: filling the board is the dear part, so it is done once, and what stands
 * beside the scores of the simulated IT, half of it, is left out.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = newHome();
  const served = await startServe({ home, env: { CORESCORE_BESIDE: 'networks' } });
  project.provide('live', { url: served.url, token: served.token, home });
  return async () => {
    await served.stop();
    removeHome(home);
  };
}
