import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import chromium from '@sparticuz/chromium';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * Flags of the packaged browser that a test of pages does without: one process for all pages dies with the first
 * context that closes, and a browser without the web's security rules would hide mistakes against them.
 */
const UNWANTED = new Set(['--single-process', '--disable-web-security', '--allow-running-insecure-content']);

/**
 * A headless Chromium: the one named by CORESCORE_CHROMIUM, else the system's, else the one packaged in npm.
 * @throws Error where CORESCORE_CHROMIUM names no file
 */
export async function launchBrowser(): Promise<Browser> {
  const named = process.env['CORESCORE_CHROMIUM'];
  if (named && !existsSync(named)) throw new Error(`CORESCORE_CHROMIUM names ${named}, which does not exist`);
  const own = named || SYSTEM.find((path) => existsSync(path));
  if (own !== undefined) return playwright.launch({ executablePath: own, args: ['--no-sandbox'], headless: true });
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter((flag) => !UNWANTED.has(flag)),
    headless: true,
  });
}

interface AxeRun {
  violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[];
}
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe-core finds of serious or critical impact on the page as it stands: one line a finding, empty when fine. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(axePath, 'utf8'));
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeRun> } }).axe.run(),
  );
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`));
}

/** Pixels by which the page is wider than its window; 0 when only its own regions scroll sideways. */
export const horizontalOverflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Collects what goes wrong in the page: uncaught errors and lines of console.error (a broken content policy is one). */
export function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}
