import { formatBytes } from '@corescore/contracts';

const LOOK_EVERY_MS = 10_000;

export interface DiskWatchOptions {
  home: string;
  reserveBytes: number;
  free: (path: string) => Promise<number>;
  onNotice: (text: string) => void;
}

/** Tells the operator once when the disk of the home falls below its reserve, and once when there is room again. */
export function watchDisk({ home, reserveBytes, free, onNotice }: DiskWatchOptions): { stop(): void } {
  let isShort = false;
  const look = async (): Promise<void> => {
    const bytes = await free(home).catch(() => null);
    if (bytes === null || bytes < reserveBytes === isShort) return;
    isShort = !isShort;
    onNotice(
      isShort
        ? `The disk of ${home} has ${formatBytes(bytes)} free, less than the reserve of ${formatBytes(reserveBytes)}: ` +
            `nothing new is taken in and jobs wait. Free space (the folder activations there may be emptied), or lower ` +
            `CORESCORE_DISK_RESERVE_BYTES.`
        : `The disk of ${home} has room again: ${formatBytes(bytes)} free.`,
    );
  };
  void look();
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
