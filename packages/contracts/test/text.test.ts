import { expect, test } from 'vitest';
import { unfitIn } from '../src/text.js';

test.each([
  ['a\0', '', /NUL/],
  [{ a: [{ 'b/~c': '\ud800' }] }, '/a/0/b~1~0c', /surrogate/],
  [{ a: { 'x\0': 1 } }, '/a', /a name that holds a NUL/],
  [['\udc00\ud800'], '/0', /surrogate/],
])('%j is found at %s', (value, pointer, what) => {
  expect(unfitIn(value)).toMatchObject({ pointer, what: expect.stringMatching(what), remedy: expect.any(String) });
});

test('nesting without end is found without running out of stack', () => {
  let deep: unknown = 1;
  for (let i = 0; i < 200_000; i++) deep = [deep];
  expect(unfitIn(deep)).toMatchObject({ what: 'is nested more than 64 deep' });
});

test.each([[null], [1], [''], ['\u{1f600} \uffff \t'], [{ a: [{ b: 'é' }] }]])('%j can be kept', (value) => {
  expect(unfitIn(value)).toBeNull();
});
