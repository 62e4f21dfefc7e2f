export interface PlotPoint {
  x: number;
  y: number;
  low: number;
  high: number;
}

export interface PlotOptions {
  /** Characters, axis labels included. */
  width: number;
  /** Rows of the plotting area. */
  height: number;
  chance: number;
  xLabel: string;
}

const AXIS_WIDTH = 6;

/**
 * Points with their intervals over x, from 0 to 1, and a broken line at chance. Every point has columns of its own, so
 * x must be evenly spaced; where there are more points than columns, every k-th is drawn.
 */
export function accuracyPlot(points: readonly PlotPoint[], options: PlotOptions): string {
  const { height, chance } = options;
  const room = Math.max(10, options.width - AXIS_WIDTH - 1);
  const every = Math.ceil(points.length / room);
  const drawn = points.filter((_, i) => i % every === 0);
  const pitch = Math.max(1, Math.min(3, Math.floor(room / drawn.length)));
  const width = drawn.length * pitch;
  const rowOf = (y: number) => height - 1 - Math.round(Math.min(1, Math.max(0, y)) * (height - 1));

  const grid = Array.from({ length: height }, () => new Array<string>(width).fill(' '));
  grid[rowOf(chance)]!.fill('╌');
  drawn.forEach(({ y, low, high }, i) => {
    const column = i * pitch;
    for (let row = rowOf(high); row <= rowOf(low); row += 1) grid[row]![column] = '│';
    grid[rowOf(y)]![column] = '●';
  });

  const ticks = new Map([0, 0.25, 0.5, 0.75, 1].map((y) => [rowOf(y), y.toFixed(2)]));
  const lines = grid.map((cells, row) => {
    const tick = ticks.get(row);
    const note = row === rowOf(chance) ? ` chance ${chance.toFixed(3)}` : '';
    return `${(tick ?? '').padStart(AXIS_WIDTH - 1)} ${tick === undefined ? '│' : '┤'}${cells.join('')}${note}`.trimEnd();
  });
  return `${[...lines, ...xAxis(drawn, pitch, width, options.xLabel)].join('\n')}\n`;
}

/** A rule with a tick and its number wherever the number before leaves room. */
function xAxis(points: readonly PlotPoint[], pitch: number, width: number, label: string): string[] {
  const indent = ' '.repeat(AXIS_WIDTH);
  const rule = new Array<string>(width).fill('─');
  let numbers = '';
  points.forEach(({ x }, i) => {
    const text = String(x);
    const at = i * pitch;
    // One character left of the rule belongs to the axis, so the number starts below its tick.
    if (at < numbers.length + (numbers === '' ? 0 : 3) || i % 5 !== 0) return;
    rule[at] = '┬';
    numbers = numbers.padEnd(at) + text;
  });
  return [`${indent}└${rule.join('')}`, `${indent} ${numbers}`, `${indent} ${label}`];
}
