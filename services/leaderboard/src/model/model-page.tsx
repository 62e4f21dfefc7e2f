import { isTerminal, type Leaderboard, type ModelView, type RunView } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { Link, useSearchParams } from 'wouter';
import { paths, views } from '../api/paths.js';
import { useResource } from '../api/use-resource.js';
import { STATUS_WORDS } from '../format/scores.js';
import { formatDate } from '../format/time.js';
import { ErrorNotice, Loading, StruckNotice } from '../ui/notice.js';
import { usePageTitle } from '../ui/page-title.js';
import { chooseRun, newestFirst } from './choose-run.js';
import { ModelVersions } from './model-facts.js';
import { ModelTitle, ScoreStrip, Standing } from './model-headline.js';
import { ModelResults } from './model-results.js';
import { RunList } from './run-list.js';

const POLL_MS = 5000;

function NotYet({ runs }: { runs: readonly RunView[] }): ReactNode {
  const newest = newestFirst(runs)[0];
  if (newest === undefined) return <p>No run yet: the model is registered and has not been submitted.</p>;
  return (
    <p>
      No scores yet: the newest run is {STATUS_WORDS[newest.status]}.{' '}
      <Link href={views.run(newest.id)}>See the run</Link>.
    </p>
  );
}

/** A model: its numbers on a benchmark, how they grow over time, image by image, and what was submitted. */
export default function ModelPage({ owner, name }: { owner: string; name: string }): ReactNode {
  const [params, setParams] = useSearchParams();
  const model = useResource<ModelView>(paths.model(owner, name), (view) =>
    view?.runs.some((run) => !isTerminal(run.status)) ? POLL_MS : null,
  );
  const run = chooseRun(model.data?.runs ?? [], params.get('run'));
  const board = useResource<Leaderboard>(run === undefined ? null : paths.leaderboard(run.benchmark));
  usePageTitle(`${owner}/${name}`);

  if (model.data === undefined) {
    return (
      <>
        <ModelTitle owner={owner} name={name} />
        {model.error ? <ErrorNotice error={model.error} onRetry={model.reload} /> : <Loading what="the model" />}
      </>
    );
  }
  const { versions, runs } = model.data;
  const scored = newestFirst(runs).filter((r) => r.status === 'scored');
  const row = board.data?.rows.find((r) => r.owner === owner && r.name === name);
  const version = versions.find((v) => v.digest === run?.model.digest) ?? versions[0];
  const ranked = board.data?.rows.filter((r) => r.rank !== null).length ?? 0;
  return (
    <>
      <header className="headline">
        {/* A reference row's sentence says the same as its description. */}
        <ModelTitle owner={owner} name={name} about={row?.sentence == null ? version?.description : null} />
        {row !== undefined && <Standing row={row} competitors={ranked} />}
      </header>
      {run === undefined ? (
        <NotYet runs={runs} />
      ) : (
        <>
          <div className="toolbar">
            <p>
              Scores on <Link href={views.board(run.benchmark)}>{run.benchmark}</Link>, from{' '}
              <Link href={views.run(run.id)}>the run of {formatDate(run.submittedAt)}</Link>
            </p>
            {scored.length > 1 && (
              <label>
                Run{' '}
                <select value={run.id} onChange={(event) => setParams({ run: event.target.value })}>
                  {scored.map((r) => (
                    <option key={r.id} value={r.id}>
                      {r.benchmark}, version {r.model.digest.slice(0, 8)}, {formatDate(r.submittedAt)}
                      {r.struckReason === null ? '' : `, ${r.struckReason}`}
                    </option>
                  ))}
                </select>
              </label>
            )}
          </div>
          <StruckNotice run={run} />
          <ScoreStrip run={run} />
          <ModelResults key={run.id} run={run} />
        </>
      )}
      <ModelVersions versions={versions} />
      <RunList runs={runs} />
    </>
  );
}
