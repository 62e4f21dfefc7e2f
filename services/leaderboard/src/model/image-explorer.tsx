import type { ImageResults } from '@corescore/contracts';
import { type ReactNode, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { paths } from '../api/paths.js';
import { BANDS, type Band } from '../charts/courses.js';
import { fixed, formatNumber } from '../format/numbers.js';
import { REASONS, SUBSET_WORDS } from '../format/scores.js';
import { ScrollRegion } from '../ui/scroll-region.js';
import { ImageCurve } from './image-curve.js';
import {
  BRACKETS,
  type Bracket,
  IMAGE_ORDERS,
  type ImageRow,
  imageRows,
  isImageOrder,
  otherRule,
  scoredBracket,
  selectImages,
} from './images.js';

const SHOWN = 20;

const millis = (value: number | null, row: ImageRow): ReactNode =>
  value === null ? (
    <span className="absent">{row.reason === null ? 'none' : REASONS[row.reason].words}</span>
  ) : (
    fixed(value, 1)
  );

interface RowProps {
  row: ImageRow;
  /** The rule that the run's times do not come from; null where there is one time only. */
  other: Bracket | null;
  chosen: boolean;
  onChoose: () => void;
}

function Row({ row, other, chosen, onChoose }: RowProps): ReactNode {
  return (
    <tr className={chosen ? 'chosen' : undefined}>
      <th scope="row">
        <button type="button" className="link" aria-pressed={chosen} onClick={onChoose}>
          <code>{row.id.slice(0, 8)}</code>
        </button>
      </th>
      <td>{row.object}</td>
      <td>
        <span className={`key key-${row.band}`}>{SUBSET_WORDS[row.band]}</span>
      </td>
      <td className="num">{fixed(row.threshold, 2)}</td>
      <td className="num">{row.targetMs === null ? 'none' : fixed(row.targetMs, 1)}</td>
      <td className="num">{millis(row.ostMs, row)}</td>
      {other !== null && <td className="num">{row.byRule[other] === null ? '' : fixed(row.byRule[other], 1)}</td>}
      <td className="num">{row.differenceMs === null ? '' : fixed(row.differenceMs, 1)}</td>
      <td className="num">{row.correct === null ? '' : `${formatNumber(row.correct, 'fraction')} %`}</td>
    </tr>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps): ReactNode {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Image by image: choose an order and a group, choose an image, see how its evidence grows. State in the address. */
export function ImageExplorer({ runId, images }: { runId: string; images: ImageResults }): ReactNode {
  const [params, setParams] = useSearchParams();
  const rows = useMemo(() => imageRows(images), [images]);
  const scored = useMemo(() => scoredBracket(rows), [rows]);
  const other = scored === null ? null : otherRule(scored);
  const objects = useMemo(() => [...new Set(images.objects)].sort(), [images]);
  const asked = params.get('order');
  const order = isImageOrder(asked) ? asked : rows.some((r) => r.differenceMs !== null) ? 'difference' : 'id';
  const band = (BANDS as readonly (string | null)[]).includes(params.get('band')) ? (params.get('band') as Band) : null;
  const object = objects.find((o) => o === params.get('object')) ?? null;
  const selected = selectImages(rows, { order, band, object });
  const chosen = rows.find((r) => r.id === params.get('image')) ?? selected[0];
  const set = (key: string, value: string) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now);
        if (value === '') next.delete(key);
        else next.set(key, value);
        if (key !== 'image') next.delete('image');
        return next;
      },
      { replace: true },
    );
  return (
    <section aria-labelledby="images-title" className="explorer">
      <h2 id="images-title">Image by image</h2>
      <div className="toolbar">
        <Choice
          label="Order"
          value={order}
          options={Object.entries(IMAGE_ORDERS)}
          onChange={(value) => set('order', value)}
        />
        <Choice
          label="Images"
          value={band ?? ''}
          options={[['', 'all'], ...BANDS.map((b) => [b, SUBSET_WORDS[b]] as const)]}
          onChange={(value) => set('band', value)}
        />
        <Choice
          label="Object"
          value={object ?? ''}
          options={[['', 'all'], ...objects.map((o) => [o, o] as const)]}
          onChange={(value) => set('object', value)}
        />
        <p className="exports">
          <a href={paths.imagesCsv(runId)} download>
            All {rows.length} as CSV
          </a>
        </p>
      </div>
      <div className="explorer-panes">
        {chosen !== undefined && <ImageCurve images={images} row={chosen} scored={scored} />}
        <ScrollRegion label="Images">
          <table className="images">
            <caption>
              <span className="caption-text">
                {Math.min(SHOWN, selected.length)} of {selected.length} images, {IMAGE_ORDERS[order]}. Choose one to see
                its curve.
                {scored !== null &&
                  ` The model’s time is read ${BRACKETS[scored]}, the rule of this benchmark; beside it the time by the other rule.`}
              </span>
            </caption>
            <thead>
              <tr>
                <th scope="col">Image</th>
                <th scope="col">Object</th>
                <th scope="col">Group</th>
                <th scope="col" className="num">
                  θ, d′
                </th>
                <th scope="col" className="num">
                  Target, ms
                </th>
                <th scope="col" className="num">
                  Model, ms
                </th>
                {other !== null && (
                  <th scope="col" className="num">
                    {BRACKETS[other]}, ms
                  </th>
                )}
                <th scope="col" className="num">
                  Difference
                </th>
                <th scope="col" className="num">
                  Right
                </th>
              </tr>
            </thead>
            <tbody>
              {selected.slice(0, SHOWN).map((row) => (
                <Row
                  key={row.id}
                  row={row}
                  other={other}
                  chosen={row === chosen}
                  onChoose={() => set('image', row.id)}
                />
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      </div>
    </section>
  );
}
