import * as Plot from '@observablehq/plot';
import type { Floor } from './floors.js';

const FLOOR_DASHES = ['8,3', '1,3'];

/** Thin lines in the colour of the text: the first named above where it begins, the second below where it ends. */
export function floorMarks(floors: readonly Floor[]): Plot.Markish[] {
  return floors.flatMap(({ label, points }, at) => [
    Plot.lineY(points, {
      x: 'startMs',
      y: 'value',
      stroke: 'currentColor',
      strokeOpacity: 0.7,
      strokeWidth: 1.25,
      strokeDasharray: FLOOR_DASHES[at % FLOOR_DASHES.length]!,
    }),
    Plot.text(points.slice(at === 0 ? 0 : -1).slice(0, 1), {
      x: 'startMs',
      y: 'value',
      text: () => label,
      textAnchor: at === 0 ? 'start' : 'end',
      dy: at === 0 ? -8 : 9,
      fill: 'currentColor',
      fillOpacity: 0.75,
    }),
  ]);
}
