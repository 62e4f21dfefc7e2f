import { describe, expect, test } from 'vitest';
import { horizontalOverflow, seriousFindings } from './support/browser.js';
import { runId } from './support/fixtures.js';
import { withSite } from './support/site.js';

const { open } = withSite();

/** Each view with what must be there before it is judged. */
const VIEWS = [
  ['leaderboard', '/', '.board'],
  ['scored run', `/runs/${runId('bl-64')}`, '.scores'],
  ['running run', `/runs/${runId('growing-net')}`, '.progress'],
  ['failed run', `/runs/${runId('huge-net')}`, '.notice-error'],
  ['model', '/models/corescore/bl-64', '.chart > svg'],
  ['model without time', '/models/corescore/ff-64', '.chart > svg'],
] as const;

describe.each(VIEWS)('%s', (_name, path, ready) => {
  test.each(['light', 'dark'] as const)('has no serious finding of axe in the %s theme', async (colorScheme) => {
    const { page } = await open(path, { colorScheme });
    await page.locator(ready).first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  // 640 px is a window of 1280 px at 200 % zoom.
  test.each([320, 640])('fits a window of %i px', async (width) => {
    const { page } = await open(path, { viewport: { width, height: 800 } });
    await page.locator(ready).first().waitFor();
    expect(await horizontalOverflow(page)).toBe(0);
  });
});

describe('by keyboard', () => {
  test('the first stop leads to the content, and a change of view moves the focus there', async () => {
    const { page } = await open('/');
    await page.locator('.board').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement!.textContent)).toBe('Skip to the content');
    await page.getByRole('link', { name: 'bl-64', exact: true }).click();
    await page.locator('.score-strip').waitFor();
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('main');
  });

  test('the focus can be seen', async () => {
    const { page } = await open('/');
    await page.getByRole('button', { name: 'Delay' }).focus();
    await page.keyboard.press('Tab');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
    expect(outline).toBe('solid');
  });

  test('the check itself finds a page that is wrong', async () => {
    const { page } = await open('/');
    await page.locator('.board').waitFor();
    await page.evaluate(() => {
      document.querySelector('.lead')!.innerHTML = '<span style="color:#ddd">pale</span><button></button>';
      document.querySelector('main')!.style.width = '3000px';
      document.querySelector('main')!.style.maxWidth = 'none';
    });
    expect((await seriousFindings(page)).join()).toMatch(/color-contrast.*button-name|button-name.*color-contrast/s);
    expect(await horizontalOverflow(page)).toBeGreaterThan(0);
  });
});
