import { SCORING_VERSION, scoredBy } from '@corescore/contracts';
import { stampOf } from '@corescore/contracts/sealed';
import type { OutdatedRun } from '@corescore/store';
import { type Context, enqueue } from '../context.js';
import { NULL_KIND, sourceRunOf } from './null-rows.js';

/** Runs that are scored again at a time: a bound on rows, not on work, of which a worker does one at a time. */
const AT_ONCE = 10;

/**
 * Has runs of an older scoring version scored again, the newest first, behind everything else in the queue. It is called
 * when a worker starts and now and then after: each call takes up where the last one, of any worker, has left off.
 */
export async function scoreAgain(context: Context): Promise<void> {
  const { store, startedAt } = context;
  for (const run of await store.rescores.outdated({ atOnce: AT_ONCE, since: startedAt })) {
    const why = await obstacle(context, run);
    if (why === 'later') continue;
    if (why !== null) {
      await store.rescores.leave(run.id, why);
      continue;
    }
    const due = await store.rescores.begin(run.id);
    if (due !== null) await enqueue(store, [due]);
  }
}

/** Why a run cannot be scored again; null where it can, `later` where it waits for another one. */
async function obstacle(context: Context, run: OutdatedRun): Promise<string | null> {
  if (!context.benchmarks.has(run.benchmark)) return `the worker does not have ${run.benchmark}`;
  if (run.model.kind === NULL_KIND) return obstacleOfNullRow(context, run);
  const regions = Object.values(run.extraction?.regions ?? {});
  const stored =
    regions.length > 0 &&
    (await Promise.all(regions.map(({ path }) => stampOf(path)))).every((stamp) => stamp !== null);
  return stored ? null : 'its activations are gone';
}

/** A null row is made of another run, which comes first. */
async function obstacleOfNullRow({ store, startedAt }: Context, run: OutdatedRun): Promise<string | null> {
  const source = sourceRunOf(run.model.manifest);
  if (source === null) return null;
  const latest = await store.results.latestOf(source);
  if (latest === null) return 'the run that it is made of is gone';
  if (latest.scoringVersion === SCORING_VERSION) return null;
  if (await store.rescores.pending(latest.id, startedAt)) return 'later';
  return `the run that it is made of stands ${scoredBy(latest.scoringVersion!)}`;
}
