import { CorescoreError } from '@corescore/contracts';
import { bytesOf } from '../bytes.js';

/**
 * How much a step's activations must differ between images to count as depending on the image, relative to the
 * largest |activation| of the step. Rounding differs by about 1e-6 between batch sizes; a step that has seen the image
 * differs by orders of magnitude more.
 */
const IMAGE_TOLERANCE = 1e-5;

export interface RowCheckOptions {
  name: string;
  field: string;
  steps: number;
  features: number;
  stimuli: number;
  /** First step of the clock that is scored. */
  firstStep: number;
  /** What is said of a value that is not finite; default: `activations_not_finite` of the model that was run. */
  notFinite?: (value: number, step: number, image: number, feature: number) => CorescoreError;
}

interface StepSpread {
  /** Activations of image 0. */
  first: Float32Array;
  maxDifference: number;
  maxMagnitude: number;
  /** Whether no later image can undo that the step depends on the image: then only finiteness is looked at. */
  settled: boolean;
}

/**
 * What every region must show, whether the model was run or its activations supplied: all values finite, an IT that
 * depends on the image from the clock's first step on and not before. Watches one array pass by, in blocks [images][feature] of one step. Holds one image per step.
 */
export class RowChecks {
  private readonly spreads: StepSpread[] = [];
  private previous: { step: number; start: number; rows: Float32Array } | undefined;
  private changes = false;

  constructor(private readonly options: RowCheckOptions) {}

  /** True when any two consecutive steps from `firstStep` on differed for any image: the model is temporal. */
  get temporal(): boolean {
    return this.changes;
  }

  /** First step whose activations differ between images; null where none do, or there is one image only. */
  get imageFrom(): number | null {
    const step = this.spreads.findIndex((s) => s.settled || s.maxDifference > IMAGE_TOLERANCE * s.maxMagnitude);
    return step < 0 ? null : step;
  }

  /**
   * Blocks come step by step for the same images, then the next images.
   * @throws CorescoreError `activations_not_finite` with region, step, image and feature, or that of `notFinite`
   */
  add(step: number, start: number, rows: Float32Array): void {
    const { features } = this.options;
    const spread = this.spreadOf(step, rows);
    const bad = spread.settled ? notFinite(rows) : widen(spread, rows);
    if (bad >= 0) this.refuse(rows[bad]!, step, start + Math.floor(bad / features), bad % features);
    this.compareWithPrevious(step, start, rows);
  }

  /**
   * @param isReference whether this is the region the clock is checked on (IT).
   * @throws CorescoreError `activations_constant`, `first_step_mismatch`
   */
  finish(isReference: boolean): void {
    const { name, field, firstStep, stimuli, steps } = this.options;
    if (isReference && steps > 1 && firstStep >= steps) {
      throw new CorescoreError(
        'first_step_mismatch',
        `The clock starts at step ${firstStep}, but ${name} has ${steps} steps (0 to ${steps - 1}).`,
        { field: '/clock/firstStep', remedy: `Set firstStep to at most ${steps - 1}.` },
      );
    }
    if (stimuli < 2) return;
    const earliest = this.imageFrom;
    if (earliest === null) {
      throw new CorescoreError(
        'activations_constant',
        `${name} is the same for all ${stimuli} images at every step: it does not depend on the image.`,
        { field, remedy: 'Name a tensor that is computed from the image, and check the range of the input.' },
      );
    }
    if (!isReference || steps === 1 || earliest === firstStep) return;
    const early = earliest < firstStep;
    throw new CorescoreError(
      'first_step_mismatch',
      early
        ? `${name} depends on the image from step ${earliest} on, but the clock starts at step ${firstStep}.`
        : `${name} depends on the image only from step ${earliest} on, but the clock starts at step ${firstStep}.`,
      {
        field: '/clock/firstStep',
        remedy: `Set clock.firstStep to ${earliest}: the first step at which the image has reached ${name}.`,
      },
    );
  }

  private spreadOf(step: number, rows: Float32Array): StepSpread {
    let spread = this.spreads[step];
    if (spread === undefined) {
      spread = { first: rows.slice(0, this.options.features), maxDifference: 0, maxMagnitude: 0, settled: false };
      this.spreads[step] = spread;
    }
    return spread;
  }

  private compareWithPrevious(step: number, start: number, rows: Float32Array): void {
    if (this.changes) return;
    const before = this.previous;
    if (step > this.options.firstStep && before?.step === step - 1 && before.start === start) {
      this.changes = differs(rows, before.rows);
    }
    this.previous = { step, start, rows };
  }

  private refuse(value: number, step: number, image: number, feature: number): never {
    const { name, field, steps, notFinite } = this.options;
    if (notFinite !== undefined) throw notFinite(value, step, image, feature);
    const kind = Number.isNaN(value) ? 'NaN' : 'infinite';
    throw new CorescoreError(
      'activations_not_finite',
      `${name} is ${kind} at step ${step} of ${steps}, image ${image}, feature ${feature} (all counted from 0).`,
      {
        field,
        remedy: 'Check divisions, logarithms and growing recurrent states; run this image through the model alone.',
      },
    );
  }
}

/** A loop, since a callback a value takes ten times as long; equal bytes, which are found sooner, are equal values. */
function differs(a: Float32Array, b: Float32Array): boolean {
  if (bytesOf(a).equals(bytesOf(b))) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return true;
  return false;
}

/** Takes images into the spread of their step. Returns the index of the first value that is not finite, or -1. */
function widen(spread: StepSpread, rows: Float32Array): number {
  const { first } = spread;
  const features = first.length;
  let { maxDifference, maxMagnitude } = spread;
  for (let offset = 0; offset < rows.length; offset += features) {
    for (let f = 0; f < features; f++) {
      const value = rows[offset + f]!;
      const magnitude = Math.abs(value);
      if (!(magnitude < Number.POSITIVE_INFINITY)) return offset + f;
      if (magnitude > maxMagnitude) maxMagnitude = magnitude;
      const difference = Math.abs(value - first[f]!);
      if (difference > maxDifference) maxDifference = difference;
    }
  }
  spread.maxDifference = maxDifference;
  spread.maxMagnitude = maxMagnitude;
  // Let D be the difference, M the magnitude so far, t the tolerance. A later image of magnitude M' up to D / t leaves
  // D > t M'. Beyond that M' > 2 M, and that image differs from image 0 by M' - M > M' / 2, more than t M'.
  spread.settled = maxDifference > 2 * IMAGE_TOLERANCE * maxMagnitude;
  return -1;
}

/** Bits of a float32 that are all set in an infinity and in NaN, and in nothing else. */
const EXPONENT = 0x7f800000;
/** Carries such an exponent into the sign. */
const CARRY = 0x00800000;

/**
 * Index of the first value that is not finite, or -1. By the bits, four at a time: half of the time that comparing each
 * value takes.
 */
function notFinite(rows: Float32Array): number {
  const bits = new Int32Array(rows.buffer, rows.byteOffset, rows.length);
  let carried = 0;
  let i = 0;
  for (; i + 3 < bits.length; i += 4) {
    carried |=
      ((bits[i]! & EXPONENT) + CARRY) |
      ((bits[i + 1]! & EXPONENT) + CARRY) |
      ((bits[i + 2]! & EXPONENT) + CARRY) |
      ((bits[i + 3]! & EXPONENT) + CARRY);
  }
  for (; i < bits.length; i++) carried |= (bits[i]! & EXPONENT) + CARRY;
  return carried < 0 ? rows.findIndex((value) => !Number.isFinite(value)) : -1;
}
