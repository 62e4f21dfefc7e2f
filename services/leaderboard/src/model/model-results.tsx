import type { ImageResults, RunView, Series } from '@corescore/contracts';
import { type ReactNode, useMemo } from 'react';
import { paths } from '../api/paths.js';
import { useResource } from '../api/use-resource.js';
import { CourseChart } from '../charts/course-chart.js';
import { coursePoints, isOverTime } from '../charts/courses.js';
import { OstHistogram } from '../charts/ost-histogram.js';
import { ErrorNotice, Loading } from '../ui/notice.js';
import { ImageExplorer } from './image-explorer.js';
import { PredictivityResults } from './predictivity-results.js';

/** Time courses, solution times, predictivity and single images of one scored run. */
export function ModelResults({ run }: { run: RunView }): ReactNode {
  const series = useResource<{ series: Series[] }>(paths.series(run.id));
  const images = useResource<ImageResults>(paths.images(run.id));
  const accuracy = useMemo(() => coursePoints(series.data?.series ?? [], 'accuracy'), [series.data]);
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
  return (
    <>
      <div className="charts">
        <CourseChart
          title={isOverTime(accuracy) ? 'Accuracy over time' : 'Accuracy'}
          points={accuracy}
          unit="fraction"
          span={[0, 1]}
          reference={{ value: 1 / classes, label: 'chance' }}
        />
        <CourseChart
          title={isOverTime(i1) ? 'Evidence i1 over time, d′' : 'Evidence i1, d′'}
          points={i1}
          unit="d′"
          span={[0, 3]}
        />
      </div>
      <OstHistogram images={images.data} />
      <PredictivityResults run={run} series={series.data.series} />
      <ImageExplorer runId={run.id} images={images.data} />
    </>
  );
}
