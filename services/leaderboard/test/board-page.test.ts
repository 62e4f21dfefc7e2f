import type { LeaderboardRow } from '@corescore/contracts';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { leaderboard } from './support/fixtures.js';
import { withSite } from './support/site.js';

const { service, open } = withSite();

const row = (page: Page, name: string) => page.locator('.board tbody tr', { hasText: name });
const names = (page: Page) => page.locator('.board .model-name').allTextContents();
const sorted = (page: Page) =>
  page
    .locator('th[aria-sort]')
    .evaluateAll((cells) => cells.map((c) => `${c.querySelector('button')!.firstChild!.textContent} ${c.ariaSort}`));

describe('the leaderboard', () => {
  test('says what is measured, on which version, with how much, up to what, and what is synthetic', async () => {
    const { page, errors } = await open('/');
    await page.locator('.board').waitFor();
    const headline = (await page.locator('.headline').textContent())!;
    for (const part of [
      'When does a linear decoder',
      'core-objects-ost, version 0',
      '660 images (330 Control, 330 Challenge)',
      '424 sites',
      'ceiling ρ = 0.933',
      '24 November 2026',
      'not in the pixels',
    ]) {
      expect(headline).toContain(part);
    }
    expect(await page.title()).toContain('leaderboard');
    expect(errors).toEqual([]);
  });

  test('has one sorted column and ranks models only', async () => {
    const { page } = await open('/');
    await page.locator('.board').waitFor();
    expect(await sorted(page)).toEqual(['OST ρ, partial descending']);
    expect(await page.locator('.board caption').count()).toBe(1);
    const ranks = await page.locator('.board tbody td.rank').allTextContents();
    expect(ranks).toEqual(['', '', '', '1', '2', '–', '–', '', '–', '–', '–', '–']);
    expect(await page.locator('tr.reference').count()).toBe(4);
    expect(await page.locator('tr.reference .tag').allTextContents()).toEqual([
      'ceiling',
      'null row',
      'null row',
      'null row',
    ]);
  });

  test('strikes through the scores of an older version, with the reason, below the rest and without a bar', async () => {
    const { page } = await open('/');
    const old = row(page, 'old-net');
    await old.waitFor();
    expect(await old.locator('.struck-reason').textContent()).toBe('scored by version 1; its activations are gone');
    expect(await old.locator('td.num s.value').first().textContent()).toBe('0.060');
    expect(await old.locator('td.num span.value').count()).toBe(0);
    expect(await old.locator('.bar').count()).toBe(0);
    expect((await names(page)).at(-1)).toBe('old-net');
    expect(await page.locator('.headline').textContent()).toContain('scored by version 2');
    expect(await page.locator('.legend').textContent()).toContain('Struck through');
  });

  test('prints every number with its interval, ρ and delay over how many solved images, and absent scores in words', async () => {
    const { page } = await open('/');
    const bl64 = row(page, 'bl-64').first();
    await bl64.waitFor();
    const cells = await bl64.locator('td.num').allTextContents();
    expect(cells[0]).toBe('0.060−0.03 to 0.15over 492 solved images');
    // The benchmark's last bin ends at 250 ms.
    expect(cells[2]).toMatch(/^5\.5.*over 492 solved images65\.8 ms with never-solved at 250 ms$/);
    expect(cells[5]).toBe('492of 660');
    expect(await bl64.getByRole('img').getAttribute('aria-label')).toBe(
      'Challenge solved at 83 ms, Control at 78 ms, gap 6 ms',
    );
    expect(await row(page, 'ffdeep-64').locator('.absent').allTextContents()).toEqual([
      '–',
      ...new Array<string>(5).fill('not temporal'),
    ]);
    expect(await row(page, 'huge-net').textContent()).toContain('failed: out of memory');
    expect(await row(page, 'waiting-net').textContent()).toContain('waiting in the queue');
    expect(await row(page, 'bl-64-native').textContent()).toContain('activations supplied');
    expect(await row(page, 'difficulty look-up').locator('td.num').first().textContent()).toBe('undefined');
    await page.locator('.legend').getByText('Null rows of this board: threshold only 0.551').waitFor();
  });

  test('draws bars to the scale of the ceiling, not of the best on the board', async () => {
    const { page } = await open('/');
    await page.locator('.board').waitFor();
    const width = async (name: string) => (await row(page, name).first().locator('.bar-value').boundingBox())!.width;
    const share = (await width('bl-64')) / (await width('Simulated IT'));
    expect(share).toBeCloseTo(0.0596 / 0.933, 2);
  });

  test('sorts by header, keeps the sort in the address and over a reload', async () => {
    const { page } = await open('/');
    await page.getByRole('button', { name: 'Challenge' }).click();
    expect(await sorted(page)).toEqual(['Challenge descending']);
    expect((await names(page)).slice(0, 2)).toEqual(['Simulated IT (independent draw)', 'ffdeep-64']);
    expect(new URL(page.url()).search).toBe('?sort=accuracy_challenge');
    await page.reload();
    await page.locator('.board').waitFor();
    expect(await sorted(page)).toEqual(['Challenge descending']);
    await page.getByRole('button', { name: 'Challenge' }).press('Enter');
    expect(await sorted(page)).toEqual(['Challenge ascending']);
    expect((await names(page)).at(-1)).toBe('old-net');
  });

  test('exports CSV and JSON of the benchmark shown', async () => {
    const { page } = await open('/?benchmark=core-objects-ost');
    const link = (name: string) => page.getByRole('link', { name, exact: true }).getAttribute('href');
    expect(await link('CSV')).toBe('/v1/leaderboard?benchmark=core-objects-ost%400&format=csv');
    expect(await link('JSON')).toBe('/v1/leaderboard?benchmark=core-objects-ost%400');
  });

  test('follows running models without a reload', async () => {
    const { page } = await open('/');
    await row(page, 'growing-net').getByText('running the model').waitFor();
    const rows = leaderboard.rows.map(
      (r): LeaderboardRow => (r.name === 'growing-net' ? { ...r, status: 'scoring' } : r),
    );
    service.board = { ...leaderboard, rows };
    await row(page, 'growing-net').getByText('decoding and scoring').waitFor();
  });

  test('with no runs tells how to submit', async () => {
    service.board = { ...leaderboard, rows: [] };
    const { page } = await open('/');
    await page.getByRole('heading', { name: 'No runs yet' }).waitFor();
    expect(await page.locator('.command code').textContent()).toBe(
      'npx corescore submit my-model.onnx --manifest corescore.json --benchmark core-objects-ost --wait',
    );
  });

  test('with no runs and no worker of a queue says that a model would wait', async () => {
    service.board = { ...leaderboard, rows: [] };
    service.queues = [
      { queue: 'extract', workers: 1, waiting: 0, active: 0 },
      { queue: 'score', workers: 0, waiting: 0, active: 0 },
    ];
    const { page } = await open('/');
    await page.getByText('No worker takes the jobs of: score. What is submitted waits until there is one.').waitFor();
  });

  test('names the benchmarks there are where the address names another', async () => {
    const { page } = await open('/?benchmark=nothing');
    await page.getByText('There is no benchmark “nothing” here').waitFor();
    await page.getByRole('link', { name: 'Core objects' }).click();
    await page.locator('.board').waitFor();
  });

  test('says that the service is not ready, and comes back', async () => {
    service.broken = true;
    const { page } = await open('/');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('The database is away.');
    service.broken = false;
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.board').waitFor();
  });

  test('keeps the last numbers in sight while the service is away', async () => {
    const { page } = await open('/');
    await page.locator('.board').waitFor();
    service.broken = true;
    await page.getByText('Not refreshed: The database is away.').waitFor();
    expect(await page.locator('.board').count()).toBe(1);
    service.broken = false;
    await page.getByText('Not refreshed').waitFor({ state: 'detached' });
  });
});
