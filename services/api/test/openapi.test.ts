import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openApiDocument } from '../src/openapi.js';

type Document = {
  paths: Record<string, Record<string, { responses: Record<string, { content: object }>; summary: string }>>;
  components: { schemas: Record<string, object> };
};
const text = await openApiDocument();
const document = JSON.parse(text) as Document;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

test('the document that the client’s types come from is this one (npm run openapi -w services/api)', () => {
  const committed = readFileSync(new URL('../../../packages/client/openapi.json', import.meta.url), 'utf8');
  expect(JSON.parse(committed)).toEqual(document);
});

test('every call of the interface is in it', () => {
  const rest = readFileSync(new URL('../../../docs/rest.md', import.meta.url), 'utf8');
  const told = [...rest.matchAll(/^\| `([A-Z]+) (\/[^`?]*)[^`]*` +\|/gm)].map(([, m, path]) => `${m} ${path}`).sort();
  expect(operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(told);
});

test('every call has a summary, says how it fails, and fails as problem details', () => {
  for (const { path, method, operation } of operations) {
    const name = `${method} ${path}`;
    expect(operation.summary, name).toBeTruthy();
    const statuses = Object.keys(operation.responses);
    expect(statuses, name).toEqual(expect.arrayContaining(['500', '503']));
    expect(
      statuses.some((s) => s.startsWith('2')),
      name,
    ).toBe(true);
    for (const [status, response] of Object.entries(operation.responses)) {
      if (Number(status) < 400) continue;
      expect(response.content, `${name} ${status}`).toEqual({
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      });
    }
    if (path.includes('{')) expect(statuses, name).toContain('400');
  }
});

test('shared shapes are named, and every reference leads somewhere', () => {
  const refs = [...text.matchAll(/"\$ref": "#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  // What the event stream carries is named for its readers; OpenAPI has no place to refer to it from.
  expect(new Set([...refs, 'RunEvent'])).toEqual(new Set(Object.keys(document.components.schemas)));
});
