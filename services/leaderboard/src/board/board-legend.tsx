import type { AbsenceReason, LeaderboardRow } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { nullRowsText, REASONS } from '../format/scores.js';

/** What the rows that do not compete show, and what the words in place of numbers mean. Only what the board has. */
export function BoardLegend({ rows }: { rows: readonly LeaderboardRow[] }): ReactNode {
  const references = rows.filter((row) => row.role !== 'model');
  const matched = nullRowsText(rows, 'ost_concordance_matched');
  const reasons = [...new Set(rows.flatMap((row) => row.scores.flatMap((s) => s.reason ?? [])))] as AbsenceReason[];
  return (
    <div className="legend">
      {references.length > 0 && (
        <section aria-labelledby="legend-references">
          <h2 id="legend-references">Reference rows</h2>
          <p>They have no rank. A model that does not pass the null rows has shown nothing about time.</p>
          <dl>
            {references.map((row) => (
              <div key={row.name}>
                <dt>{row.label}</dt>
                <dd>{row.sentence}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <section aria-labelledby="legend-columns">
        <h2 id="legend-columns">How to read it</h2>
        <dl>
          <div>
            <dt>OST</dt>
            <dd>
              Object solution time: when the decoded evidence for an image, i1, first reaches the threshold θ of that
              image.
            </dd>
          </div>
          <div>
            <dt>OST ρ, partial</dt>
            <dd>
              Rank correlation with the target’s times, given θ and the image’s difficulty. It sorts the board because
              hard images are late for everybody: the raw correlation rewards difficulty alone.
            </dd>
          </div>
          <div>
            <dt>Delay</dt>
            <dd>
              Mean solution time of Challenge minus Control images, over the images that are solved. Below it the same
              when an image that is never solved counts as solved at the end of the target’s time.
            </dd>
          </div>
          {rows.some((row) => row.struckReason !== null) && (
            <div>
              <dt>
                <s>Struck through</s>
              </dt>
              <dd>
                Scored by an older version of the scoring, which gives other numbers: these do not compare with the rest
                of the board and have no rank. They are scored again from their stored activations, where those are
                there.
              </dd>
            </div>
          )}
          {matched !== null && (
            <div>
              <dt>OST concordance, matched</dt>
              <dd>
                On the page of each run. {matched}. Chance is .5; a model that does not pass these has shown nothing.
              </dd>
            </div>
          )}
          {reasons.map((reason) => (
            <div key={reason}>
              <dt>
                <span className="absent">{REASONS[reason].words}</span>
              </dt>
              <dd>{REASONS[reason].sentence}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}
