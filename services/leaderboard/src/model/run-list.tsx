import type { RunView } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { views } from '../api/paths.js';
import { failureWords, findScore, STATUS_WORDS, scoreText } from '../format/scores.js';
import { formatDateTime } from '../format/time.js';
import { ScrollRegion } from '../ui/scroll-region.js';
import { newestFirst } from './choose-run.js';

function RunScore({ run }: { run: RunView }): ReactNode {
  const text = scoreText(findScore(run.scores, 'ost_rho_partial'));
  return run.struckReason === null ? text : <s>{text}</s>;
}

/** Every run of the model, newest first. */
export function RunList({ runs }: { runs: readonly RunView[] }): ReactNode {
  return (
    <section aria-labelledby="runs-title">
      <h2 id="runs-title">Runs</h2>
      <ScrollRegion label="Runs">
        <table className="runs">
          <caption className="visually-hidden">Runs of this model, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Submitted</th>
              <th scope="col">Benchmark</th>
              <th scope="col">Version</th>
              <th scope="col">State</th>
              <th scope="col">OST ρ, partial</th>
            </tr>
          </thead>
          <tbody>
            {newestFirst(runs).map((run) => (
              <tr key={run.id}>
                <th scope="row">
                  <Link href={views.run(run.id)}>{formatDateTime(run.submittedAt)}</Link>
                </th>
                <td>{run.benchmark}</td>
                <td>
                  <code>{run.model.digest.slice(0, 8)}</code>
                </td>
                <td>
                  {STATUS_WORDS[run.status]}
                  {run.failure !== null && `: ${failureWords(run.failure)}`}
                  {run.struckReason !== null && <span className="struck-reason">{run.struckReason}</span>}
                </td>
                <td>{run.status === 'scored' && <RunScore run={run} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </section>
  );
}
