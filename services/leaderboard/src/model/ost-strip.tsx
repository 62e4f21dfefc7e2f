import { METRICS, type Series } from '@corescore/contracts';
import { type ReactNode, useId } from 'react';
import { formatInterval, formatQuantity } from '../format/numbers.js';
import { ScrollRegion } from '../ui/scroll-region.js';
import { type StripCell, type StripColumn, stripOf } from './strip.js';

const WIDTH = 96;
const MIDDLE = 5;

/** The value with its interval on the scale of its column, and a line where the score's own decoder stands. */
function Whisker({ cell, column }: { cell: StripCell; column: StripColumn }): ReactNode {
  const x = (value: number) => 3 + ((value - column.from) / (column.to - column.from || 1)) * (WIDTH - 6);
  return (
    <svg className="strip-whisker" width={WIDTH} height={2 * MIDDLE} aria-hidden="true">
      {column.base !== null && <line className="strip-base" x1={x(column.base)} x2={x(column.base)} y1="0" y2="10" />}
      <line className="strip-span" x1={x(cell.low ?? cell.value)} x2={x(cell.high ?? cell.value)} y1="5" y2="5" />
      <circle className="strip-value" cx={x(cell.value)} cy={MIDDLE} r="3" />
    </svg>
  );
}

function Cell({ cell, column }: { cell: StripCell | null; column: StripColumn }): ReactNode {
  if (cell === null) {
    return (
      <td className="num">
        <span className="absent">none</span>
      </td>
    );
  }
  return (
    <td className="num">
      <span className="value">{formatQuantity(cell.value, column.unit)}</span>
      <Whisker cell={cell} column={column} />
      {cell.low !== null && cell.high !== null && (
        <span className="interval">{formatInterval(cell.low, cell.high, column.unit)}</span>
      )}
    </td>
  );
}

/** How the OST scores move with choices of the pipeline, beside the scores themselves. */
export function OstStrip({ series }: { series: Series }): ReactNode {
  const id = useId();
  const { rows, columns } = stripOf(series);
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>How the scores move with the pipeline</h2>
      <ScrollRegion label="How the scores move with the pipeline">
        <table className="strip">
          <caption>
            <span className="caption-text">
              One choice changed at a time, from the first repetition of the folds alone: the row of the score’s own
              decoder differs a little from the scores above. The thin line marks it. Intervals are 95 %: of ρ and delay
              a bootstrap over the images that are solved, of the images solved (of {series.n}) by the spread of the
              folds.
            </span>
          </caption>
          <thead>
            <tr>
              <th scope="col">Decoded with</th>
              {columns.map(({ metric }) => (
                <th key={metric} scope="col" className="num">
                  {metric in METRICS ? METRICS[metric as keyof typeof METRICS].label : metric}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key} className={row.startsGroup ? 'strip-group' : undefined}>
                <th scope="row">{row.label}</th>
                {columns.map((column, m) => (
                  <Cell key={column.metric} cell={row.cells[m] ?? null} column={column} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </section>
  );
}
