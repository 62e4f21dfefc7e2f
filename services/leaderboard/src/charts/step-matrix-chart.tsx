import * as Plot from '@observablehq/plot';
import { type ReactNode, useCallback, useId, useMemo } from 'react';
import { fixed, formatQuantity } from '../format/numbers.js';
import { ScrollRegion } from '../ui/scroll-region.js';
import { CHART_STYLE, Chart } from './chart.js';
import type { StepCell, StepMatrix } from './step-matrix.js';

interface MatrixProps {
  matrix: StepMatrix;
  /** r at which the colour is full: what the noise of the responses allows. */
  most: number;
}

const TITLE = 'Model steps against IT time';
const ROW_PX = 30;

/** One hue, from the paper to full strength at what the noise allows; a value below 0 has the colour of 0. */
const colour = (value: number, most: number): string =>
  `color-mix(in oklab, var(--accent-fill) ${Math.round(100 * Math.min(1, Math.max(0, value / most)))}%, var(--sunken))`;

const cellText = (c: StepCell, splits: number): string =>
  [
    `step ${c.step}, bin from ${c.startMs} ms`,
    c.value === null
      ? 'undefined'
      : `r ${formatQuantity(c.value, 'r')}${c.error === null ? '' : ` ± ${formatQuantity(c.error, 'r')} (s.e. over splits)`}`,
    c.weight > 0 ? `own clock: ${Math.round(c.weight * 100)} % of this bin` : null,
    c.choices > 0 ? `chosen in ${c.choices} of ${splits} splits` : null,
  ]
    .filter((line) => line !== null)
    .join('\n');

function drawMatrix(width: number, { steps, bins, cells, splits }: StepMatrix, most: number): Element {
  const best = cells.filter((c) => bins.some((b) => b.startMs === c.startMs && b.bestStep === c.step));
  const places = { x: 'startMs', y: 'step' } as const;
  const roomy = (width - 60) / bins.length >= 34;
  return Plot.plot({
    width,
    height: steps.length * ROW_PX + 70,
    marginLeft: 48,
    marginRight: 12,
    marginTop: 24,
    marginBottom: 40,
    style: CHART_STYLE,
    x: {
      type: 'band',
      label: 'start of the time bin, ms after image onset',
      labelAnchor: 'center',
      labelArrow: 'none',
      padding: 0.06,
      tickSize: 0,
      ...(roomy ? {} : { ticks: bins.filter((_, b) => b % 4 === 0).map((b) => b.startMs) }),
    },
    // The last step on top, as time goes up.
    y: {
      type: 'band',
      label: 'step',
      labelAnchor: 'top',
      labelArrow: 'none',
      domain: [...steps].reverse(),
      padding: 0.06,
      tickSize: 0,
    },
    marks: [
      Plot.cell(
        cells.filter((c) => c.value !== null),
        { ...places, fill: (c: StepCell) => colour(c.value!, most) },
      ),
      // A bin that two steps share is outlined in both, the lesser of them dashed.
      ...[
        { clock: cells.filter((c) => c.weight >= 0.5), strokeDasharray: 'none' },
        { clock: cells.filter((c) => c.weight > 0 && c.weight < 0.5), strokeDasharray: '3,3' },
      ].map(({ clock, strokeDasharray }) =>
        Plot.cell(clock, { ...places, fill: 'none', stroke: 'currentColor', strokeWidth: 1.5, strokeDasharray }),
      ),
      roomy
        ? Plot.text(
            cells.filter((c) => c.value !== null),
            {
              ...places,
              text: (c: StepCell) => fixed(c.value!, 2),
              fill: 'currentColor',
              fontSize: 11,
              dx: best.length > 0 ? -3 : 0,
            },
          )
        : null,
      Plot.dot(best, {
        ...places,
        dx: roomy ? 14 : 0,
        r: 3,
        fill: 'currentColor',
      }),
      Plot.tip(
        cells,
        Plot.pointer({
          ...places,
          fill: 'var(--surface)',
          stroke: 'var(--line-strong)',
          title: (c: StepCell) => cellText(c, splits),
        }),
      ),
    ],
  });
}

/** What the matrix shows in its last bin, for who cannot see it. */
function matrixSentence({ steps, bins }: StepMatrix): string {
  const last = bins.at(-1)!;
  const value = (r: number | null) => (r === null ? 'undefined' : formatQuantity(r, 'r'));
  const best = last.bestStep === null ? '' : `, best step ${last.bestStep} ${value(last.best)}`;
  return `${TITLE}: ${steps.length} steps, ${bins.length} time bins; in the last bin, from ${last.startMs} ms, own clock ${value(last.own)}${best}`;
}

function MatrixNumbers({ steps, bins, cells }: StepMatrix): ReactNode {
  const text = (value: number | null | undefined) => (value == null ? 'undefined' : formatQuantity(value, 'r'));
  return (
    <details>
      <summary>Numbers</summary>
      <ScrollRegion label={`${TITLE}, numbers`}>
        <table className="numbers">
          <caption className="visually-hidden">{TITLE}</caption>
          <thead>
            <tr>
              <th scope="col">Bin</th>
              <th scope="col" className="num">
                Own clock
              </th>
              <th scope="col" className="num">
                Best step
              </th>
              {steps.map((step) => (
                <th key={step} scope="col" className="num">
                  Step {step}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bins.map((bin) => (
              <tr key={bin.startMs}>
                <th scope="row">{bin.startMs} ms</th>
                <td className="num">{text(bin.own)}</td>
                <td className="num">
                  {text(bin.best)}
                  {bin.bestStep !== null && ` (mostly step ${bin.bestStep})`}
                </td>
                {steps.map((step) => (
                  <td key={step} className="num">
                    {text(cells.find((c) => c.step === step && c.startMs === bin.startMs)?.value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </details>
  );
}

/** How well each step of the model predicts each time bin of IT, with the model's own clock and the best step marked. */
export function StepMatrixChart({ matrix, most }: MatrixProps): ReactNode {
  const id = useId();
  const draw = useCallback((width: number) => drawMatrix(width, matrix, most), [matrix, most]);
  const label = useMemo(() => matrixSentence(matrix), [matrix]);
  return (
    <figure aria-labelledby={id}>
      <figcaption>
        <h3 id={id}>{TITLE}, r</h3>
      </figcaption>
      <Chart label={label} draw={draw} />
      <p className="muted">
        Outlined: the step that the model’s own clock reads a bin from, dashed where it has the lesser share. Dot: the
        step that most splits choose, each without the images that it tests. Full colour is r = √ceiling ={' '}
        {fixed(most, 2)}, what the noise of the responses allows.
      </p>
      <MatrixNumbers {...matrix} />
    </figure>
  );
}
