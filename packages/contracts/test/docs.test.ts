import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs')).filter(isPage).map(inDocs),
];

function isPage(name: string): boolean {
  return name.endsWith('.md');
}
function inDocs(name: string): string {
  return `docs/${name}`;
}

/** Anchors as the usual renderers make them of headings. */
function anchors(page: string): string[] {
  const headings = [...page.replace(/^```.*?^```/gms, '').matchAll(/^#+ +(.+)$/gm)].map(([, words]) => words!);
  return headings.map((words) =>
    words
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );
}

test.each(PAGES)('%s: every link leads to a file, and to a heading of it', (page) => {
  const text = read(page).replace(/^```.*?^```/gms, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link));
  for (const link of links) {
    const [path, anchor] = link.split('#');
    const file = path === '' ? page : join(dirname(page), path!);
    expect(existsSync(join(root, file)), link).toBe(true);
    if (anchor !== undefined) expect(anchors(read(file)), link).toContain(anchor);
  }
});

test('the architecture names every package and service, and only files that are there', () => {
  const page = read('docs/architecture.md');
  const rooms = ['packages', 'services'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => `${parent}/${name}`),
  );
  for (const room of rooms.filter((room) => statSync(join(root, room)).isDirectory()))
    expect(page).toContain(`\`${room}\``);
  const paths = [...page.matchAll(/`((?:packages|services|migrations|test|bench)\/?[\w./-]*)`/g)].map(
    ([, path]) => path!,
  );
  expect(paths.length).toBeGreaterThan(30);
  for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true);
});

test.each(PAGES)('%s: every row of a table has as many cells as its heading', (page) => {
  const lines = read(page)
    .split('\n')
    .map((line) => line.trim());
  const cells = (row: string): number => row.replace(/`[^`]*`|\\\|/g, '').split('|').length - 2;
  let heading: string | null = null;
  lines.forEach((line, i) => {
    if (!line.startsWith('|')) heading = null;
    else if (heading === null) heading = line;
    else expect(cells(line), `${page}:${i + 1}`).toBe(cells(heading));
  });
});
