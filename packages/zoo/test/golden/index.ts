import { cellRunners } from './cells.js';
import { hierarchyRunners } from './hierarchies.js';
import { networkRunners } from './networks.js';
import { operatorRunners } from './operators.js';
import type { Runner } from './runner.js';

/** What each golden case runs, by its id. */
export const RUNNERS: Record<string, Runner> = {
  ...operatorRunners,
  ...networkRunners,
  ...cellRunners,
  ...hierarchyRunners,
};
