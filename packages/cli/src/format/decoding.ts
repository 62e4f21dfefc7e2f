import type { Decoding } from '../decode/decode-assembly.js';
import { accuracyPlot } from './plot.js';
import { table } from './table.js';

/** What was decoded, a table of all windows, a plot, and how to read the interval. */
export function decodingText(file: string, decoding: Decoding, columns: number): string {
  const { windows, chance } = decoding;
  const best = windows.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const rows = windows.map((w) => [
    `${w.startMs} – ${w.endMs}`,
    w.accuracy.toFixed(3),
    `[${w.low.toFixed(3)}, ${w.high.toFixed(3)}]`,
    `${w.correct} of ${w.n}`,
  ]);
  const folds =
    decoding.folds === 'stratified'
      ? `${decoding.foldCount} stratified folds`
      : `leave one ${decoding.folds} out (${decoding.foldCount} folds)`;
  return [
    `${file}\n`,
    `  ${decoding.label}: ${decoding.classes.join(', ')}\n`,
    `  ${decoding.presentations} presentations x ${decoding.neuroids} neuroids, values summed over ${decoding.windowMs} ms\n`,
    ...droppedText(decoding.dropped),
    `  linear SVM one-vs-rest, z-scored, C = ${decoding.c}; ${folds}\n\n`,
    table(
      [
        { title: 'window, ms', align: 'right' },
        { title: 'accuracy', align: 'right' },
        { title: '95 % interval' },
        { title: 'correct', align: 'right' },
      ],
      rows,
      '  ',
    ),
    '\n',
    accuracyPlot(
      windows.map((w) => ({ x: w.startMs, y: w.accuracy, low: w.low, high: w.high })),
      { width: columns, height: 17, chance, xLabel: 'start of the window, ms from stimulus onset' },
    ),
    '\n',
    `  Peak ${best.accuracy.toFixed(3)} at ${best.startMs} – ${best.endMs} ms; chance ${chance.toFixed(3)}. `,
    'Intervals are by the spread of the folds: presentations that share a classifier are not independent.\n',
  ].join('');
}

function droppedText({ presentations, neuroids }: Decoding['dropped']): string[] {
  const of = (count: number, what: string) => (count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'}`]);
  const left = [...of(presentations, 'presentation'), ...of(neuroids.length, 'neuroid')];
  return left.length === 0 ? [] : [`  left out for want of values: ${left.join(' and ')}\n`];
}

/** The same as data. Decision values stay out: they are many, and only comparisons with other decoders need them. */
export function decodingJson(file: string, decoding: Decoding): unknown {
  const { windows, fold: _, ...about } = decoding;
  return { file, ...about, windows: windows.map(({ decisions: __, ...window }) => window) };
}
