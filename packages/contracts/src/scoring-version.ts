/**
 * Raised with every change of a number that scoring the same activations gives, under any benchmark. What changed at
 * each is listed in docs/scoring-versions.md; runs without one, made before it was kept, are of version 1.
 */
export const SCORING_VERSION = 2;

/** Why the scores of an outdated run stand struck through. */
export const scoredBy = (version: number): string => `scored by version ${version}`;
