import { expect, test } from 'vitest';
import { readCsv } from '../src/index.js';
import { refusal, temporaryFolder } from './support/files.js';

const { put } = temporaryFolder();

test('cells stay text; quotes, CRLF and a byte order mark are read', async () => {
  const path = put('good.csv', '\uFEFFstimulus_id,note\r\n007,"a, ""b"""\r\n1e3,\r\n\r\n');
  expect(await readCsv(path)).toEqual([
    { stimulus_id: '007', note: 'a, "b"' },
    { stimulus_id: '1e3', note: '' },
  ]);
});

test.each([
  ['an empty file', ' \n', 'file_empty', /empty/],
  ['a row of another length', 'a,b\n1,2\n3\n', 'file_format', /line 3/],
  ['a quote that does not close', 'a\n"1\n', 'file_format', /Quote/i],
  ['a column twice', 'a,b,a\n1,2,3\n', 'file_format', /two columns "a"/],
])('%s', async (_, text, code, detail) => {
  const error = await refusal(() => readCsv(put('bad.csv', text)));
  expect(error).toMatchObject({ code, field: 'bad.csv' });
  expect(error.message).toMatch(detail);
});
