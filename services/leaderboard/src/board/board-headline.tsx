import type { BenchmarkView, Leaderboard } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { formatNumber, plural } from '../format/numbers.js';
import { findScore } from '../format/scores.js';
import { formatDateTime } from '../format/time.js';

/** What is measured, on which version, with how many images and sites, up to which ceiling, when; and what it is not. */
export function BoardHeadline({ benchmark, board }: { benchmark: BenchmarkView; board: Leaderboard }): ReactNode {
  const { stimulusSet, sites, regions } = benchmark;
  const it = board.rows.find((row) => row.role === 'it' && row.struckReason === null);
  const ceiling = it && findScore(it.scores, benchmark.sortMetric);
  return (
    <header className="headline">
      <h1>{benchmark.title}</h1>
      <p className="lead">{benchmark.sentence}</p>
      <p className="facts">
        <strong>
          {benchmark.id}, version {benchmark.version}
        </strong>
        : {plural(stimulusSet.images, 'image')} ({stimulusSet.control} Control, {stimulusSet.challenge} Challenge),{' '}
        {plural(sites, 'site')} in {regions.join(', ')}
        {ceiling?.value != null && (
          <>
            , ceiling <span className="nowrap">ρ = {formatNumber(ceiling.value, ceiling.unit)}</span>
          </>
        )}
        , scored by version {board.scoringVersion}. As of{' '}
        <time dateTime={board.generatedAt}>{formatDateTime(board.generatedAt)}</time>.
      </p>
      <p className="caveat">{benchmark.caveat}</p>
    </header>
  );
}
