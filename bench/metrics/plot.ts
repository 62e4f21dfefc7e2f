/** Small panels of lines on doubly logarithmic axes, as one SVG that reads on a light and on a dark page. */
export interface Panel {
  title: string;
  axis: string;
  lines: { name: string; points: [number, number][] }[];
}

const WIDTH = 360;
const HEIGHT = 230;
const LEFT = 52;
const RIGHT = 42;
const TOP = 34;
const BOTTOM = 40;
const COLOURS = ['#2a6f97', '#c9622b'];

/** Powers of ten, with twos and fives where they are few, within the range. */
function ticks(low: number, high: number): number[] {
  const steps = Math.log10(high / low) > 2 ? [1] : [1, 2, 5];
  const out: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of steps) {
      const value = Number((step * 10 ** power).toPrecision(3));
      if (value >= low * 0.999 && value <= high * 1.001) out.push(value);
    }
  }
  return out;
}

const label = (value: number) => (value >= 1000 ? value.toLocaleString('en') : String(value));

function panel({ title, axis, lines }: Panel, unit: string): string {
  const xs = lines.flatMap(({ points }) => points.map(([x]) => x));
  const ys = lines.flatMap(({ points }) => points.map(([, y]) => y));
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  const [y0, y1] = [Math.min(...ys) / 1.4, Math.max(...ys) * 1.4];
  const px = (x: number) => LEFT + (Math.log(x / x0) / Math.log(x1 / x0)) * (WIDTH - LEFT - RIGHT);
  const py = (y: number) => HEIGHT - BOTTOM - (Math.log(y / y0) / Math.log(y1 / y0)) * (HEIGHT - TOP - BOTTOM);
  const sizes = [...new Set(xs)];
  const parts = [
    `<text x="${LEFT}" y="18" font-weight="600">${title}</text>`,
    ...ticks(y0, y1).map(
      (y) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(y).toFixed(1)}" y2="${py(y).toFixed(1)}" stroke="currentColor" stroke-opacity=".15"/>` +
        `<text x="${LEFT - 6}" y="${(py(y) + 4).toFixed(1)}" text-anchor="end">${label(y)}</text>`,
    ),
    ...sizes.map(
      (x) => `<text x="${px(x).toFixed(1)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${label(x)}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${axis}</text>`,
    `<text x="12" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 12 ${(TOP + HEIGHT - BOTTOM) / 2})">${unit}</text>`,
    ...lines.map(({ name, points }) => {
      const colour = COLOURS[name === 'SVM' ? 0 : 1];
      const path = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join('');
      const dots = points.map(
        ([x, y]) => `<circle cx="${px(x).toFixed(1)}" cy="${py(y).toFixed(1)}" r="3" fill="${colour}"/>`,
      );
      const [x, y] = points.at(-1)!;
      return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}<text x="${px(x) + 8}" y="${(py(y) + 4).toFixed(1)}" fill="${colour}">${name}</text>`;
    }),
  ];
  return parts.join('\n');
}

export function panels(all: readonly Panel[], unit: string): string {
  const rows = Math.ceil(all.length / 2);
  const body = all.map(
    (one, i) => `<g transform="translate(${(i % 2) * WIDTH} ${Math.floor(i / 2) * HEIGHT})">${panel(one, unit)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * WIDTH} ${rows * HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">
<title>${unit} against ${all.map(({ axis }) => axis).join(', ')}</title>
<style>svg { color: #222 } @media (prefers-color-scheme: dark) { svg { color: #ddd } }</style>
${body.join('\n')}
</svg>
`;
}
