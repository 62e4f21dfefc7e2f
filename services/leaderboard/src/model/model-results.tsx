import type { ImageResults, RunView, Series } from '@corescore/contracts';
import { type ReactNode, useMemo } from 'react';
import { paths } from '../api/paths.js';
import { useResource } from '../api/use-resource.js';
import { CourseChart } from '../charts/course-chart.js';
import { coursePoints, isOverTime } from '../charts/courses.js';
import { absentFloors, floorCourses, floorRemarks } from '../charts/floors.js';
import { GeneralisationMap } from '../charts/generalisation-map.js';
import { OstHistogram } from '../charts/ost-histogram.js';
import { findScore, reasonWords } from '../format/scores.js';
import { ErrorNotice, Loading } from '../ui/notice.js';
import { ImageExplorer } from './image-explorer.js';
import { NativeSteps } from './native-steps.js';
import { OstStrip } from './ost-strip.js';
import { PredictivityResults } from './predictivity-results.js';

const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

/** One sentence for what this run does not have, with the reason of the scores that go with it. */
function NotBeside({ run, missing }: { run: RunView; missing: readonly string[] }): ReactNode {
  if (missing.length === 0) return null;
  return (
    <p className="muted">
      Not here: {listed(missing)} (
      <span className="absent">{reasonWords(findScore(run.scores, 'ost_native_solved'))}</span>).
    </p>
  );
}

/** Time courses, solution times, predictivity and single images of one scored run. */
export function ModelResults({ run }: { run: RunView }): ReactNode {
  const series = useResource<{ series: Series[] }>(paths.series(run.id));
  const images = useResource<ImageResults>(paths.images(run.id));
  const accuracy = useMemo(() => coursePoints(series.data?.series ?? [], 'accuracy'), [series.data]);
  const floors = useMemo(() => floorCourses(series.data?.series ?? []), [series.data]);
  const i1 = useMemo(() => coursePoints(series.data?.series ?? [], 'i1'), [series.data]);
  const failed = series.error ?? images.error;
  if (failed) {
    const retry = () => {
      series.reload();
      images.reload();
    };
    return <ErrorNotice error={failed} onRetry={retry} />;
  }
  if (series.data === undefined || images.data === undefined) return <Loading what="the results" />;
  const classes = new Set(images.data.objects).size;
  const named = (name: string) => series.data?.series.find((s) => s.name === name);
  const strip = named('ost_strip');
  const generalisation = named('temporal_generalisation');
  const native = findScore(run.scores, 'ost_native_delay_mean');
  const missing = [
    native === undefined || native.value === null ? ['the delay in the model’s own steps'] : [],
    strip === undefined ? ['how the scores move with the pipeline'] : [],
    generalisation === undefined ? ['temporal generalisation'] : [],
  ].flat();
  return (
    <>
      <div className="charts">
        <CourseChart
          title={isOverTime(accuracy) ? 'Accuracy over time' : 'Accuracy'}
          points={accuracy}
          unit="fraction"
          span={[0, 1]}
          reference={{ value: 1 / classes, label: 'chance' }}
          floors={floors}
          remarks={[...floorRemarks(run.scores), ...absentFloors(run.scores)]}
        />
        <CourseChart
          title={isOverTime(i1) ? 'Evidence i1 over time, d′' : 'Evidence i1, d′'}
          points={i1}
          unit="d′"
          span={[0, 3]}
        />
      </div>
      <div className="charts">
        <div>
          <OstHistogram images={images.data} />
          <NativeSteps run={run} />
        </div>
        {generalisation !== undefined && <GeneralisationMap series={generalisation} classes={classes} />}
      </div>
      {strip !== undefined && <OstStrip series={strip} />}
      <NotBeside run={run} missing={missing} />
      <PredictivityResults run={run} series={series.data.series} />
      <ImageExplorer runId={run.id} images={images.data} />
    </>
  );
}
