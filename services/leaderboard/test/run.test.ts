import type { ModelVersionView, RunView } from '@corescore/contracts';
import { describe, expect, test } from 'vitest';
import { reproduceCommand } from '../src/run/reproduce.js';
import { groupScores } from '../src/run/score-groups.js';
import { mergeRun, stagesOf, withProgress } from '../src/run/stages.js';
import { models, runs } from './support/fixtures.js';

const named = (name: string): RunView => runs.find((run) => run.model.name === name)!;
const at = (run: RunView, seconds: number) => Date.parse(run.createdAt) + seconds * 1000;
const brief = (run: RunView, seconds: number) =>
  stagesOf(run, at(run, seconds)).map((s) => `${s.key} ${s.state} ${s.durationMs}`);

describe('stages', () => {
  test('of a scored run have the time each took and the whole', () => {
    expect(brief(named('bl-64'), 999)).toEqual([
      'queued done 1400',
      'extracting done 7800',
      'scoring done 22500',
      'scored done 31700',
    ]);
  });

  test('of a running one count up to now', () => {
    expect(brief(named('growing-net'), 10)).toEqual([
      'queued done 1400',
      'extracting current 8600',
      'scoring pending null',
      'scored pending null',
    ]);
  });

  test('a clock that runs behind the service gives no negative time', () => {
    expect(stagesOf(named('waiting-net'), at(named('waiting-net'), -30))[0]!.durationMs).toBe(0);
  });

  test('a failed run failed in the stage it was in', () => {
    expect(brief(named('huge-net'), 999).slice(1)).toEqual([
      'extracting failed 4600',
      'scoring pending null',
      'scored pending null',
    ]);
  });

  test('a cancelled run that waited was cancelled in the queue', () => {
    const waiting = named('waiting-net');
    const run: RunView = { ...waiting, status: 'cancelled', endedAt: new Date(at(waiting, 3)).toISOString() };
    expect(brief(run, 999)[0]).toBe('queued cancelled 3000');
  });

  test('extracting is skipped where the activations were there already', () => {
    const run: RunView = { ...named('bl-64'), extractingAt: null };
    expect(brief(run, 999).slice(0, 2)).toEqual(['queued done 9200', 'extracting skipped null']);
  });
});

describe('live progress', () => {
  const run = named('growing-net');
  const event = { id: 1, runId: run.id, at: run.createdAt, type: 'progress', status: 'extracting' } as const;

  test('is taken from events of the present stage alone', () => {
    const told = { ...event, done: 320, total: 660, unit: 'images' };
    expect(withProgress(run, told).progress).toEqual({ done: 320, total: 660, unit: 'images' });
    expect(withProgress({ ...run, status: 'scoring' }, told).progress).toEqual(run.progress);
    expect(withProgress(run, { ...told, type: 'log', message: 'a line' }).progress).toEqual(run.progress);
  });

  test('is not taken back by an older answer, but by a new stage or a new attempt', () => {
    const shown = { ...run, progress: { done: 320, total: 660, unit: 'images' } };
    expect(mergeRun(shown, run).progress!.done).toBe(320);
    expect(mergeRun(shown, { ...run, progress: { done: 400, total: 660, unit: 'images' } }).progress!.done).toBe(400);
    expect(mergeRun(shown, { ...run, status: 'scoring', progress: null }).progress).toBeNull();
    expect(mergeRun(shown, { ...run, attempt: 2, progress: null }).progress).toBeNull();
  });
});

describe('scores of a run', () => {
  test('stand in the order of the contracts, subsets in theirs, unknown metrics at the end', () => {
    const { scores } = named('bl-64');
    const groups = groupScores([...scores].reverse().concat({ ...scores[0]!, metric: 'new_metric' }));
    expect(groups.map((g) => g.metric)).toEqual([
      'ost_rho_partial',
      'ost_rho',
      'ost_rho_partial_object',
      'ost_delay_mean',
      'ost_delay_mean_bound',
      'ost_concordance_matched',
      'ost_solved',
      'ost_never_solved',
      'ost_native_delay_mean',
      'ost_native_solved',
      'accuracy',
      'accuracy_shuffled',
      'accuracy_twin',
      'predictivity_early',
      'predictivity_late',
      'predictivity_best_step_early',
      'predictivity_best_step_late',
      'predictivity_added_late',
      'new_metric',
    ]);
    expect(groups.find((g) => g.metric === 'ost_solved')!.scores.map((s) => s.subset)).toEqual([
      'all',
      'control',
      'challenge',
    ]);
    expect(groups.flatMap((g) => g.scores)).toHaveLength(scores.length + 1);
  });
});

describe('the command that reproduces a run', () => {
  const version = (kind: string): ModelVersionView => models.flatMap((m) => m.versions).find((v) => v.kind === kind)!;

  test('names the file, or relies on the manifest for arrays', () => {
    expect(reproduceCommand(version('onnx'), 'b@0')).toBe(
      'npx corescore run --local model.onnx --manifest corescore.json --benchmark b@0',
    );
    expect(reproduceCommand({ ...version('onnx'), kind: 'tfjs' }, 'b@0')).toContain('--local model.json --manifest');
    expect(reproduceCommand(version('activations'), 'b@0')).toBe(
      'npx corescore run --local --manifest corescore.json --benchmark b@0',
    );
  });

  test('is not there for a row that was not submitted', () => {
    expect(reproduceCommand(version('null'), 'b@0')).toBeNull();
    expect(reproduceCommand(undefined, 'b@0')).toBeNull();
  });
});
