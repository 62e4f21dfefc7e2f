import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import { parse } from 'csv-parse/sync';

/**
 * Rows of a comma-separated file with a header line, as strings (no guessing of types: ids may look like numbers).
 * @throws CorescoreError `file_empty`, `file_format` (ragged rows, quotes that do not close, a repeated column)
 */
export async function readCsv(path: string): Promise<Record<string, string>[]> {
  const name = basename(path);
  const text = await readFile(path, 'utf8');
  if (text.trim() === '') throw new CorescoreError('file_empty', `${name} is empty.`, { field: name });
  let rows: string[][];
  try {
    rows = parse(text, { bom: true, skip_empty_lines: true }) as string[][];
  } catch (error) {
    throw new CorescoreError('file_format', `${name} is not a CSV file: ${(error as Error).message}`, {
      field: name,
      remedy: 'Write one header line and rows of as many comma-separated cells; quote cells that hold a comma.',
      cause: error,
    });
  }
  const [columns = [], ...body] = rows;
  const repeated = columns.find((column, i) => columns.indexOf(column) !== i);
  if (repeated !== undefined) {
    throw new CorescoreError('file_format', `${name} has two columns "${repeated}".`, {
      field: name,
      remedy: 'Give every column its own name.',
    });
  }
  return body.map((cells) => Object.fromEntries(columns.map((column, i) => [column, cells[i]!])));
}
