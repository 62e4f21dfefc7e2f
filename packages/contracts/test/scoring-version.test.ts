import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SCORING_VERSION } from '../src/index.js';

test('docs/scoring-versions.md says what changed at each version up to the present one', () => {
  const text = readFileSync(new URL('../../../docs/scoring-versions.md', import.meta.url), 'utf8');
  const versions = [...text.matchAll(/^\| +(\d+) \| (.+) \|$/gm)];
  expect(versions.map(([, version]) => Number(version))).toEqual(
    Array.from({ length: SCORING_VERSION }, (_, k) => k + 1),
  );
  for (const [, , change] of versions) expect(change!.length).toBeGreaterThan(20);
});
