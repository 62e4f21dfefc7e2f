/**
 * Contracts: shapes that are dear to change later. Imports nothing of ours.
 *
 * Glossary. stimulus set: the images of a benchmark. Assembly: recordings, presentation x neuroid x time bin.
 * Presentation: one showing of one stimulus. Neuroid: a site or unit. i1: image-level discrimination, d' units.
 * OST: object solution time, ms. Ceiling: the score of the target against itself. Extraction: activations of one
 * model version for one stimulus set. Run: one model version on one benchmark.
 */
export * from './benchmark.js';
export * from './bytes.js';
export * from './canonical.js';
export * from './control.js';
export * from './exit-codes.js';
export * from './ids.js';
export * from './manifest.js';
export * from './names.js';
export * from './pause.js';
export * from './problem.js';
export * from './providers.js';
export * from './queues.js';
export * from './rest.js';
export * from './run.js';
export * from './score.js';
export * from './scoring-version.js';
export * from './text.js';
export * from './token.js';
export * from './warning.js';
