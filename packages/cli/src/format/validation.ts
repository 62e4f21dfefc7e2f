import type { Finding, Validation } from '@corescore/benchmarks';
import { type Column, table } from './table.js';
import { formatBytes, formatCount, formatSeconds } from './words.js';

type Style = (text: string) => string;
interface Styles {
  bold: Style;
  dim: Style;
  red: Style;
  green: Style;
}

/** What `corescore validate` found: the model, its recorded arrays, what it will cost, and everything that is wrong. */
export function validationText(
  name: string,
  validation: Validation,
  limits: { wallSeconds: number; memoryBytes: number; maxActivationBytes: number },
  styles: Styles,
): string {
  const { bold } = styles;
  const parts = [`${bold(name)}${aboutModel(validation)}\n`, arraysText(validation), costText(validation, limits)];
  return [...parts, findingsText(validation.findings, styles)].filter((part) => part !== '').join('\n');
}

function aboutModel({ facts, engine, provider, batchSize, images }: Validation): string {
  const on =
    provider === engine ? 'activations as supplied' : `${engine} on ${provider}, ${batchSize} images at a time`;
  const said = [
    facts === null ? null : `${facts.parameters.toLocaleString('en')} parameters`,
    facts === null || facts.multiplyAdds === null ? null : `${formatCount(facts.multiplyAdds)} multiply-adds an image`,
    engine === null ? null : on,
    facts === null || ['float32', 'unknown'].includes(facts.imageType) ? null : `images as ${facts.imageType}`,
    images.run === 0 ? 'not run' : `${images.run} of ${images.total.toLocaleString('en')} images looked at`,
  ];
  return said.flatMap((text) => (text === null ? [] : ` · ${text}`)).join('');
}

const ARRAYS: Column[] = [
  { title: 'array' },
  { title: 'steps', align: 'right' },
  { title: 'shape' },
  { title: 'features', align: 'right' },
  { title: 'sees the image from' },
  { title: 'for all images', align: 'right' },
];

function arraysText({ arrays, images }: Validation): string {
  if (arrays.length === 0) return '';
  const rows = arrays.map(({ name, steps, shape, features, imageFrom }) => [
    name,
    String(steps),
    shape.join(' x '),
    features.toLocaleString('en'),
    imageFrom === null ? 'no step' : `step ${imageFrom}`,
    formatBytes(4 * steps * features * images.total),
  ]);
  return table(ARRAYS, rows, '  ');
}

function costText({ cost, images }: Validation, limits: Parameters<typeof validationText>[2]): string {
  if (cost === null) return '';
  const { startMs, msPerImage, predictedMs, peakMemoryBytes, activationBytes } = cost;
  const all = images.total.toLocaleString('en');
  const limit = `(limit ${limits.wallSeconds} s)`;
  const each = (ms: number) => (ms < 9.95 ? ms.toPrecision(2) : Math.round(ms).toLocaleString('en'));
  const time =
    msPerImage === null || predictedMs === null
      ? `${formatSeconds(startMs)} to start; the images were not timed apart ${limit}`
      : `${formatSeconds(startMs)} to start, ${each(msPerImage)} ms an image: about ${formatSeconds(predictedMs)} for ${all} images ${limit}`;
  return [
    `  time    ${time}\n`,
    `  memory  ${formatBytes(peakMemoryBytes)} (limit ${formatBytes(limits.memoryBytes)})\n`,
    `  disk    ${formatBytes(activationBytes)} of activations (limit ${formatBytes(limits.maxActivationBytes)})\n`,
  ].join('');
}

/** One error or warning: what, its code and field, what to do. */
export function findingText(
  { severity, code, message, field, remedy }: Finding,
  { bold, dim, red }: Pick<Styles, 'bold' | 'dim' | 'red'>,
): string {
  const kind = severity === 'error' ? red(bold('error')) : bold('warning');
  const about = `code ${code}${field === undefined ? '' : `, field ${field}`}`;
  return `  ${kind}  ${message}\n    ${dim(about)}\n${remedy === undefined ? '' : `    what to do: ${remedy}\n`}`;
}

function findingsText(findings: readonly Finding[], styles: Styles): string {
  const { green } = styles;
  if (findings.length === 0) return `  ${green('Nothing is wrong.')} A service takes this model.\n`;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const lines = findings.map((finding) => findingText(finding, styles));
  const end =
    errors === 0
      ? 'A service takes this model; look at the warnings first.'
      : `${errors} error${errors === 1 ? '' : 's'}: a service refuses or fails this model.`;
  return `${lines.join('\n')}\n  ${end}\n`;
}

/** For machines: without what the checks alone use of the model, a line for every tensor of it. */
export function validationJson(name: string, { facts, ...rest }: Validation): object {
  const { parameters, parameterBytes, multiplyAdds, outputs, imageType, fixedBatch } = facts ?? {};
  const known = facts === null ? null : { parameters, parameterBytes, multiplyAdds, outputs, imageType, fixedBatch };
  return { name, ...rest, facts: known };
}
