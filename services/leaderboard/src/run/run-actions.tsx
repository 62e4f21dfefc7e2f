import { isTerminal, type RunView } from '@corescore/contracts';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { ApiError, postJson } from '../api/http.js';
import { paths } from '../api/paths.js';
import { forgetToken, keepToken, readToken } from '../api/token.js';
import { ErrorNotice } from '../ui/notice.js';

type Action = 'cancel' | 'retry';
const LABELS: Record<Action, string> = { cancel: 'Cancel this run', retry: 'Run it again' };

/** What the service allows in this state; a scored run is final. */
function actionFor(run: RunView): Action | null {
  if (!isTerminal(run.status)) return 'cancel';
  return run.status === 'scored' ? null : 'retry';
}

function TokenForm({
  action,
  onToken,
  onClose,
}: {
  action: Action;
  onToken: (t: string) => void;
  onClose: () => void;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  // The form stands where the button stood, which had the focus.
  useEffect(() => input.current?.focus(), []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token') ?? '').trim();
    if (token !== '') onToken(token);
  };
  return (
    <form className="token-form" onSubmit={submit}>
      <label htmlFor={id}>Token</label>
      <input
        id={id}
        name="token"
        type="password"
        required
        autoComplete="off"
        aria-describedby={`${id}-hint`}
        ref={input}
      />
      <button type="submit">{LABELS[action]}</button>
      <button type="button" className="link" onClick={onClose}>
        Not now
      </button>
      <p id={`${id}-hint`} className="muted">
        Changing a run needs a token of the model’s owner. On the machine that runs the service, the local token is in
        the file <code>.corescore/token</code>. It is kept until this tab is closed, nowhere else.
      </p>
    </form>
  );
}

/** Cancel or retry. Asks for a token only when there is none yet. */
export function RunActions({ run, onChanged }: { run: RunView; onChanged: (run: RunView) => void }): ReactNode {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const action = actionFor(run);
  if (action === null) return null;

  const perform = async (token: string) => {
    setBusy(true);
    setError(undefined);
    try {
      const changed = await postJson<RunView>(paths[action](run.id), token);
      keepToken(token);
      setAsking(false);
      onChanged(changed);
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      setError(caught);
      // A token that does not do is asked for again, not tried for ever.
      if (caught.problem.status === 401 || caught.problem.status === 403) {
        forgetToken();
        setAsking(true);
      }
    } finally {
      setBusy(false);
    }
  };
  const begin = () => {
    const token = readToken();
    if (token === null) setAsking(true);
    else void perform(token);
  };
  return (
    <div className="actions">
      {asking ? (
        <TokenForm action={action} onToken={(token) => void perform(token)} onClose={() => setAsking(false)} />
      ) : (
        <button type="button" onClick={begin} disabled={busy}>
          {LABELS[action]}
        </button>
      )}
      {error && <ErrorNotice error={error} />}
    </div>
  );
}
