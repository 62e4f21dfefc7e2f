import { type ReactNode, useState } from 'react';

/** A command to copy. */
export function Command({ text, label }: { text: string; label: string }): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  // Without a clipboard (a page over plain HTTP from another machine) the text can still be selected.
  const canCopy = typeof navigator.clipboard?.writeText === 'function';
  return (
    <div className="command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section tabIndex={0} aria-label={label}>
        <code>{text}</code>
      </section>
      {canCopy && (
        <button type="button" onClick={copy}>
          <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
        </button>
      )}
    </div>
  );
}
