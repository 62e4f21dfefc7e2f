/** `npm run images -- --set train --to DIR [--seed N] [--size PX] [--count N]`: writes a set of `core-objects`. */
import { parseArgs } from 'node:util';
import { CorescoreError } from '@corescore/contracts';
import { writeSet } from '../src/generate/write-set.js';

const integer = (text: string | undefined) =>
  text === undefined ? undefined : text.trim() === '' ? Number.NaN : Number(text);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
try {
  const { values } = parseArgs({
    options: {
      set: { type: 'string', default: 'benchmark' },
      to: { type: 'string' },
      seed: { type: 'string' },
      size: { type: 'string' },
      count: { type: 'string' },
    },
  });
  if (values.to === undefined)
    throw new CorescoreError('generator_option', 'No folder is named.', { remedy: 'Add --to DIR.' });
  const given = { seed: integer(values.seed), size: integer(values.size), count: integer(values.count) };
  const asked = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const { folder, cached, description } = await writeSet({
    ...asked,
    set: values.set as 'train',
    to: values.to,
    signal: stop.signal,
    onProgress: (done, count) => {
      if (done % 500 === 0 || done === count) console.error(`${done} of ${count} images`);
    },
  });
  console.log(`${folder}${cached ? ' (was there)' : ''}\npixels sha256 ${description.pixels}`);
} catch (error) {
  if (stop.signal.aborted) process.exitCode = 130;
  else if (error instanceof CorescoreError) {
    console.error(`${error.code}: ${error.message} ${error.remedy ?? ''}`);
    process.exitCode = 10;
  } else if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    console.error(error.message);
    process.exitCode = 10;
  } else throw error;
}
