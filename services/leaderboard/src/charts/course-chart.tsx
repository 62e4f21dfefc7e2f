import * as Plot from '@observablehq/plot';
import { type ReactNode, useCallback, useId } from 'react';
import { formatInterval, formatQuantity } from '../format/numbers.js';
import { SUBSET_WORDS } from '../format/scores.js';
import { ScrollRegion } from '../ui/scroll-region.js';
import { BAND_COLOUR, BandKey, CHART_STYLE, Chart } from './chart.js';
import { BANDS, type CoursePoint, isOverTime } from './courses.js';
import { floorMarks } from './floor-marks.js';
import type { Floor } from './floors.js';

export interface CourseProps {
  title: string;
  points: readonly CoursePoint[];
  unit: string;
  /** Lower and upper end of the axis that must be visible, in the unit of the values. */
  span: readonly [number, number];
  /** A level to compare with. */
  reference?: { value: number; label: string };
  /** A course that no value should exceed. */
  limit?: { points: readonly { startMs: number; value: number }[]; label: string };
  /** Heading of the figure: h3 within a section of its own. */
  heading?: 'h2' | 'h3';
  /** Courses of all images to compare with. */
  floors?: readonly Floor[];
  /** Sentences below the chart. */
  remarks?: readonly string[];
}

type Timed = CoursePoint & { startMs: number };

const valueText = (p: Omit<CoursePoint, 'band'>, unit: string): string =>
  `${formatQuantity(p.value, unit)}${p.low === null || p.high === null ? '' : ` (${formatInterval(p.low, p.high, unit)})`}`;

function drawCourse(width: number, points: readonly Timed[], props: CourseProps): Element {
  const { unit, span, reference, limit, floors = [] } = props;
  const ofBand = (band: CoursePoint['band']) => points.filter((p) => p.band === band);
  return Plot.plot({
    width,
    height: Math.max(220, Math.min(300, width * 0.55)),
    marginLeft: 44,
    marginRight: 12,
    marginBottom: 40,
    style: CHART_STYLE,
    x: { label: 'start of the time bin, ms after image onset', labelAnchor: 'center', labelArrow: 'none', ticks: 6 },
    y: {
      label: null,
      grid: true,
      nice: true,
      ticks: 5,
      domain: [
        Math.min(span[0], ...points.map((p) => p.low ?? p.value)),
        Math.max(span[1], ...points.map((p) => p.high ?? p.value)),
      ],
      ...(unit === 'fraction' ? { tickFormat: (v: number) => `${Math.round(v * 100)} %` } : {}),
    },
    marks: [
      reference === undefined
        ? null
        : Plot.ruleY([reference.value], { stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '2,3' }),
      reference === undefined
        ? null
        : Plot.text([reference], {
            y: 'value',
            text: 'label',
            frameAnchor: 'right',
            dy: -7,
            fill: 'currentColor',
            fillOpacity: 0.75,
          }),
      ...(limit === undefined
        ? []
        : [
            Plot.lineY(limit.points, {
              x: 'startMs',
              y: 'value',
              stroke: 'currentColor',
              strokeOpacity: 0.6,
              strokeDasharray: '2,3',
            }),
            Plot.text(limit.points.slice(-1), {
              x: 'startMs',
              y: 'value',
              text: () => limit.label,
              textAnchor: 'end',
              dy: 10,
              fill: 'currentColor',
              fillOpacity: 0.75,
            }),
          ]),
      ...floorMarks(floors),
      ...BANDS.flatMap((band) => [
        Plot.areaY(
          ofBand(band).filter((p) => p.low !== null && p.high !== null),
          { x: 'startMs', y1: 'low', y2: 'high', fill: BAND_COLOUR[band], fillOpacity: 0.16 },
        ),
        Plot.lineY(ofBand(band), {
          x: 'startMs',
          y: 'value',
          stroke: BAND_COLOUR[band],
          strokeWidth: 2,
          ...(band === 'control' ? { strokeDasharray: '5,3' } : {}),
        }),
        Plot.dot(ofBand(band), {
          x: 'startMs',
          y: 'value',
          r: 3,
          stroke: BAND_COLOUR[band],
          strokeWidth: 1.5,
          fill: band === 'control' ? 'var(--paper)' : BAND_COLOUR[band],
        }),
      ]),
      Plot.tip(
        points,
        Plot.pointer({
          x: 'startMs',
          y: 'value',
          fill: 'var(--surface)',
          stroke: 'var(--line-strong)',
          title: (p: Timed) => `${SUBSET_WORDS[p.band]}, ${p.startMs} ms\n${valueText(p, unit)}`,
        }),
      ),
    ],
  });
}

interface Held {
  row: string;
  value: number;
  low: number | null;
  high: number | null;
  colour: string;
  fill: string;
}

/** One window held over all bins has a value and no course: a dot with its interval for each band and floor. */
function drawHeld(width: number, points: readonly CoursePoint[], props: CourseProps): Element {
  const { unit, span, reference, floors = [] } = props;
  const held: Held[] = [
    ...points.map((p) => ({
      ...p,
      row: SUBSET_WORDS[p.band],
      colour: BAND_COLOUR[p.band],
      fill: p.band === 'control' ? 'var(--paper)' : BAND_COLOUR[p.band],
    })),
    ...floors.flatMap(({ label, points: [only] }) =>
      only === undefined ? [] : [{ ...only, row: label, colour: 'var(--muted)', fill: 'var(--paper)' }],
    ),
  ];
  const rows = [...BANDS.map((b) => SUBSET_WORDS[b]), ...floors.map(({ label }) => label)];
  return Plot.plot({
    width,
    height: 130 + 34 * floors.length,
    marginLeft: floors.length === 0 ? 80 : 104,
    marginRight: 16,
    marginBottom: 40,
    style: CHART_STYLE,
    x: {
      label: 'one window held over all time bins',
      labelAnchor: 'center',
      labelArrow: 'none',
      grid: true,
      nice: true,
      ticks: 5,
      domain: [span[0], Math.max(span[1], ...points.map((p) => p.high ?? p.value))],
      ...(unit === 'fraction' ? { tickFormat: (v: number) => `${Math.round(v * 100)} %` } : {}),
    },
    y: { label: null, domain: rows, tickSize: 0 },
    marks: [
      reference === undefined
        ? null
        : Plot.ruleX([reference.value], { stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '2,3' }),
      Plot.ruleY(held, {
        x1: (p: Held) => p.low ?? p.value,
        x2: (p: Held) => p.high ?? p.value,
        y: 'row',
        stroke: (p: Held) => p.colour,
        strokeWidth: 2,
      }),
      Plot.dot(held, {
        x: 'value',
        y: 'row',
        r: 5,
        stroke: (p: Held) => p.colour,
        strokeWidth: 2,
        fill: (p: Held) => p.fill,
      }),
    ],
  });
}

/** The numbers of a chart, for who would rather read them. */
function CourseNumbers({ title, points, unit, floors = [] }: CourseProps): ReactNode {
  const starts = [...new Set(points.map((p) => p.startMs))];
  const at = (band: CoursePoint['band'], startMs: number | null) => {
    const point = points.find((p) => p.band === band && p.startMs === startMs);
    return point === undefined ? 'undefined' : valueText(point, unit);
  };
  return (
    <details>
      <summary>Numbers</summary>
      <ScrollRegion label={`${title}, numbers`}>
        <table className="numbers">
          <caption className="visually-hidden">{title}</caption>
          <thead>
            <tr>
              <th scope="col">Bin</th>
              {BANDS.map((band) => (
                <th key={band} scope="col" className="num">
                  {SUBSET_WORDS[band]}
                </th>
              ))}
              {floors.map(({ label }) => (
                <th key={label} scope="col" className="num">
                  All, {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {starts.map((startMs) => (
              <tr key={startMs}>
                <th scope="row">{startMs === null ? 'held over all' : `${startMs} ms`}</th>
                {BANDS.map((band) => (
                  <td key={band} className="num">
                    {at(band, startMs)}
                  </td>
                ))}
                {floors.map(({ label, points: own }) => {
                  const point = own.find((p) => p.startMs === startMs);
                  return (
                    <td key={label} className="num">
                      {point === undefined ? 'undefined' : valueText(point, unit)}
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

/** What the chart shows, in a sentence: where both bands end. */
function courseSentence({ points, unit, title, floors = [] }: CourseProps): string {
  const ends = BANDS.flatMap((band) => {
    const last = points.findLast((p) => p.band === band);
    return last === undefined ? [] : [`${SUBSET_WORDS[band]} ${formatQuantity(last.value, unit)}`];
  });
  const below = floors.map(({ label, points: own }) => `${label} ${formatQuantity(own.at(-1)!.value, unit)}`);
  const last = Math.max(...points.map((p) => p.startMs ?? Number.NEGATIVE_INFINITY));
  const where = Number.isFinite(last)
    ? `at the last covered bin, from ${last} ms,`
    : 'in the one window held over all bins';
  return `${title}: ${where} ${[...ends, ...below].join(', ')}`;
}

/** Challenge against Control over time, with 95 % bands; two dots for a model without time. */
export function CourseChart(props: CourseProps): ReactNode {
  const { title, points, heading: Heading = 'h2', remarks = [] } = props;
  const id = useId();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the points stand for all that is drawn
  const draw = useCallback(
    (width: number) => (isOverTime(points) ? drawCourse(width, points, props) : drawHeld(width, points, props)),
    [points],
  );
  return (
    <figure aria-labelledby={id}>
      <figcaption>
        <Heading id={id}>{title}</Heading>
        {points.length > 0 && <BandKey />}
      </figcaption>
      {points.length === 0 ? (
        <p className="absent">Nothing was decoded for this row.</p>
      ) : (
        <>
          <Chart label={courseSentence(props)} draw={draw} />
          {remarks.map((remark) => (
            <p key={remark} className="muted">
              {remark}
            </p>
          ))}
          <CourseNumbers {...props} />
        </>
      )}
    </figure>
  );
}
