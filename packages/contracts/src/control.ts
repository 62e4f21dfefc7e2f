import Type, { type Static } from 'typebox';
import { Score, Series } from './score.js';

/** Name of a control, as it stands in a path and on the command line; which there are the kind of benchmark says. */
export const CONTROL_NAME_PATTERN = '^[a-z][a-z0-9-]{0,62}$';

/**
 * What one control says of a subject: scores and series that tell what the headline is worth, computed afterwards on the
 * same activations. Pure data: the same on the server and in `run --local`.
 */
export const ControlReport = Type.Object({
  control: Type.String({ pattern: CONTROL_NAME_PATTERN }),
  benchmark: Type.String({ description: 'id@version' }),
  benchmarkDigest: Type.String(),
  scoringVersion: Type.Integer({ description: 'scores compare within one version alone' }),
  scores: Type.Array(Score),
  series: Type.Array(Series),
  /** Sentences that a reader of these numbers needs. */
  notes: Type.Array(Type.String()),
  /** Largest relative duality gap over all decoders of the control; null where it decodes nothing. */
  maxDualityGap: Type.Union([Type.Number(), Type.Null()]),
});
export type ControlReport = Static<typeof ControlReport>;
