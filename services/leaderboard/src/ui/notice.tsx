import type { RunView } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ApiError } from '../api/http.js';
import { views } from '../api/paths.js';

/** What went wrong, what to do about it, and a way to try again. */
export function ErrorNotice({ error, onRetry }: { error: ApiError; onRetry?: () => void }): ReactNode {
  const { title, detail, field, remedy, code } = error.problem;
  return (
    <div className="notice notice-error" role="alert">
      <p className="notice-title">{title}</p>
      <p>{detail}</p>
      {field !== undefined && (
        <p>
          Field: <code>{field}</code>
        </p>
      )}
      {remedy !== undefined && (
        <p>
          <strong>What you can do:</strong> {remedy}
        </p>
      )}
      <p className="notice-foot">
        {onRetry !== undefined && (
          <button type="button" onClick={onRetry}>
            Try again
          </button>
        )}
        <span className="muted">
          Code <code>{code}</code>
        </span>
      </p>
    </div>
  );
}

/** Shown while nothing has come yet. */
export function Loading({ what }: { what: string }): ReactNode {
  return (
    <p className="loading" role="status">
      Reading {what} …
    </p>
  );
}

/** The numbers shown are older than they should be. */
export function StaleNotice({ error, onRetry }: { error: ApiError; onRetry: () => void }): ReactNode {
  return (
    <p className="stale" role="status">
      Not refreshed: {error.problem.detail}{' '}
      <button type="button" className="link" onClick={onRetry}>
        Try again
      </button>
    </p>
  );
}

export const RunLink = ({ id }: { id: string }): ReactNode => (
  <Link href={views.run(id)}>
    <code>{id}</code>
  </Link>
);

/** Scores of an older scoring version: why they are struck through, and where the new ones are. */
export function StruckNotice({ run }: { run: RunView }): ReactNode {
  if (run.struckReason === null) return null;
  return (
    <div className="notice" role="note">
      <p className="notice-title">These scores are struck through: {run.struckReason}</p>
      <p>
        The scoring gives other numbers since; these do not compare with those of the board.
        {run.supersededBy !== null && (
          <>
            {' '}
            The new ones are those of run <RunLink id={run.supersededBy} />.
          </>
        )}
      </p>
    </div>
  );
}
