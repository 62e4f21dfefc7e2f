import type { CurvePoint } from '@corescore/zoo';

const WIDTH = 760;
const HEIGHT = 300;
const PANEL = { width: 290, height: 210, top: 44 };
const LEFT = [56, 430] as const;
/** First and last step of the accuracies, and those between in between. */
const FIRST = [120, 170, 210] as const;
const LAST = [20, 60, 130] as const;

interface Line {
  points: readonly { x: number; y: number }[];
  colour: string;
}

/** A colour between those of the first and the last of `count` steps. */
function colourOf(step: number, count: number): string {
  const share = count === 1 ? 1 : step / (count - 1);
  const mixed = FIRST.map((from, i) => Math.round(from + share * (LAST[i]! - from)));
  return `rgb(${mixed.join(',')})`;
}

/** Round numbers from 0 up to at least `most`, four steps or so. */
function ticksTo(most: number): number[] {
  const rough = most / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((size) => size >= rough)!;
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => i * step);
}

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x}" y="${y}" fill="#444"${more}>${words}</text>`;

function panel(
  left: number,
  title: string,
  lines: readonly Line[],
  range: { total: number; most: number; stageEnds: readonly number[] },
): string {
  const { width, height, top } = PANEL;
  const ticks = ticksTo(range.most);
  const highest = ticks.at(-1)!;
  const x = (value: number) => Number((left + (value / range.total) * width).toFixed(1));
  const y = (value: number) => Number((top + height - (value / highest) * height).toFixed(1));
  const bottom = top + height;
  return [
    text(left, top - 16, title, ' font-weight="600"'),
    ...ticks.flatMap((tick) => [
      `<line x1="${left}" x2="${left + width}" y1="${y(tick)}" y2="${y(tick)}" stroke="#e2e2e2"/>`,
      text(left - 8, y(tick) + 4, String(Number(tick.toFixed(2))), ' text-anchor="end"'),
    ]),
    ...range.stageEnds.map(
      (end) => `<line x1="${x(end)}" x2="${x(end)}" y1="${top}" y2="${bottom}" stroke="#999" stroke-dasharray="3 3"/>`,
    ),
    ...[0, range.total / 2, range.total].map((tick) =>
      text(x(tick), bottom + 18, tick.toLocaleString('en'), ' text-anchor="middle"'),
    ),
    text(left + width / 2, bottom + 36, 'images shown', ' text-anchor="middle"'),
    ...lines.map(({ points, colour }) => {
      const path = points.map((point) => `${x(point.x)},${y(point.y)}`).join(' ');
      return points.length === 1
        ? `<circle cx="${x(points[0]!.x)}" cy="${y(points[0]!.y)}" r="2.5" fill="${colour}"/>`
        : `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.6"/>`;
    }),
  ].join('\n');
}

/**
 * The learning curve of a training as SVG: the loss, and the accuracy of every step on the images that are held back, over
 * the images shown; a broken line where a stage ends. Drawn of what there is, so that a training can be looked at early.
 * @param total images that the whole recipe shows
 */
export function curvePicture(title: string, curve: readonly CurvePoint[], total: number): string {
  const losses = curve.map(({ presentations, loss }) => ({ x: presentations, y: loss }));
  const measured = curve.filter(({ accuracyByStep }) => accuracyByStep !== undefined);
  const steps = Math.max(1, ...measured.map(({ accuracyByStep }) => accuracyByStep!.length));
  const accuracies = Array.from({ length: steps }, (_, step): Line => {
    const points = measured
      .filter(({ accuracyByStep }) => accuracyByStep!.length > step)
      .map(({ presentations, accuracyByStep }) => ({ x: presentations, y: accuracyByStep![step]! }));
    return { points, colour: colourOf(step, steps) };
  }).filter(({ points }) => points.length > 0);
  const stageEnds = curve.flatMap(({ stage, presentations }, i) =>
    curve[i + 1] !== undefined && curve[i + 1]!.stage > stage ? [presentations] : [],
  );
  const range = { total, stageEnds };
  const highestLoss = Math.max(0.1, ...losses.map(({ y }) => y));
  const ofSteps = steps === 1 ? 'one step' : `steps 0 (pale) to ${steps - 1} (dark)`;
  const lossLine = losses.length === 0 ? [] : [{ points: losses, colour: colourOf(1, 2) }];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="Learning curve of ${title}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    panel(LEFT[0], `${title}: loss`, lossLine, { ...range, most: highestLoss }),
    panel(LEFT[1], `accuracy, ${ofSteps}`, accuracies, { ...range, most: 1 }),
    '</svg>\n',
  ].join('\n');
}
