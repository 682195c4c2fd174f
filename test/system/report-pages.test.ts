/** Every page that is written, in a real browser: accessible, quiet, within its margins, in both schemes and on a phone. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PAGES } from './report-pages.ts';

const CHROMIUM = '/usr/bin/chromium';
/** A directory for pictures of the pages, for people. */
const PICTURES = process.env.MARKET_GYM_PICTURES;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = [420, 1280];
const SCHEMES = ['light', 'dark'] as const;

/** What axe-core holds against a page: rules and the elements that break them. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(`axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 5).map(({ target, failureSummary }) => id + ' ' + target.join(' ') + ' ' + failureSummary)))`);
}

const hasBrowser = existsSync(CHROMIUM);
if (!hasBrowser) console.warn(`No ${CHROMIUM}: the pages are not tested in a browser.`);

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  let folder: string;
  const pages: Record<string, string> = {};
  beforeAll(async () => {
    for (const [name, make] of Object.entries(PAGES)) pages[name] = await make();
    folder = mkdtempSync(join(tmpdir(), 'market-gym-pages-'));
    const { chromium } = await import('playwright-core');
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @returns what the page logged, asked for and did wrong */
  async function open(name: string, html: string, width: number, scheme: (typeof SCHEMES)[number]) {
    const path = join(folder, `${name}.html`);
    writeFileSync(path, html);
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
    const page = await context.newPage();
    const troubles: string[] = [];
    page.on('console', (message) => troubles.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!/^(file|blob|data):/.test(request.url())) troubles.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(path).href);
    return { page, troubles, close: () => context.close() };
  }

  for (const name of Object.keys(PAGES)) {
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) {
        test(`${name}, ${width} px, ${scheme}`, async () => {
          const { page, troubles, close } = await open(name, pages[name], width, scheme);
          await page.evaluate(
            `document.querySelectorAll('details').forEach((part) => { part.open = true; })`,
          );
          await page.waitForTimeout(150);
          if (PICTURES !== undefined)
            await page.screenshot({ path: join(PICTURES, `${name}-${width}-${scheme}.png`), fullPage: true });
          expect(await violations(page)).toEqual([]);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
          const small = await page.evaluate(`[...document.querySelectorAll('button, select, summary, a')]
            .filter((part) => part.offsetParent !== null && !part.closest('table'))
            .map((part) => [part.textContent.slice(0, 30), part.getBoundingClientRect()])
            .filter(([, { width, height }]) => Math.min(width, height) < 24).map(([text]) => text)`);
          expect(small).toEqual([]);
          expect(troubles).toEqual([]);
          await close();
        }, 60_000);
      }
    }
  }

  test('round trips are sorted by a heading, shown as a whole, and saved as CSV', async () => {
    const { page, troubles, close } = await open('trading', pages.trading, 1280, 'light');
    const column = (index: number): Promise<number[]> =>
      page.evaluate(`[...document.querySelectorAll('[data-tear="0"] .trips tbody tr')]
        .map((row) => Number(row.cells[${index}].textContent.replace(/[,%]/g, '').replace('−', '-')))`);
    expect(await column(0)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    await page.click('[data-tear="0"] .trips thead button:text("Profit")');
    await page.click('[data-tear="0"] .trips [data-more]');
    const profits = await column(7);
    expect(profits.length).toBeGreaterThan(15);
    expect(profits).toEqual([...profits].sort((a, b) => b - a));
    expect(await page.getAttribute('[data-tear="0"] .trips th[aria-sort]', 'aria-sort')).toBe('descending');
    for (const [button, name, first] of [
      ['[data-tear="0"] [data-csv="trips"]', 'test-round-trips.csv', 'trade,direction,entry_time,'],
      ['[data-span="0"] [data-csv="curves"]', 'test-curves.csv', 'time,price,'],
      ['[data-csv="metrics"]', 'results.csv', 'span,Trader,Total return,'],
    ] as const) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
      expect(download.suggestedFilename()).toBe(name);
      const text = readFileSync((await download.path()) as string, 'utf8');
      expect(text.startsWith(first)).toBe(true);
      expect(text.split('\n').length).toBeGreaterThan(10);
    }
    expect(troubles).toEqual([]);
    await close();
  }, 60_000);

  test('arrow keys move the cursor of a chart', async () => {
    const { page, close } = await open('trading', pages.trading, 1280, 'light');
    const at = () => page.textContent('[data-span="0"] [data-chart="growth"] .at');
    const last = await at();
    await page.focus('[data-span="0"] [data-chart="growth"] .plot');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    expect(await at()).not.toBe(last);
    await close();
  }, 60_000);
});
