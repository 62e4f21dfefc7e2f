import { type BenchmarkView, isTerminal, type Leaderboard } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { paths } from '../api/paths.js';
import { useResource } from '../api/use-resource.js';
import { plural } from '../format/numbers.js';
import { ErrorNotice, Loading, StaleNotice } from '../ui/notice.js';
import { usePageTitle } from '../ui/page-title.js';
import { BoardHeadline } from './board-headline.js';
import { BoardLegend } from './board-legend.js';
import { BoardTable } from './board-table.js';
import { columnOfMetric } from './columns.js';
import { EmptyBoard } from './empty-board.js';
import { sortFrom, toggled, withSort } from './sort.js';

const BUSY_POLL_MS = 3000;
const QUIET_POLL_MS = 15_000;

/** Often while something runs or the board still fills, now and then otherwise. */
const pollMs = (board: Leaderboard | undefined): number =>
  board === undefined || board.rows.length === 0 || board.rows.some((row) => !isTerminal(row.status))
    ? BUSY_POLL_MS
    : QUIET_POLL_MS;

const pollUntilRegistered = (list: { items: BenchmarkView[] } | undefined): number | null =>
  list === undefined || list.items.length === 0 ? BUSY_POLL_MS : null;

/** `id` or `id@version`; the first benchmark where the address names none. */
export function chosenBenchmark(items: readonly BenchmarkView[], asked: string | null): BenchmarkView | undefined {
  return asked === null ? items[0] : items.find((b) => b.ref === asked || b.id === asked);
}

export function BoardPage(): ReactNode {
  const [params, setParams] = useSearchParams();
  const benchmarks = useResource<{ items: BenchmarkView[] }>(paths.benchmarks, pollUntilRegistered);
  const asked = params.get('benchmark');
  const items = benchmarks.data?.items ?? [];
  const benchmark = chosenBenchmark(items, asked);
  const board = useResource<Leaderboard>(benchmark === undefined ? null : paths.leaderboard(benchmark.ref), pollMs);
  usePageTitle(benchmark === undefined ? 'Leaderboard' : `${benchmark.title}, leaderboard`);

  if (benchmarks.data === undefined) {
    return (
      <>
        <h1>Leaderboard</h1>
        {benchmarks.error ? (
          <ErrorNotice error={benchmarks.error} onRetry={benchmarks.reload} />
        ) : (
          <Loading what="the benchmarks" />
        )}
      </>
    );
  }
  if (benchmark === undefined) {
    return (
      <>
        <h1>Leaderboard</h1>
        {items.length === 0 ? (
          <p>No benchmark is registered yet. The service does this on its first start; this page looks again.</p>
        ) : (
          <>
            <p>There is no benchmark “{asked}” here. These are:</p>
            <ul>
              {items.map((b) => (
                <li key={b.ref}>
                  <a href={`/?benchmark=${encodeURIComponent(b.ref)}`}>{b.title}</a> ({b.ref})
                </li>
              ))}
            </ul>
          </>
        )}
      </>
    );
  }
  if (board.data === undefined) {
    return (
      <>
        <h1>{benchmark.title}</h1>
        {board.error ? <ErrorNotice error={board.error} onRetry={board.reload} /> : <Loading what="the board" />}
      </>
    );
  }

  const { rows } = board.data;
  const defaultColumn = columnOfMetric(board.data.sortMetric).id;
  const sort = sortFrom(params, defaultColumn);
  const competitors = rows.filter((row) => row.role === 'model').length;
  const running = rows.filter((row) => !isTerminal(row.status)).length;
  return (
    <>
      <BoardHeadline benchmark={benchmark} board={board.data} />
      {board.error && <StaleNotice error={board.error} onRetry={board.reload} />}
      <div className="toolbar">
        {items.length > 1 && (
          <label>
            Benchmark{' '}
            <select
              value={benchmark.ref}
              onChange={(event) => setParams({ benchmark: event.target.value }, { replace: false })}
            >
              {items.map((b) => (
                <option key={b.ref} value={b.ref}>
                  {b.title} ({b.ref})
                </option>
              ))}
            </select>
          </label>
        )}
        <p role="status">
          {plural(competitors, 'model')}
          {rows.length > competitors && `, ${plural(rows.length - competitors, 'reference row')}`}
          {running > 0 && `, ${running} running`}
        </p>
        <p className="exports">
          <a href={paths.leaderboardCsv(benchmark.ref)} download>
            CSV
          </a>
          <a href={paths.leaderboard(benchmark.ref)}>JSON</a>
        </p>
      </div>
      {rows.length === 0 ? (
        <EmptyBoard benchmarkId={benchmark.id} />
      ) : (
        <>
          <BoardTable
            benchmark={benchmark}
            rows={rows}
            sort={sort}
            onSort={(column) =>
              setParams((now) => withSort(now, toggled(sort, column), defaultColumn), { replace: true })
            }
          />
          <BoardLegend rows={rows} />
        </>
      )}
    </>
  );
}
