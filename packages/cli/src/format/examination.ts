import type { SetupStep } from '@corescore/runtime';
import type { Examination } from '../doctor/examine.js';
import type { styles } from '../io.js';
import { type Column, table } from './table.js';
import { formatBytes } from './words.js';

type Styles = ReturnType<typeof styles>;

const PROVIDERS: Column[] = [
  { title: 'models' },
  { title: 'engine' },
  { title: 'provider' },
  { title: 'order', align: 'right' },
  { title: 'here' },
];

/** What `corescore doctor` found on this machine, and what to do about what is missing. */
export function examinationText(found: Examination, { bold, dim, green, red }: Styles): string {
  const rows = found.providers.map(({ kind, engine, provider, place, chosen, why }) => [
    kind,
    engine,
    provider,
    place === null ? '–' : String(place),
    why !== null ? 'does not open' : chosen ? 'opens, and is used' : 'opens',
  ]);
  const { native, nativeFolder } = found;
  const binding =
    native === null
      ? `not built, in ${nativeFolder}`
      : `TensorFlow ${native.tensorflow}, tfjs-node ${native.tfjsNode}, in ${nativeFolder}`;
  const facts = [
    `  Node     ${found.node}\n`,
    `  system   ${found.system}, ${found.cores} cores, ${formatBytes(found.memoryBytes)}\n`,
    `  home     ${found.home}\n`,
    `  native   ${binding}\n`,
    ...found.services.map(({ name, setting, ok }) => `  ${name.padEnd(8)} ${setting}${ok ? '' : ': cannot be had'}\n`),
  ];
  const fence = found.sandbox.map((line) => `  ${line}\n`).join('');
  const lacks = found.lacks.map(({ what, remedy, needed }) => {
    return `  ${needed ? red(bold('needed')) : bold('could be')}  ${what}\n    what to do: ${remedy}\n`;
  });
  const end = found.ok
    ? `  ${green('corescore runs here.')}\n`
    : `  ${red('corescore does not run here')} until what is needed is there.\n`;
  return [
    `${bold('This machine')}\n${facts.join('')}`,
    `${bold('Engines')} ${dim('(each opened in a process of its own)')}\n${table(PROVIDERS, rows, '  ')}`,
    `${bold('Sandbox of a model')}\n${fence}`,
    `${lacks.join('')}${end}`,
  ].join('\n');
}

/** One step of `--setup-tfjs`. */
export function stepText({ name, ok, detail, remedy }: SetupStep, { bold, green, red }: Styles): string {
  const mark = ok ? green('ok') : red(bold('failed'));
  return `  ${name.padEnd(14)} ${mark}  ${detail}\n${remedy === undefined ? '' : `    what to do: ${remedy}\n`}`;
}
