import type { Leaderboard } from '@corescore/contracts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  collectErrors,
  horizontalOverflow,
  launchBrowser,
  seriousFindings,
} from '../../services/leaderboard/test/support/browser.js';
import { call, until } from '../support/serve.js';

/** The three pages as a reader meets them, on the seeded board of a running service. */
const live = inject('live');
let browser: Browser;
let board: Leaderboard;

beforeAll(async () => {
  board = await until('a scored recurrent model', 1_000, async () => {
    const now = await call<Leaderboard>(live, '/v1/leaderboard?benchmark=core-objects-ost');
    return (
      now.rows.some((r) => r.name === 'bl-64' && r.status === 'scored') &&
      now.rows.some((r) => r.name === 'ff-64' && r.status === 'scored') &&
      now
    );
  });
  browser = await launchBrowser();
}, 1_020_000);
afterAll(async () => browser?.close());

async function open(path: string, width = 1280): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const errors = collectErrors(page);
  await page.goto(`${live.url}${path}`);
  return { page, errors };
}

describe('the leaderboard', () => {
  test('says what is measured and what is synthetic, and shows the rows with their reasons in words', async () => {
    const { page, errors } = await open('/');
    await page.getByRole('link', { name: 'bl-64', exact: true }).first().waitFor();
    const text = await page.locator('body').textContent();
    expect(text).toContain('core-objects-ost, version 0');
    expect(text).toContain('660');
    expect(text).toMatch(/synthetic/i);
    expect(text).toContain('not in the pixels');
    expect(text).toMatch(/not temporal/i);
    expect(text).toMatch(/Null: difficulty look-up/);
    expect(await page.locator('table caption').count()).toBe(1);
    expect(await page.locator('th[aria-sort="descending"], th[aria-sort="ascending"]').count()).toBe(1);
    expect(await seriousFindings(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('fits 320 px without scrolling the page sideways', async () => {
    const { page } = await open('/', 320);
    await page.getByRole('link', { name: 'bl-64', exact: true }).first().waitFor();
    expect(await horizontalOverflow(page)).toBe(0);
    await page.close();
  });
});

describe.each(['bl-64', 'ff-64'])('%s', (name) => {
  const row = () => board.rows.find((r) => r.name === name)!;

  test('its model page shows accuracy over time, Control and Challenge', async () => {
    const { page, errors } = await open(`/models/corescore/${name}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page
      .getByText(/accuracy/i)
      .first()
      .waitFor();
    const text = await page.locator('body').textContent();
    expect(text).toContain('Challenge');
    expect(text).toContain('Control');
    expect(await seriousFindings(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('its run page shows the stages, every score, and how to reproduce it', async () => {
    const { page, errors } = await open(`/runs/${row().runId}`);
    await page.getByText('run --local').first().waitFor();
    const text = await page.locator('body').textContent();
    for (const stage of [/queued/i, /extract/i, /scor/i]) expect(text).toMatch(stage);
    const accuracy = row().scores.find((s) => s.metric === 'accuracy' && s.subset === 'control')!.value!;
    expect(text).toMatch(
      new RegExp(
        `${accuracy.toFixed(3)}|${(accuracy * 100).toFixed(1)}|${accuracy.toFixed(2)}|\\.${accuracy.toFixed(3).slice(2)}`,
      ),
    );
    expect(await seriousFindings(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });
});
