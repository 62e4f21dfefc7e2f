import { BenchmarkView, ImageResults, Leaderboard, ModelView, RunView, SeriesList } from '@corescore/contracts';
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { expect, test } from 'vitest';
import { benchmark, imagesOfRun, leaderboard, models, runId, runs, seriesOfRun } from './support/fixtures.js';

/** The page is tested on fixtures: they must stay what the service's contract says. */
const errors = (schema: TSchema, value: unknown) =>
  Value.Errors(schema, value).map((e) => `${e.instancePath} ${e.message}`);

test('the benchmark, the board, the runs and the models conform to the contracts', () => {
  expect(errors(BenchmarkView, benchmark)).toEqual([]);
  expect(errors(Leaderboard, leaderboard)).toEqual([]);
  for (const run of runs) expect(errors(RunView, run)).toEqual([]);
  for (const model of models) expect(errors(ModelView, model)).toEqual([]);
});

test.each(['bl-64', 'ff-64', 'simulated-it', 'null-threshold-only', 'null-difficulty-look-up'])(
  'results of %s conform to the contracts',
  (name) => {
    const id = runId(name);
    expect(errors(SeriesList, { runId: id, series: seriesOfRun(id) })).toEqual([]);
    expect(errors(ImageResults, imagesOfRun(id))).toEqual([]);
  },
);

test('a fixture that does not conform is found', () => {
  expect(errors(Leaderboard, { ...leaderboard, rows: [{ ...leaderboard.rows[0], role: 'winner' }] })).not.toEqual([]);
});
