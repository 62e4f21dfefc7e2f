import { readFileSync } from 'node:fs';

interface GoldenTensor {
  shape: number[];
  layout: 'NHWC' | 'HWIO' | '[kh,kw,out,in]' | 'HWC' | '[in,out]' | '[channel]';
  offset: number;
  scale: number;
  freq: number;
  phase: number;
}

export interface GoldenCase {
  id: string;
  attrs: Record<string, unknown>;
  tensors: Record<string, GoldenTensor>;
  steps: { t: number; outputs: Record<string, { shape: number[]; values: number[] }> }[];
}

export interface HouseRow {
  id: string;
  widths: number[];
  parameters: number;
  multiplyAdds: number;
  parts: [name: string, numbers: number][];
}

const file = JSON.parse(readFileSync(new URL('../fixtures/zoo-golden.json', import.meta.url), 'utf8')) as {
  cases: GoldenCase[];
  house: { rows: HouseRow[] };
};

export const GOLDEN = file.cases;
export const HOUSE_ROWS = file.house.rows;

export function goldenValues({ shape, offset, scale, freq, phase }: GoldenTensor): Float32Array {
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, (_, i) => offset + scale * Math.sin(freq * i + phase));
}

/** Largest |a - b| beyond 2e-5 relative: the golden tolerance is 2e-5 of this. */
export function excess(got: ArrayLike<number>, wanted: ArrayLike<number>, relative = 2e-5): number {
  if (got.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs(got[i]! - wanted[i]!) - relative * Math.abs(wanted[i]!);
    // NaN compares as false: it must not pass.
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return worst;
}
