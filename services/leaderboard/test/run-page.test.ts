import { describe, expect, test } from 'vitest';
import { GOOD_TOKEN } from './support/fixture-service.js';
import { runId, runs } from './support/fixtures.js';
import { withSite } from './support/site.js';

const { service, open } = withSite();
const growing = runId('growing-net');

/** The stream must be open before an event is sent into it. */
async function watched(id: string): Promise<void> {
  await expect.poll(() => service.watchers(id)).toBe(1);
}

describe('the page of a run', () => {
  test('moves through its stages as they happen', async () => {
    const { page, errors } = await open(`/runs/${growing}`);
    await page.locator('.step-current', { hasText: 'Extracting' }).waitFor();
    await page.getByText('120 of 660 images').waitFor();
    await watched(growing);
    service.emit(growing, { type: 'progress', status: 'extracting', done: 320, total: 660, unit: 'images' });
    await page.getByText('320 of 660 images').waitFor();
    expect(await page.getByRole('progressbar').getAttribute('value')).toBe('320');
    service.emit(growing, { type: 'log', status: 'extracting', message: 'batch of 32 images' });
    await page.getByText('Log, last 1 lines').click();
    await page.getByText('batch of 32 images').waitFor();

    const scored = runs.find((run) => run.id === runId('bl-64'))!;
    service.runs.set(growing, { ...scored, id: growing });
    service.emit(growing, { type: 'status', status: 'scored' });
    await page.getByRole('heading', { name: 'Scores' }).waitFor();
    expect(await page.locator('.step').allTextContents()).toEqual([
      '✓Queued1.4 s',
      '✓Extracting7.8 s',
      '✓Scoring23 s',
      '✓Scored32 s in all',
    ]);
    await expect.poll(() => service.watchers(growing)).toBe(0);
    expect(errors).toEqual([]);
  });

  test('of a run of an older scoring version says why its scores are struck through, and where the new ones are', async () => {
    const old = runs.find((run) => run.id === runId('old-net'))!;
    const { page, errors } = await open(`/runs/${old.id}`);
    await page.getByText('These scores are struck through: scored by version 1; its activations are gone').waitFor();
    expect(await page.locator('.scores.struck').count()).toBe(1);
    const next = runId('bl-64');
    service.runs.set(growing, {
      ...old,
      id: growing,
      struckReason: 'scored by version 1; superseded',
      supersededBy: next,
    });
    await page.goto(page.url().replace(old.id, growing));
    await page.getByRole('link', { name: next }).waitFor();
    expect(errors).toEqual([]);
  });

  test('of a scored run has every score with its n, the receipt and the command', async () => {
    const { page } = await open(`/runs/${runId('bl-64')}`);
    const partial = page.locator('.scores tbody', { hasText: 'OST ρ, partial' }).first();
    await partial.waitFor();
    expect(await partial.locator('td').allTextContents()).toEqual(['All', '0.060', '−0.03 to 0.15', '492 of 660']);
    expect(await page.getByRole('link', { name: 'The receipt' }).getAttribute('href')).toBe(
      `/v1/runs/${runId('bl-64')}/receipt`,
    );
    const matched = page.locator('.scores tbody', { hasText: 'OST concordance, matched' });
    await matched.getByText('Null rows of this board: threshold only 0.551 (0.52 to 0.58)').waitFor();
    await page.getByText('npx corescore run --local model.onnx').waitFor();
    expect(await page.getByRole('button', { name: /Cancel|again/ }).count()).toBe(0);
  });

  test('of a model without time says so in words', async () => {
    const { page } = await open(`/runs/${runId('ff-64')}`);
    await page.locator('.scores').waitFor();
    expect(await page.locator('.scores td .absent').first().textContent()).toBe('not temporal');
    await page.getByText('activations do not change over time').waitFor();
  });

  test('of a waiting run tells its place in the queue', async () => {
    const { page } = await open(`/runs/${runId('waiting-net')}`);
    await page.getByText('2 runs ahead in the queue.').waitFor();
  });

  test('of a failed run tells why and what to do', async () => {
    const { page } = await open(`/runs/${runId('huge-net')}`);
    const notice = page.locator('.notice-error');
    await notice.waitFor();
    const text = (await notice.textContent())!;
    for (const part of ['out of memory', 'more than 4 GiB', '/regions/IT', 'Record a layer with fewer features.']) {
      expect(text).toContain(part);
    }
    await page.getByRole('button', { name: 'Run it again' }).waitFor();
  });

  test('that is not there is told as the service tells it', async () => {
    const { page } = await open('/runs/0193615c-0000-7000-8000-00000000ffff');
    await page.getByRole('alert').getByText('Not found').waitFor();
  });
});

describe('cancelling', () => {
  test('asks for a token, says where it is, and keeps a good one for the tab only', async () => {
    const { page } = await open(`/runs/${growing}`);
    await page.getByRole('button', { name: 'Cancel this run' }).click();
    await page.getByText('.corescore/token').waitFor();
    const field = page.getByLabel('Token');
    expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);

    await field.fill('wrong');
    await field.press('Enter');
    await page.getByRole('alert').getByText('The token is not known here.').waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);

    await page.getByLabel('Token').fill(GOOD_TOKEN);
    await page.getByRole('button', { name: 'Cancel this run' }).click();
    await page.locator('.step-cancelled').waitFor();
    await page.getByRole('status').getByText('Cancelled').waitFor();
    expect(await page.evaluate(() => [Object.values(sessionStorage), localStorage.length, document.cookie])).toEqual([
      [GOOD_TOKEN],
      0,
      '',
    ]);
    expect(page.url()).not.toContain(GOOD_TOKEN);
  });
});
