import { networkRunners } from './networks.js';
import { operatorRunners } from './operators.js';
import type { Runner } from './runner.js';

export const RUNNERS: Record<string, Runner> = { ...operatorRunners, ...networkRunners };
