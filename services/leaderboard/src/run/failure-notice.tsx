import type { RunFailure } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { failureRemedy, failureWords } from '../format/scores.js';

/** Why a run has no scores, and what the submitter can do about it. */
export function FailureNotice({ failure }: { failure: RunFailure }): ReactNode {
  return (
    <section className="notice notice-error" aria-labelledby="failure-title">
      <h2 id="failure-title" className="notice-title">
        Failed: {failureWords(failure)}
      </h2>
      <p>{failure.detail}</p>
      {failure.field !== undefined && (
        <p>
          Field: <code>{failure.field}</code>
        </p>
      )}
      <p>
        <strong>What you can do:</strong> {failureRemedy(failure)}
      </p>
      <p className="muted">
        Kind <code>{failure.kind}</code>, code <code>{failure.code}</code>
      </p>
    </section>
  );
}
