import { execFile } from 'node:child_process';
import { bin, cleanEnv, root } from './serve.js';

/** The command line as a user of this service runs it. */
export function corescore(
  service: { url: string; token: string },
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const settings = { CORESCORE_URL: service.url, CORESCORE_TOKEN: service.token, ...env };
    execFile(
      process.execPath,
      [bin, ...args],
      { cwd: root, env: cleanEnv(settings), maxBuffer: 64 * 1024 ** 2 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}
