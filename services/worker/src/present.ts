import { access } from 'node:fs/promises';

/** Whether there is a file at `path`. */
export const present = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
