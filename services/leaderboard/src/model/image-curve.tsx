import type { ImageResults } from '@corescore/contracts';
import * as Plot from '@observablehq/plot';
import { type ReactNode, useCallback } from 'react';
import { BAND_COLOUR, CHART_STYLE, Chart } from '../charts/chart.js';
import { binEdges } from '../charts/courses.js';
import { fixed } from '../format/numbers.js';
import { SUBSET_WORDS } from '../format/scores.js';
import { type Bracket, bracketsOf, curveOf, type ImageRow, imageSentence, otherRule, rulesDiffer } from './images.js';

const LABEL = { fill: 'currentColor', stroke: 'var(--paper)', strokeWidth: 4 } as const;

/** The two times as rules with a label each, one above the other so that they never meet. */
function timeMarks(row: ImageRow, middleMs: number): Plot.Markish[] {
  const times = [
    { ms: row.targetMs, text: 'target', dash: '5,3', dy: -28 },
    { ms: row.ostMs, text: 'model', dash: '', dy: -12 },
  ].flatMap((t) => (t.ms === null ? [] : [{ ...t, ms: t.ms }]));
  return times.flatMap((t) => [
    Plot.ruleX([t.ms], {
      stroke: 'currentColor',
      strokeWidth: 1.5,
      strokeOpacity: 0.8,
      strokeDasharray: t.dash,
      insetTop: t.dy,
    }),
    Plot.text([t], {
      x: 'ms',
      text: (d: typeof t) => `${d.text} ${fixed(d.ms, 1)} ms`,
      frameAnchor: 'top',
      textAnchor: t.ms > middleMs ? 'end' : 'start',
      dx: t.ms > middleMs ? -5 : 5,
      dy: t.dy,
      ...LABEL,
    }),
  ]);
}

function drawCurve(width: number, images: ImageResults, row: ImageRow, scored: Bracket | null): Element {
  const curve = curveOf(images, row.index);
  const brackets = scored === null || row.ostMs === null ? null : bracketsOf(curve, row.threshold);
  const line = (rule: Bracket, strokeDasharray: string) =>
    brackets === null
      ? null
      : Plot.line(brackets[rule], {
          x: 'startMs',
          y: 'i1',
          stroke: 'currentColor',
          strokeOpacity: 0.7,
          strokeWidth: 1,
          strokeDasharray,
        });
  const edges = binEdges(images.binStartsMs);
  const values = [...curve.map((p) => p.i1), row.threshold, 0];
  return Plot.plot({
    width,
    height: 300,
    marginLeft: 40,
    marginRight: 14,
    marginTop: 44,
    marginBottom: 40,
    style: CHART_STYLE,
    x: {
      label: 'start of the time bin, ms',
      labelAnchor: 'center',
      labelArrow: 'none',
      domain: [edges[0]!, edges.at(-1)!],
      ticks: 6,
    },
    y: { label: null, grid: true, ticks: 5, domain: [Math.min(...values), Math.max(...values)], nice: true },
    marks: [
      Plot.ruleY([row.threshold], { stroke: 'var(--accent)', strokeWidth: 1.5, strokeDasharray: '2,3' }),
      Plot.text([row.threshold], {
        y: (v: number) => v,
        text: (v: number) => `threshold θ ${fixed(v, 2)}`,
        frameAnchor: 'left',
        dx: 4,
        dy: -8,
        ...LABEL,
        fill: 'var(--accent)',
      }),
      ...timeMarks(row, (edges[0]! + edges.at(-1)!) / 2),
      Plot.lineY(curve, { x: 'startMs', y: 'i1', stroke: BAND_COLOUR[row.band], strokeWidth: 2 }),
      scored === null ? null : line(scored, 'none'),
      scored === null || !rulesDiffer(row) ? null : line(otherRule(scored), '2,3'),
      Plot.dot(curve, { x: 'startMs', y: 'i1', r: 3, fill: BAND_COLOUR[row.band] }),
      row.ostMs === null
        ? null
        : Plot.dot([row], {
            x: 'ostMs',
            y: 'threshold',
            r: 5.5,
            stroke: 'currentColor',
            strokeWidth: 2,
            fill: 'var(--paper)',
          }),
    ],
  });
}

/** The decoding curve of one image: i1 over time, its threshold, where they cross, and the target's time. */
export function ImageCurve({
  images,
  row,
  scored,
}: {
  images: ImageResults;
  row: ImageRow;
  /** The rule of the run's own times. */
  scored: Bracket | null;
}): ReactNode {
  const draw = useCallback((width: number) => drawCurve(width, images, row, scored), [images, row, scored]);
  const curve = curveOf(images, row.index);
  const held = images.binStartsMs.length === 1 ? images.i1[0]?.[row.index] : undefined;
  return (
    <div className="image-curve" aria-live="polite">
      <h3>
        {row.object}, {SUBSET_WORDS[row.band]} <code>{row.id.slice(0, 12)}</code>
      </h3>
      <p>{imageSentence(row, scored)}</p>
      {curve.length > 0 && (
        <>
          <p className="axis-title">i1, d′</p>
          <Chart label={`i1 over time. ${imageSentence(row, scored)}`} draw={draw} />
        </>
      )}
      {scored !== null && row.ostMs !== null && bracketsOf(curve, row.threshold) !== null && (
        <p className="muted">
          The time is where the thin line reaches θ. It joins the first bin at or above θ with the bin below θ that the
          benchmark’s rule takes{rulesDiffer(row) ? '; the dotted line is that of the other rule' : ''}.
        </p>
      )}
      {held != null && (
        <p>
          i1 of the one window held over all bins: <strong>{fixed(held, 2)} d′</strong>; threshold θ:{' '}
          <strong>{fixed(row.threshold, 2)} d′</strong>.
        </p>
      )}
      {curve.length === 0 && held == null && <p className="muted">Nothing was decoded: there is no curve.</p>}
    </div>
  );
}
