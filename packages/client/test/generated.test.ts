import { readFileSync } from 'node:fs';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { expect, test } from 'vitest';

test('the generated types are those of openapi.json (npm run generate -w packages/client)', async () => {
  const fresh = COMMENT_HEADER + astToString(await openapiTS(new URL('../openapi.json', import.meta.url)));
  const committed = readFileSync(new URL('../src/api.generated.ts', import.meta.url), 'utf8');
  expect(committed).toBe(fresh);
});
