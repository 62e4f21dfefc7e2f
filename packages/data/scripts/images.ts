/**
 * `npm run images -- --set train --to DIR [--seed N] [--size PX] [--count N]` writes a set of `core-objects`.
 * `npm run images -- --verify` makes all of them and compares their pixels with those of the version.
 */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { CorescoreError } from '@corescore/contracts';
import { generateSet } from '../src/generate/generate-set.js';
import { checkOptions, checkPixels, IMAGE_SETS, type ImageSetName } from '../src/generate/sets.js';
import { writeSet } from '../src/generate/write-set.js';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
try {
  const { values } = parseArgs({
    options: {
      verify: { type: 'boolean', default: false },
      set: { type: 'string' },
      to: { type: 'string' },
      seed: { type: 'string' },
      size: { type: 'string' },
      count: { type: 'string' },
    },
  });
  if (values.verify) await verify();
  else await write(values);
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

async function verify(): Promise<void> {
  for (const set of Object.keys(IMAGE_SETS) as ImageSetName[]) {
    const hash = createHash('sha256');
    for await (const image of generateSet({ set }, stop.signal)) hash.update(image.pixels);
    checkPixels(checkOptions({ set }), hash.digest('hex'));
    console.log(`${set}: ${IMAGE_SETS[set].count} images as pinned (Node ${process.version})`);
  }
}

async function write(values: Record<string, string | boolean | undefined>): Promise<void> {
  const { set, to } = values;
  if (typeof to !== 'string' || to === '') {
    throw new CorescoreError('generator_option', 'No folder is named.', { field: 'to', remedy: 'Add --to DIR.' });
  }
  const number = (text: string | boolean | undefined) => (String(text).trim() === '' ? Number.NaN : Number(text));
  const given = ['seed', 'size', 'count'].filter((name) => values[name] !== undefined);
  const { folder, cached, description } = await writeSet({
    ...checkOptions({ set, ...Object.fromEntries(given.map((name) => [name, number(values[name])])) }),
    to,
    signal: stop.signal,
    onProgress: (done, count) => {
      if (done % 500 === 0 || done === count) console.error(`${done} of ${count} images`);
    },
  });
  console.log(`${folder}${cached ? ' (was there)' : ''}\npixels sha256 ${description.pixels}`);
}
