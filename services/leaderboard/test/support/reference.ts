import { readFileSync } from 'node:fs';

/** A subject of `reference_ost.json` (its README says how it was made): curves and times per image, and their summary. */
export interface Subject {
  summary?: Record<string, number | null>;
  t?: number[];
  /** [bin][image], one curve for all images [bin], or one value an image [image] for a model without time. */
  i1?: (number | null)[][] | number[];
  ost?: (number | null)[] | string;
  /** [bin][repetition][control, challenge]: images right of 330. */
  correct?: [number, number][][];
}

interface Reference {
  images: { stimulus_id: string[]; object: number[]; challenge: number[]; theta: number[]; tau: number[] };
  classes: string[];
  subjects: Record<string, Subject>;
}

const path = new URL('../../../../packages/benchmarks/test/fixtures/reference_ost.json', import.meta.url);
export const reference = JSON.parse(readFileSync(path, 'utf8')) as Reference;
export const IMAGES = reference.images.stimulus_id.length;
export const isChallenge = (image: number): boolean => reference.images.challenge[image] === 1;
