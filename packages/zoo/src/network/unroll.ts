import type { Shaped } from '../ops/ops.js';

/**
 * One area of a network: what it makes of its input, and how its state goes from one step to the next. A state of
 * zeros is null everywhere, so that nothing is computed with it.
 */
export interface Area<T, State = unknown, Drive = unknown> {
  readonly name: string;
  /**
   * What the area makes of the output below it whatever its own state: computed once for as long as that output is the
   * same tensor, that is once for a still image in the first area, and in block unrolling once in every area.
   */
  drive(below: T): Drive;
  /**
   * @param drive null where nothing has come up yet
   * @param state of the step before, null at the area's first
   * @param above output of the area above, null where it has none yet or there is no such area
   */
  step(drive: Drive | null, state: State | null, above: T | null): State;
  output(state: State): T;
  /** Iterations in block unrolling where they are not those of the network: 1 for an area without recurrence. */
  readonly iterations?: number;
  /** Runs before anything has come up (CORnet-RT): its activity is then a constant that no image moves. */
  readonly runsUndriven?: boolean;
}

/** An area whose states are of one kind, as the unrolling sees it. */
export function area<T, State, Drive>(typed: Area<T, State, Drive>): Area<T> {
  return typed as unknown as Area<T>;
}

/** An area without a state: what it makes of the output below is its output. */
export function feedForward<T>(name: string, f: (below: T) => T): Area<T> {
  return area<T, T, T>({ name, drive: f, step: (drive) => drive!, output: (h) => h, iterations: 1 });
}

/** Outputs of every area, step by step, lowest area first; null is a tensor of zeros that was not computed. */
export type Activity<T> = readonly (readonly (T | null)[])[];

/** Steps from an area's output to its reader; a function of the step for the withdrawn CORnet-R. */
export interface Delays {
  bottomUp: number | ((step: number) => number);
  topDown: number;
}

/** All areas of a step from the lowest to the highest, each on the area below at the same step. */
export const SWEEP: Delays = { bottomUp: 0, topDown: 1 };
/** Each area on its neighbours at the step before: IT, the fourth area, sees the image three steps late. */
export const WAVE: Delays = { bottomUp: 1, topDown: 1 };

/** One image for all steps, or one a step (the last one stays). */
export type Frames<T> = readonly [T, ...T[]];

export function frameAt<T>(frames: Frames<T>, step: number): T {
  return frames[Math.min(step, frames.length - 1)]!;
}

/** All areas step together. */
export function inStep<T extends Shaped>(
  areas: readonly Area<T>[],
  frames: Frames<T>,
  steps: number,
  { bottomUp, topDown }: Delays,
): Activity<T> {
  const outputs = areas.map((): (T | null)[] => []);
  const states = areas.map((): unknown => null);
  const driveOf = areas.map(rememberLast);
  // An area reads at this step what was made at this step: from below first, or, where that is late, from above first.
  const order = topDown === 0 ? [...areas.keys()].reverse() : [...areas.keys()];
  for (let t = 0; t < steps; t++) {
    const delay = typeof bottomUp === 'number' ? bottomUp : bottomUp(t);
    for (const l of order) {
      const below = l === 0 ? frameAt(frames, t) : (outputs[l - 1]![t - delay] ?? null);
      const above = outputs[l + 1]?.[t - topDown] ?? null;
      const here = areas[l]!;
      const reached = below !== null || states[l] !== null || here.runsUndriven === true;
      if (reached) states[l] = here.step(below === null ? null : driveOf[l]!(below), states[l], above);
      outputs[l]!.push(reached ? here.output(states[l]) : null);
    }
  }
  return outputs;
}

/**
 * An area runs all its iterations on the last output of the area below, then the next one starts. All steps of the
 * highest area are given, of the others the last.
 */
export function block<T extends Shaped>(areas: readonly Area<T>[], image: T, steps: number): Activity<T> {
  let below = image;
  return areas.map((here, l) => {
    const drive = here.drive(below);
    const isTop = l === areas.length - 1;
    const iterations = here.iterations ?? steps;
    const outputs: T[] = [];
    let state: unknown = null;
    for (let t = 0; t < iterations; t++) {
      state = here.step(drive, state, null);
      if (isTop || t === iterations - 1) outputs.push(here.output(state));
    }
    below = outputs.at(-1)!;
    return outputs;
  });
}

function rememberLast<T>(here: Area<T>): (below: T) => unknown {
  let last: { below: T; drive: unknown } | null = null;
  return (below) => {
    if (last?.below !== below) last = { below, drive: here.drive(below) };
    return last.drive;
  };
}
