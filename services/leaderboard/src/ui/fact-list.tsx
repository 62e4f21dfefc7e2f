import type { ReactNode } from 'react';

export interface Fact {
  term: string;
  /** null: nothing to tell, the fact is left out. */
  value: ReactNode | null;
}

/** Terms and what stands for them. */
export function FactList({ facts }: { facts: readonly Fact[] }): ReactNode {
  return (
    <dl className="fact-list">
      {facts
        .filter(({ value }) => value !== null)
        .map(({ term, value }) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
