import type { ReactNode } from 'react';
import type { ApiError } from '../api/http.js';

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
