import { isTerminal, type RunEvent, type RunView } from '@corescore/contracts';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { paths, views } from '../api/paths.js';
import { useNow } from '../api/use-now.js';
import { useResource } from '../api/use-resource.js';
import { type Connection, useRunEvents } from '../api/use-run-events.js';
import { STATUS_WORDS } from '../format/scores.js';
import { formatDateTime } from '../format/time.js';
import { type Fact, FactList } from '../ui/fact-list.js';
import { ErrorNotice, Loading, RunLink, StaleNotice, StruckNotice } from '../ui/notice.js';
import { usePageTitle } from '../ui/page-title.js';
import { FailureNotice } from './failure-notice.js';
import { RunActions } from './run-actions.js';
import { RunResults } from './run-results.js';
import { mergeRun, withProgress } from './stages.js';
import { StageProgress, Stepper } from './stepper.js';

/** A net below the event stream: a browser behind a proxy that holds streams back still sees the run move. */
const POLL_MS = 10_000;
const LOG_LINES = 200;

const CONNECTION_WORDS: Record<Connection, string> = {
  off: '',
  connecting: 'connecting to the live stages …',
  live: 'live',
  lost: 'connection lost, trying again …',
};

const capitalised = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

function factsOf(run: RunView): Fact[] {
  const none = isTerminal(run.status) ? 'none' : 'none yet';
  return [
    { term: 'Submitted', value: <time dateTime={run.submittedAt}>{formatDateTime(run.submittedAt)}</time> },
    ...(run.supersedes === null ? [] : [{ term: 'Scores again', value: <RunLink id={run.supersedes} /> }]),
    { term: 'Scored by version', value: run.scoringVersion ?? none },
    { term: 'Worker', value: run.worker ?? none },
    { term: 'Provider', value: run.provider ?? none },
    { term: 'Attempt', value: run.attempt },
    { term: 'Model version', value: <code>{run.model.digest.slice(0, 12)}</code> },
    { term: 'Run', value: <code>{run.id}</code> },
  ];
}

function RunLog({ lines }: { lines: readonly string[] }): ReactNode {
  if (lines.length === 0) return null;
  return (
    <details className="log">
      <summary>Log, last {lines.length} lines</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{lines.join('\n')}</pre>
    </details>
  );
}

/** A run: where it stands, live, and what came of it. */
export function RunPage({ id }: { id: string }): ReactNode {
  const { data, error, reload } = useResource<RunView>(paths.run(id), (run) =>
    run === undefined || !isTerminal(run.status) ? POLL_MS : null,
  );
  const [run, setRun] = useState<RunView>();
  const [log, setLog] = useState<string[]>([]);
  useEffect(() => {
    if (data !== undefined) setRun((shown) => mergeRun(shown, data));
  }, [data]);
  const active = run !== undefined && !isTerminal(run.status);
  const onEvent = useCallback(
    (event: RunEvent) => {
      if (event.type === 'status') reload();
      else if (event.type === 'progress') setRun((shown) => shown && withProgress(shown, event));
      else if (event.message !== undefined) setLog((lines) => [...lines, event.message!].slice(-LOG_LINES));
    },
    [reload],
  );
  const connection = useRunEvents(id, active, onEvent);
  const nowMs = useNow(active);
  usePageTitle(run && `${run.model.name}: ${STATUS_WORDS[run.status]}`);

  if (run === undefined) {
    return (
      <>
        <h1>Run</h1>
        {error ? <ErrorNotice error={error} onRetry={reload} /> : <Loading what="the run" />}
      </>
    );
  }
  const { owner, name } = run.model;
  return (
    <>
      <header className="headline">
        <p className="kicker">
          <Link href={views.board(run.benchmark)}>{run.benchmark}</Link>
        </p>
        <h1>
          Run of <Link href={views.model(owner, name)}>{name}</Link>
        </h1>
        <p className="lead">
          <span role="status">{capitalised(STATUS_WORDS[run.status])}</span>
          {active && <span className={`connection connection-${connection}`}>{CONNECTION_WORDS[connection]}</span>}
        </p>
      </header>
      {error && <StaleNotice error={error} onRetry={reload} />}
      <section aria-label="Progress">
        <Stepper run={run} nowMs={nowMs} />
        <StageProgress run={run} nowMs={nowMs} />
      </section>
      {run.failure !== null && <FailureNotice failure={run.failure} />}
      <RunActions
        run={run}
        onChanged={(changed) => {
          setRun(changed);
          reload();
        }}
      />
      <StruckNotice run={run} />
      {run.status === 'scored' && <RunResults run={run} />}
      {run.notes.length > 0 && (
        <section aria-labelledby="notes-title">
          <h2 id="notes-title">Notes</h2>
          <ul>
            {run.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </section>
      )}
      <section aria-labelledby="about-title">
        <h2 id="about-title">About this run</h2>
        <FactList facts={factsOf(run)} />
        <RunLog lines={log} />
      </section>
    </>
  );
}
