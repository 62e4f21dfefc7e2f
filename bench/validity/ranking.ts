import { type PairedDraws, pairedDraws, rankIntervals, type Statistic, tieClasses } from '@corescore/metrics';
import { pairwiseTieClasses, ranksOverDraws } from './before.js';
import { Draws } from './random.js';

const IMAGES = 200;
const RESAMPLES = 400;

/** Boards of `models`, each `gap` standard errors of a paired difference below the one before it. */
export interface BoardKind {
  models: number;
  gap: number;
}

export const BOARDS: readonly BoardKind[] = [5, 20].flatMap((models) =>
  [0.01, 0.3, 1, 3].map((gap) => ({ models, gap })),
);

const meanOf =
  (x: Float64Array): Statistic =>
  (rows) => {
    let sum = 0;
    for (let i = 0; i < rows.length; i++) sum += x[rows[i]];
    return sum / rows.length;
  };

/** Model m has the true rank m + 1. The image's own part is shared by all models, each adds as much of its own. */
function drawBoard(kind: BoardKind, draws: Draws, seed: number): PairedDraws {
  const shared = Float64Array.from({ length: IMAGES }, () => draws.normal());
  const gap = (kind.gap * Math.SQRT2) / Math.sqrt(IMAGES);
  const models = Array.from({ length: kind.models }, (_, m) => meanOf(shared.map((v) => v + draws.normal() - gap * m)));
  return pairedDraws(models, IMAGES, RESAMPLES, seed);
}

interface Tally {
  /** Share of intervals with the true rank, of all models and of the first and last. */
  covered: number;
  coveredEnds: number;
  /** Places in an interval, mean. */
  width: number;
  /** Share of boards on which the anchor of a class is truly better than that of the class above. */
  wrongAnchors: number;
  classes: number;
}

export interface BoardResult {
  kind: BoardKind;
  before: Tally;
  after: Tally;
}

export function simulateBoards(kind: BoardKind, boards: number, seed: number): BoardResult {
  const draws = new Draws(seed);
  const empty = (): Tally => ({ covered: 0, coveredEnds: 0, width: 0, wrongAnchors: 0, classes: 0 });
  const result = { kind, before: empty(), after: empty() };
  for (let b = 0; b < boards; b++) {
    const board = drawBoard(kind, draws, seed + b);
    const methods = [
      [result.after, rankIntervals(board), tieClasses(board)],
      [result.before, ranksOverDraws(board), pairwiseTieClasses(board)],
    ] as const;
    for (const [tally, ranks, classes] of methods) {
      for (const [m, interval] of ranks.entries()) {
        const inside = interval!.low! <= m + 1 && m + 1 <= interval!.high! ? 1 : 0;
        tally.covered += inside / kind.models / boards;
        if (m === 0 || m === kind.models - 1) tally.coveredEnds += inside / 2 / boards;
        tally.width += (interval!.high! - interval!.low! + 1) / kind.models / boards;
      }
      if (anchorsContradict(board.values, classes)) tally.wrongAnchors += 1 / boards;
      tally.classes += Math.max(...classes.map((c) => c!)) / boards;
    }
  }
  return result;
}

/** Models stand in their true order, so that the anchors' places have to rise from class to class. */
function anchorsContradict(values: Float64Array, classes: readonly (number | null)[]): boolean {
  const anchors: number[] = [];
  for (const [m, c] of classes.entries()) {
    const anchor = anchors[c! - 1];
    if (anchor === undefined || values[m] > values[anchor]) anchors[c! - 1] = m;
  }
  return anchors.some((m, c) => c > 0 && m < anchors[c - 1]);
}
