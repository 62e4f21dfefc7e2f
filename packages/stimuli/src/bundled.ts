import { fileURLToPath } from 'node:url';

/** Files of the bundled stimulus set `core-objects-spike`: 660 images and the simulated IT population for them. */
export interface CoreObjectsSpikePaths {
  csvPath: string;
  zipPath: string;
  /** netCDF-4 assembly, presentation x neuroid x time_bin. */
  targetPath: string;
  /** Where the drawings come from and under which licences. */
  noticePath: string;
}

export function coreObjectsSpikePaths(): CoreObjectsSpikePaths {
  const file = (name: string) => fileURLToPath(new URL(`../data/core-objects-spike/${name}`, import.meta.url));
  return {
    csvPath: file('stimuli.csv'),
    zipPath: file('stimuli.zip'),
    targetPath: file('target.nc'),
    noticePath: file('NOTICE'),
  };
}
