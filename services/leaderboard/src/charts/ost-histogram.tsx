import type { ImageResults } from '@corescore/contracts';
import * as Plot from '@observablehq/plot';
import { type ReactNode, useCallback, useId, useMemo } from 'react';
import { plural } from '../format/numbers.js';
import { gapSentence, REASONS, SUBSET_WORDS } from '../format/scores.js';
import { BAND_COLOUR, BandKey, CHART_STYLE, Chart } from './chart.js';
import { BANDS, type Band, binEdges, type SolutionTimes, solutionTimes } from './courses.js';

function drawHistogram(width: number, { times, meanMs }: SolutionTimes, edges: number[]): Element {
  const means = BANDS.flatMap((band) => (meanMs[band] === null ? [] : [{ band, ms: meanMs[band] }]));
  return Plot.plot({
    width,
    height: 260,
    marginLeft: 44,
    marginRight: 12,
    marginBottom: 40,
    marginTop: 14,
    style: CHART_STYLE,
    x: {
      label: 'object solution time, ms',
      labelAnchor: 'center',
      labelArrow: 'none',
      domain: [edges[0]!, edges.at(-1)!],
      ticks: 6,
    },
    y: { label: null, grid: true, ticks: 3 },
    fy: { label: null, axis: null, domain: [...BANDS], padding: 0.16 },
    marks: [
      Plot.rectY(
        times,
        Plot.binX<Plot.RectYOptions>(
          { y: 'count' },
          {
            x: { value: 'ms', thresholds: edges },
            fy: 'band',
            fill: (t: { band: Band }) => BAND_COLOUR[t.band],
            fillOpacity: 0.75,
            inset: 0.5,
          },
        ),
      ),
      Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }),
      Plot.ruleX(means, { x: 'ms', fy: 'band', stroke: 'currentColor', strokeWidth: 1.5 }),
      Plot.text(means, {
        x: 'ms',
        fy: 'band',
        text: (m: { band: Band; ms: number }) => `${SUBSET_WORDS[m.band]}, mean ${Math.round(m.ms)} ms`,
        frameAnchor: 'top',
        textAnchor: (means[0]?.ms ?? 0) > (edges[0]! + edges.at(-1)!) / 2 ? 'end' : 'start',
        dx: (means[0]?.ms ?? 0) > (edges[0]! + edges.at(-1)!) / 2 ? -6 : 6,
        dy: -4,
        fill: 'currentColor',
        stroke: 'var(--paper)',
        strokeWidth: 4,
      }),
    ],
  });
}

/** When the images are solved, Challenge below Control; images without a time are counted in words. */
export function OstHistogram({ images }: { images: ImageResults }): ReactNode {
  const id = useId();
  const found = useMemo(() => solutionTimes(images), [images]);
  const edges = useMemo(() => {
    // A histogram needs the benchmark's bins; the difficulty look-up has times but the same bins, too.
    const own = binEdges(images.binStartsMs);
    return own.length > 1 ? own : [];
  }, [images]);
  const draw = useCallback((width: number) => drawHistogram(width, found, edges), [found, edges]);
  const notTemporal = images.ostReason.some((reason) => reason === 'not_temporal');
  const drawn = found.times.length > 0 && edges.length > 1;
  return (
    <figure aria-labelledby={id}>
      <figcaption>
        <h2 id={id}>Object solution times</h2>
        {drawn && <BandKey />}
      </figcaption>
      {drawn ? (
        <>
          <Chart label={gapSentence(found.meanMs.control, found.meanMs.challenge)} draw={draw} />
          <p className="muted">
            Images a bin. Never solved: {plural(found.unsolved.control, 'image')} of Control,{' '}
            {plural(found.unsolved.challenge, 'image')} of Challenge.
          </p>
        </>
      ) : (
        <p>
          <span className="absent">{REASONS[notTemporal ? 'not_temporal' : 'never_solved'].words}</span>:{' '}
          {REASONS[notTemporal ? 'not_temporal' : 'never_solved'].sentence}
        </p>
      )}
    </figure>
  );
}
