import type { Leaderboard, ModelView, RunView } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { paths, views } from '../api/paths.js';
import { useResource } from '../api/use-resource.js';
import { Command } from '../ui/command.js';
import { reproduceCommand } from './reproduce.js';
import { ScoreTable } from './score-table.js';

/** Scores of a run that has them, what they rest on, and how to get them again. */
export function RunResults({ run }: { run: RunView }): ReactNode {
  const { owner, name, digest } = run.model;
  const model = useResource<ModelView>(paths.model(owner, name));
  const board = useResource<Leaderboard>(paths.leaderboard(run.benchmark));
  const command = reproduceCommand(
    model.data?.versions.find((v) => v.digest === digest),
    run.benchmark,
  );
  return (
    <>
      <section aria-labelledby="scores-title">
        <h2 id="scores-title">Scores</h2>
        <ScoreTable scores={run.scores} struck={run.struckReason !== null} board={board.data?.rows ?? []} />
        <p>
          Time courses and single images are on <Link href={views.model(owner, name)}>the model’s page</Link>.
        </p>
      </section>
      <section aria-labelledby="again-title">
        <h2 id="again-title">Receipt and reproduction</h2>
        <p>
          <a href={paths.receipt(run.id)}>The receipt</a> ties these numbers to the digests of the model, the images and
          the benchmark, the versions and the seeds. <a href={paths.imagesCsv(run.id)}>Results image by image</a> are a
          CSV file.
        </p>
        {command !== null && (
          <>
            <p>The same numbers without a server:</p>
            <Command label="Command that reproduces the scores" text={command} />
          </>
        )}
      </section>
    </>
  );
}
