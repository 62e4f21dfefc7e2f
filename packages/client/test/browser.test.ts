import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Modules that a module reaches by static import, files of this package followed. */
function reached(url: URL, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(url.href)) return seen;
  const source = readFileSync(url, 'utf8');
  const specifiers = [...source.matchAll(/^(?:import|export)[^'"]*?from '([^']+)'/gms)].map((match) => match[1]);
  seen.set(url.href, specifiers);
  for (const specifier of specifiers) {
    if (specifier.startsWith('.')) reached(new URL(specifier.replace(/\.js$/, '.ts'), url), seen);
  }
  return seen;
}

test('the main entry runs in a browser: nothing it imports is of Node', () => {
  const imports = [...reached(new URL('../src/index.ts', import.meta.url)).values()].flat();
  expect(imports).toContain('openapi-fetch');
  expect(imports.filter((specifier) => specifier.startsWith('node:'))).toEqual([]);
  const node = [...reached(new URL('../src/node.ts', import.meta.url)).values()].flat();
  expect(node).toContain('node:http');
});
