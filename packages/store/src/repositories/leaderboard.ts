import type { BenchmarkView, ImageResults, LeaderboardRow, RunFailure, RunStatus, Score } from '@corescore/contracts';

/** A model's run on a board, before it has a rank. */
export interface BoardEntry {
  owner: string;
  name: string;
  kind: string;
  digest: string;
  runId: string;
  status: RunStatus;
  failure: RunFailure | null;
  scoringVersion: number | null;
  struckReason: string | null;
  scores: Score[];
  controlMs: number | null;
  challengeMs: number | null;
  scoredAt: string | null;
}

/** Mean object solution time of the solved images of each subset, ms; null where none is solved. */
export function meanSolutionTimes(images: Pick<ImageResults, 'ostMs' | 'subsets'>): {
  controlMs: number | null;
  challengeMs: number | null;
} {
  const mean = (subset: 'control' | 'challenge'): number | null => {
    const times = images.ostMs.filter((ms, i): ms is number => ms !== null && images.subsets[i] === subset);
    return times.length === 0 ? null : times.reduce((sum, ms) => sum + ms, 0) / times.length;
  };
  return { controlMs: mean('control'), challengeMs: mean('challenge') };
}

/** The value a board is sorted by: over all images, in the first of the benchmark's regions that has it. */
function sortValue(benchmark: Pick<BenchmarkView, 'sortMetric' | 'regions'>, scores: readonly Score[]): number | null {
  for (const region of benchmark.regions) {
    const score = scores.find((s) => s.metric === benchmark.sortMetric && s.subset === 'all' && s.region === region);
    if (score !== undefined) return score.value;
  }
  return null;
}

/**
 * Rows in order: the sort metric falling, absent ones after it, then by name. Competitors are ranked 1, 2, 2, 4;
 * reference rows (IT, null hypotheses) stand where their value puts them and take no rank. What is struck through stands
 * below all others: its scores do not compare with theirs.
 */
export function rankBoard(
  benchmark: Pick<BenchmarkView, 'sortMetric' | 'regions' | 'references'>,
  entries: readonly BoardEntry[],
): LeaderboardRow[] {
  const rows = entries.map((entry) => {
    const value = sortValue(benchmark, entry.scores);
    const reference = benchmark.references.find((r) => r.model === `${entry.owner}/${entry.name}`);
    return { entry, value, reference };
  });
  const byName = (a: BoardEntry, b: BoardEntry): number => {
    const [x, y] = [`${a.name}/${a.owner}`, `${b.name}/${b.owner}`];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  rows.sort((a, b) => {
    const struck = Number(a.entry.struckReason !== null) - Number(b.entry.struckReason !== null);
    if (struck !== 0) return struck;
    if (a.value === b.value) return byName(a.entry, b.entry);
    if (a.value === null || b.value === null) return a.value === null ? 1 : -1;
    return b.value - a.value;
  });
  const rankOf = ranking();
  return rows.map(({ entry, value, reference }) => ({
    rank: reference === undefined && value !== null && entry.struckReason === null ? rankOf(value) : null,
    role: reference?.role ?? 'model',
    label: reference?.label ?? entry.name,
    sentence: reference?.sentence ?? null,
    activationsSupplied: entry.kind === 'activations',
    ...entry,
  }));
}

/** Ranks of values that come in order, falling: 1, 2, 2, 4. */
function ranking(): (value: number) => number {
  let [place, rank, before] = [0, 0, Number.NaN];
  return (value) => {
    place++;
    if (value !== before) rank = place;
    before = value;
    return rank;
  };
}
