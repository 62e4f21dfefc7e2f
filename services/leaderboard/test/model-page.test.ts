import { describe, expect, test } from 'vitest';
import { withSite } from './support/site.js';

const { open } = withSite();

describe('the page of a model', () => {
  test('has its score with interval, its standing and what was submitted', async () => {
    const { page, errors } = await open('/models/corescore/bl-64');
    await page.locator('.score-strip').waitFor();
    const strip = (await page.locator('.score-strip').textContent())!;
    for (const part of [
      '0.060',
      '−0.03 to 0.15',
      '5.5 ms',
      '88.4 %',
      '492',
      'over 492 solved images',
      '65.8 ms with never-solved',
    ])
      expect(strip).toContain(part);
    await page.getByText('Rank 1 of 2 ranked.').waitFor();
    await page.getByText('first step at 70 ms, 36 ms a step (declared)').waitFor();
    await page.getByText('105,610').waitFor();
    expect(errors).toEqual([]);
  });

  test('draws accuracy, evidence and solution times, each with its text', async () => {
    const { page } = await open('/models/corescore/bl-64');
    const chart = (name: string) => page.getByRole('img', { name });
    await chart(
      'Accuracy over time: at the last covered bin, from 240 ms, Control 88.4 %, Challenge 53.3 %, untrained twin 18.0 %',
    ).waitFor();
    await chart('Evidence i1 over time').waitFor();
    await chart('Challenge solved at 83 ms, Control at 78 ms, gap 6 ms').waitFor();
    await expect.poll(() => page.locator('.chart > svg').count()).toBe(7);
    await page.getByText('Never solved: 24 images of Control, 144 images of Challenge.').waitFor();
    await page.locator('figure', { hasText: 'Accuracy over time' }).getByText('Numbers').click();
    expect(await page.locator('.numbers tbody tr').first().locator('td').first().textContent()).toContain('78.4 %');
  });

  test('shows predictivity by time bin and by step, with the own clock and the best step in words and numbers', async () => {
    const { page, errors } = await open('/models/corescore/bl-64');
    const section = page.locator('section', { has: page.locator('#predictivity-title') });
    const strip = (await section.locator('.number-strip').textContent())!;
    for (const part of ['0.450', '0.420 to 0.480', '0.400', '3.5 %']) expect(strip).toContain(part);
    await section
      .getByRole('img', { name: 'Predictivity over time, r: at the last covered bin, from 240 ms, Control' })
      .waitFor();
    await section
      .getByRole('img', {
        name: '3 steps, 18 time bins; in the last bin, from 240 ms, own clock 0.528, best step 2 0.547',
      })
      .waitFor();
    // 54 cells, 18 + 1 of them on the own clock, one outlined in dashes.
    const matrix = section.locator('figure', { hasText: 'Model steps against IT time' });
    await expect.poll(() => matrix.locator('svg rect').count()).toBe(54 + 19);
    await expect.poll(() => matrix.locator('svg circle').count()).toBe(18);
    await matrix.getByText('Numbers').click();
    expect(await matrix.locator('.numbers tbody tr').last().textContent()).toContain('0.547 (mostly step 2)');
    expect(errors).toEqual([]);
  });

  test('tells what stands beside the scores: native steps, the strip with what is not in it, temporal generalisation', async () => {
    const { page, errors } = await open('/models/corescore/bl-64');
    await page.getByText('Challenge is later than Control by 0.14 steps (0.02 to 0.26)').waitFor();
    const row = (name: string) => page.locator('.strip tbody tr', { hasText: name });
    await row('C = 0.1').getByText('6.5 ms').waitFor();
    expect(await row('424 features').getByText('none').count()).toBe(4);
    expect(await page.locator('.strip-whisker').count()).toBe(20);
    await page
      .getByRole('img', {
        name: 'Temporal generalisation: fitted at 70 ms, accuracy 72.0 % there and 55.0 % at 240 ms',
      })
      .waitFor();
    await page.getByText('by the spread of the folds, reach at most 3.5 %').waitFor();
    const numbers = page.locator('figure', { hasText: 'Temporal generalisation' });
    await numbers.getByText('Numbers').click();
    expect(await numbers.locator('tbody tr').count()).toBe(18);
    expect(errors).toEqual([]);
  });

  test('shows one image at a time, the choice in the address', async () => {
    const { page } = await open('/models/corescore/bl-64?order=unsolved&band=challenge');
    const rows = page.locator('.images tbody tr');
    await rows.first().waitFor();
    expect(await rows.count()).toBe(20);
    await page.locator('.image-curve').getByText('No solution time, never solved').waitFor();
    await page.getByLabel('Order').selectOption('late');
    await page.locator('.image-curve').getByText('The model solves this image at').waitFor();
    // Both rules' times: the benchmark's, and beside it that of the bin just before.
    await page.getByRole('columnheader', { name: 'from the bin just before, ms' }).waitFor();
    expect(await rows.first().locator('td').nth(5).textContent()).toMatch(/^\d+\.\d$/);
    const third = rows.nth(2).getByRole('button');
    const id = (await third.textContent())!;
    await third.click();
    await page.locator('.image-curve h3', { hasText: id }).waitFor();
    const search = new URL(page.url()).searchParams;
    expect(search.get('image')).toMatch(new RegExp(`^${id}`));
    expect([search.get('order'), search.get('band')]).toEqual(['late', 'challenge']);
    await page.reload();
    await page.locator('.image-curve h3', { hasText: id }).waitFor();
  });

  test('without time has values in place of courses, and words in place of times', async () => {
    const { page, errors } = await open('/models/corescore/ff-64');
    await page.getByRole('img', { name: 'Accuracy: in the one window held over all bins' }).waitFor();
    await page.locator('figure', { hasText: 'Object solution times' }).getByText('not temporal').waitFor();
    await page.getByText('i1 of the one window held over all bins').waitFor();
    // It predicts every bin from its one window; only what needs steps is absent.
    const section = page.locator('section', { has: page.locator('#predictivity-title') });
    await section.getByRole('img', { name: 'Predictivity over time' }).waitFor();
    await section.getByText('there are no steps to hold against the time bins of IT').waitFor();
    expect(await section.locator('.number-strip .absent').allTextContents()).toEqual(['not temporal', 'not temporal']);
    await page.getByRole('img', { name: 'shuffled labels 9.5 %' }).waitFor();
    await page.getByText('Untrained twin: failed (the activations do not depend on the image).').waitFor();
    await page
      .getByText(
        'Not here: the delay in the model’s own steps, how the scores move with the pipeline and temporal generalisation (not temporal)',
      )
      .waitFor();
    expect(errors).toEqual([]);
  });

  test('of a null row says what it shows', async () => {
    const { page, errors } = await open('/models/corescore/null-difficulty-look-up');
    await page.getByText('no model at all').waitFor();
    await expect.poll(() => page.getByText('Nothing was decoded for this row.').count()).toBe(2);
    await page.getByText('The recordings were not predicted for this row.').waitFor();
    await page.getByText('null row, made by the service').waitFor();
    expect(errors).toEqual([]);
  });

  test('without scores leads to its run', async () => {
    const { page } = await open('/models/lab/growing-net');
    await page.getByText('No scores yet: the newest run is running the model.').waitFor();
    await page.getByRole('link', { name: 'See the run' }).click();
    await page.locator('.stepper').waitFor();
  });

  test('that is not there is told as the service tells it', async () => {
    const { page } = await open('/models/nobody/nothing');
    await page.getByRole('alert').getByText('Not found').waitFor();
  });
});
