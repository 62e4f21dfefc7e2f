import { isNetwork, type Manifest, type Warning } from '@corescore/contracts';
import { declaredSteps } from './parse.js';

/** Sizes of a tensor, batch included; a name or null where one is not fixed. */
type Dims = readonly (number | string | null)[];

/**
 * A clock over IT that is one step: every score over time would say "not temporal", hours after the upload. Often the
 * step axis was forgotten, and steps are taken for features.
 * @param it shape of IT's tensor, where it is known: it tells which axis may be meant
 */
export function clockWarnings(manifest: Manifest, it?: Dims): Warning[] {
  if (manifest.clock === undefined) return [];
  if (!isNetwork(manifest)) {
    const axes: readonly string[] = manifest.regions.IT.axes;
    return axes.includes('step')
      ? []
      : [
          unused(
            '/regions/IT/axes',
            'its axes name no "step"',
            'name the axis of the steps "step" in /regions/IT/axes',
          ),
        ];
  }
  const source = manifest.regions.IT;
  if (manifest.steps !== undefined)
    return manifest.steps === 1
      ? [unused('/steps', '"steps" is 1', 'set "steps" to how often the host runs the model')]
      : [];
  if ('outputs' in source)
    return source.outputs.length === 1
      ? [unused('/regions/IT/outputs', 'one output is listed', 'list one output a step')]
      : [];
  if (declaredSteps(source) === null) {
    const steps = it?.[source.stepAxis!];
    return steps === 1
      ? [
          unused(
            '/regions/IT/stepAxis',
            `axis ${source.stepAxis} of "${source.output}" has one entry`,
            'name the axis that counts the steps',
          ),
        ]
      : [];
  }
  const shape = it === undefined ? '' : ` [${it.map((dim) => dim ?? '?').join(', ')}]`;
  const axis = stepAxisOf(it);
  const guess = axis === null ? '' : ` (axis ${axis} of${shape} may be meant)`;
  return [
    unused(
      '/regions/IT',
      `"${source.output}"${shape} has no "stepAxis"`,
      `say with "stepAxis" which axis counts them, batch included, from 0${guess}`,
    ),
  ];
}

/** Of [batch, step, channel, height, width] or [batch, step, feature], and with step in front, the axis of the steps. */
function stepAxisOf(dims: Dims | undefined): number | null {
  if (dims === undefined || (dims.length !== 5 && dims.length !== 3)) return null;
  // The batch is open, or the first axis; another open axis in front of it is no reason to guess.
  return typeof dims[0] === 'number' && typeof dims[1] !== 'number' ? 0 : 1;
}

const unused = (field: string, why: string, remedy: string): Warning => ({
  code: 'clock_unused',
  message: `The manifest has a clock, and IT is one step: ${why}. Nothing will be scored over time.`,
  field,
  remedy: `If the model has steps, ${remedy}; a model without time needs no "clock".`,
});
