import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { collectErrors, launchBrowser } from './browser.js';
import { FixtureService } from './fixture-service.js';

export interface Site {
  service: FixtureService;
  /** Opens a view in a fresh browser context, closed after the test. */
  open(path: string, options?: BrowserContextOptions): Promise<{ page: Page; errors: string[] }>;
}

/** A built page with fixtures behind it and a browser before it, for the tests of one file. */
export function withSite(): Site {
  const pages: Page[] = [];
  let browser: Browser;
  const site: Site = {
    service: new FixtureService(),
    async open(path, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const page = await context.newPage();
      pages.push(page);
      const errors = collectErrors(page);
      await page.goto(site.service.url + path);
      return { page, errors };
    },
  };
  beforeAll(async () => {
    await site.service.start();
    browser = await launchBrowser();
  });
  afterEach(async () => {
    site.service.reset();
    await Promise.all(pages.splice(0).map((page) => page.context().close()));
  });
  afterAll(async () => {
    await browser?.close();
    await site.service.stop();
  });
  return site;
}
