/** The page of an experiment in a real browser: readable by everyone, also on a small screen, and nothing fetched. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderExperimentPage } from '../../experiments/page/page.ts';
import { searchedStory } from '../experiments/page/story.ts';

const CHROMIUM = '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A directory for pictures of the page, for people. */
const PICTURES = process.env.MARKET_GYM_PICTURES;

const hasBrowser = existsSync(CHROMIUM);
if (!hasBrowser) console.warn(`No ${CHROMIUM}: the page of an experiment is not tested in a browser.`);

describe.skipIf(!hasBrowser)('the page of an experiment', () => {
  let browser: Browser;
  beforeAll(async () => {
    const { chromium } = await import('playwright-core');
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  });
  afterAll(() => browser?.close());

  test.each([1280, 420])('breaks no rule of axe and no line at %i pixels', async (width) => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, bypassCSP: true });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.setContent(renderExperimentPage(searchedStory(60), ['Version: market-gym']));
    await page.evaluate(AXE);
    const violations =
      await page.evaluate(`axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => id + ' ' + target.join(' ') + ' ' + failureSummary)))`);
    expect(violations).toEqual([]);
    expect(asked.filter((url) => !url.startsWith('about:'))).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    if (PICTURES !== undefined) {
      await page.screenshot({ path: join(PICTURES, `experiment-${width}.png`), fullPage: true });
    }
    await context.close();
  });
});
