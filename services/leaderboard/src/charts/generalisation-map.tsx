import type { Series } from '@corescore/contracts';
import * as Plot from '@observablehq/plot';
import { type ReactNode, useCallback, useId, useMemo } from 'react';
import { formatQuantity } from '../format/numbers.js';
import { ScrollRegion } from '../ui/scroll-region.js';
import { CHART_STYLE, Chart } from './chart.js';
import { type GeneralisationSquare, generalisationSentence, squareOf } from './generalisation.js';

const percent = (value: number) => formatQuantity(value, 'fraction');

function drawSquare(width: number, { cells, edges, chance, most }: GeneralisationSquare): Element {
  const size = Math.min(width, 400);
  return Plot.plot({
    width: size,
    height: size - 10,
    marginLeft: 44,
    marginRight: 10,
    marginBottom: 40,
    style: CHART_STYLE,
    x: {
      label: 'read out in the bin from, ms',
      labelAnchor: 'center',
      labelArrow: 'none',
      domain: [edges[0]!, edges.at(-1)!],
      ticks: 6,
    },
    y: { label: 'fitted in, ms', labelArrow: 'none', domain: [edges[0]!, edges.at(-1)!], ticks: 6 },
    // One hue, whose weight is what is above chance.
    opacity: { type: 'linear', domain: [chance, most], range: [0.04, 1], clamp: true },
    marks: [
      Plot.rect(cells, {
        x1: 'testFrom',
        x2: 'testTo',
        y1: 'trainFrom',
        y2: 'trainTo',
        fill: 'var(--accent)',
        // Said, since Plot takes numbers between 0 and 1 for opacities as they are.
        fillOpacity: { value: 'value', scale: 'opacity' },
        shapeRendering: 'crispEdges',
      }),
      Plot.tip(
        cells,
        Plot.pointer({
          x: (c: (typeof cells)[number]) => (c.testFrom + c.testTo) / 2,
          y: (c: (typeof cells)[number]) => (c.trainFrom + c.trainTo) / 2,
          fill: 'var(--surface)',
          stroke: 'var(--line-strong)',
          title: (c: (typeof cells)[number]) =>
            `fitted from ${c.trainFrom} ms, read out from ${c.testFrom} ms\n${percent(c.value)}${
              c.low === null || c.high === null ? '' : ` (${percent(c.low)} to ${percent(c.high)})`
            }`,
        }),
      ),
    ],
  });
}

function Numbers({ square }: { square: GeneralisationSquare }): ReactNode {
  const starts = square.edges.slice(0, -1);
  const at = new Map(square.cells.map((c) => [`${c.trainFrom}/${c.testFrom}`, c.value]));
  return (
    <details>
      <summary>Numbers</summary>
      <ScrollRegion label="Temporal generalisation, numbers">
        <table className="numbers">
          <caption className="visually-hidden">Accuracy in percent, bin fitted in by bin read out</caption>
          <thead>
            <tr>
              <th scope="col">Fitted in</th>
              {starts.map((ms) => (
                <th key={ms} scope="col" className="num">
                  {ms} ms
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {starts.map((train) => (
              <tr key={train}>
                <th scope="row">{train} ms</th>
                {starts.map((test) => {
                  const value = at.get(`${train}/${test}`);
                  return (
                    <td key={test} className="num">
                      {value === undefined ? 'undefined' : percent(value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </details>
  );
}

/** Decoders fitted at one time and read out at another: a code that stays fills the square, one that moves the diagonal. */
export function GeneralisationMap({ series, classes }: { series: Series; classes: number }): ReactNode {
  const id = useId();
  const square = useMemo(() => squareOf(series, 1 / classes), [series, classes]);
  const draw = useCallback((width: number) => drawSquare(width, square), [square]);
  return (
    <figure aria-labelledby={id}>
      <figcaption>
        <h2 id={id}>Temporal generalisation</h2>
      </figcaption>
      <p className="map-key">
        <span>chance, {percent(square.chance)}</span>
        <span className="map-ramp" />
        <span>{percent(square.most)}</span>
      </p>
      <Chart label={generalisationSentence(square)} draw={draw} />
      <p className="muted">
        Accuracy of a decoder fitted in one bin and read out in another: a code that stays fills the square, one that
        moves on only its diagonal. One repetition of the folds, {series.n} images a cell
        {square.widest === null
          ? ''
          : `; 95 % intervals, by the spread of the folds, reach at most ${percent(square.widest)} from the value`}
        .
      </p>
      <Numbers square={square} />
    </figure>
  );
}
