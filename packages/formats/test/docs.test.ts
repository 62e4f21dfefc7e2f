import { readFileSync } from 'node:fs';
import { WARNINGS } from '@corescore/contracts';
import { GRAPH_LIMITS, SUPPORTED } from '@corescore/onnx';
import { expect, test } from 'vitest';
import { ENGINE_VERSIONS, IMAGE_TYPES, RECORDED_TYPES, STATE_TYPES } from '../src/index.js';
import { FEWEST_VALUES } from '../src/input-values.js';
import { whyUnreadable } from '../src/netcdf/readable.js';
import { dtypeName, ITEM_BYTES, type NpyDtype } from '../src/npy/header.js';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const docs = read('docs/compatibility.md');
/** Rows of the table under a heading row that begins so. */
const table = (text: string, heading: string): string[][] => {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.replace(/\s+/g, ' ').startsWith(`| ${heading} `));
  const to = lines.findIndex((line, i) => i > from && !line.startsWith('|'));
  return lines.slice(from + 2, to).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
};

test('docs/compatibility.md has the element types of the code, all of them and no others', () => {
  const lists: (readonly string[])[] = [IMAGE_TYPES, RECORDED_TYPES, STATE_TYPES].flatMap(({ onnx, tfjs }) => [
    onnx,
    tfjs,
  ]);
  const told = table(docs, 'element type');
  for (const [type, ...cells] of told) {
    expect(cells, type).toEqual(lists.map((list) => (list.includes(type!) ? 'yes' : 'no')));
  }
  expect(told.map(([type]) => type).sort()).toEqual([...new Set(lists.flat())].sort());
});

test('docs/compatibility.md has the operator sets and the engines of the code', () => {
  const [first, last] = SUPPORTED.opsets['']!;
  expect(docs).toContain(`opsets ${first} to ${last} of the standard operators`);
  for (const engine of Object.values(ENGINE_VERSIONS)) expect(docs.replaceAll('`', '')).toContain(engine);
});

test('docs/compatibility.md has the limits of the code', () => {
  expect(table(docs, 'what').map(([, limit]) => limit)).toEqual(
    Object.values(GRAPH_LIMITS).map((limit) => limit.toLocaleString('en')),
  );
  expect(docs).toContain(`fewer than ${FEWEST_VALUES} of the 256 levels`);
});

test('docs/compatibility.md has the types of arrays and the filters of recordings', () => {
  const names = Object.keys(ITEM_BYTES).map((dtype) => dtypeName(dtype as NpyDtype).replace(', big-endian', ''));
  const said = 'float16, float32, float64, bool, and whole numbers of 1 to 8 bytes';
  expect(docs).toContain(said);
  const whole = names.filter((name) => /^u?int(8|16|32|64)$/.test(name));
  expect([...new Set(names)].sort()).toEqual([...new Set(['float16', 'float32', 'float64', 'bool', ...whole])].sort());
  const plain = { type: 1, size: 4 } as never;
  for (const [id, name] of ['deflate', 'shuffle', 'fletcher32', 'szip', 'nbit', 'scaleoffset'].entries()) {
    expect(whyUnreadable({ filters: [{ id: id + 1, name, cd_values: [] }], metadata: plain })).toBeNull();
    expect(docs).toContain(name);
  }
});

test('docs/cli.md lists every warning, in the words of the code', () => {
  const told = table(read('docs/cli.md'), 'warning').map(([code, says]) => [
    code!.replaceAll('`', ''),
    says!.replace('* ', ''),
  ]);
  expect(Object.fromEntries(told)).toEqual(WARNINGS);
});
