/** The built-in page in a real browser, fed by a session on generated books. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../live/connection/clock.ts';
import { OPS_PAGE, OPS_PAGE_POLICY, renderEndedPage } from '../../live/ops/page.ts';
import { type OpsServer, startOpsServer } from '../../live/ops/server.ts';
import { maskedHashPolicy, twoVenueBooks, VENUE_NAMES } from '../live/recorded-session.ts';
import { type ScriptedRun, scriptedRun, TRADING_SCRIPT } from '../live/scripted-run.ts';
import { walkingBooks } from '../market/walking-books.ts';

const ARBITRAGE_SCRIPT = {
  mode: 'arbitrage',
  markets: VENUE_NAMES.map((venue) => ({ venue, symbol: 'BTC/USDT' })),
  depth: 3,
  env: { warmupEvents: 40, takerFeeRates: [0.0001], decisionMs: 1000 },
  risk: { maxOrdersPerMinute: 10_000, maxDrawdown: 1 },
};

const CHROMIUM = '/usr/bin/chromium';
const TOKEN = 'correct-horse-battery';
/** A directory for pictures of the page, for people. */
const PICTURES = process.env.MARKET_GYM_PICTURES;

/** Pixels of the chart's line, counted in the page. */
const COUNT_BLUE = `(() => {
  const canvas = document.querySelector('canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && data[i + 2] > data[i] + 60) count++;
  return count;
})()`;

/** Pixels of candles and lines that are drawn in the price's chart. */
const COUNT_PRICE = `(() => {
  let count = 0;
  for (const canvas of document.querySelectorAll('#price canvas')) {
    if (canvas.width === 0 || canvas.height === 0) continue;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) {
      const spread = Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]);
      if (data[i + 3] > 200 && spread > 60) count++;
    }
  }
  return count;
})()`;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core holds against a page: rules and the elements that break them. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(`axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => id + ' ' + target.join(' ') + ' ' + failureSummary)))`);
}

test('the page asks nobody else: no address in it, no inline style or handler, every script named by its hash', () => {
  expect(OPS_PAGE.replace(/<script>.*?<\/script>|<style>.*?<\/style>/gs, '')).not.toMatch(
    /https?:|\ssrc=|\sstyle=|\son\w+=/,
  );
  expect(OPS_PAGE_POLICY).not.toMatch(/unsafe|\*/);
  expect(OPS_PAGE_POLICY).toMatch(/^default-src 'none'; script-src ('sha256-[\w+/=]+' ?){5};/);
});

const hasBrowser = existsSync(CHROMIUM);
if (!hasBrowser) console.warn(`No ${CHROMIUM}: the page is not tested in a browser.`);

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  let script: ScriptedRun;
  let server: OpsServer;
  beforeAll(async () => {
    const { chromium } = await import('playwright-core');
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    script = scriptedRun({
      books: walkingBooks({ events: 4000, depth: 3 }),
      config: TRADING_SCRIPT,
      loopLag: () => ({ p50Ms: 10.1, p99Ms: 11.2, maxMs: 14 }),
      learning: () => ({
        champion: 'walker@3',
        candidate: 'walker@4',
        task: null,
        isWatched: true,
        drift: 'the mean gap of fills is 17 bp',
      }),
    });
    script.play(1500);
    server = await startOpsServer(script.monitor, { clock: systemClock, token: TOKEN });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await script?.close();
  });

  async function open(
    options: { width?: number; height?: number; colorScheme?: 'light' | 'dark' } = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const { width = 1280, height = 900, colorScheme = 'light' } = options;
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${server.url}/?token=${TOKEN}`);
    await page.getByText('connected', { exact: true }).first().waitFor();
    await page.locator('#decisions tbody tr:nth-child(20)').waitFor();
    return { page, complaints };
  }

  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [420, 'light'],
    [420, 'dark'],
  ] as const)(
    'shows the session at %i pixels in the %s scheme, without complaint or sideways scrolling',
    async (width, colorScheme) => {
      const { page, complaints } = await open({ width, colorScheme });
      const { account } = script.monitor.state();
      const text = (id: string) => page.locator(`#${id}`).textContent();
      expect(await text('equity')).toBe(
        `${account.equity.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} USDT`,
      );
      expect(await text('guard')).toBe('guard active');
      expect(await text('markets')).toBe('bybit BTC/USDT');
      expect(await text('session')).toMatch(/modelhash/);
      expect(await text('session')).toMatch(/championwalker@3candidatewalker@4learnerwaits/);
      expect(await text('session')).toMatch(/driftthe mean gap of fills is 17 bp/);
      expect(await text('venues')).toMatch(/bybit BTC\/USDTtradableconnected/);
      expect(await text('decisions')).toMatch(/max notional/);
      expect(await text('decisions')).toMatch(/(long|short|flat)/);
      expect(await text('denials')).toMatch(
        /× max notional: an order was larger than risk\.maxNotional allows\./,
      );
      expect(await text('totals')).toMatch(/won\d+ %their profit[−\d.,]+ USDT/);
      expect(await text('trades')).toMatch(/(long|short)[\d.]+ BTC.*USDT/);
      expect(await text('paper')).toBe('paper');
      expect(await page.title()).toBe('market-gym trading, on paper');
      expect(await page.locator('#price').getAttribute('aria-label')).toMatch(
        /^Candles of the price with bands, and the exposure: now [\d.,]+ USDT, \d+ fills$/,
      );
      expect(await page.evaluate(COUNT_PRICE)).toBeGreaterThan(200);
      // Each scheme and each width once.
      if ((width === 420) === (colorScheme === 'dark')) expect(await violations(page)).toEqual([]);
      expect(await text('events')).toMatch(/fill/);
      // The chart has drawn something in its own colour.
      const drawn = await page.evaluate(COUNT_BLUE);
      expect(drawn).toBeGreaterThan(200);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      if (PICTURES !== undefined)
        await page.screenshot({
          path: `${PICTURES}/ops-${width}-${colorScheme}.png`,
          fullPage: true,
        });
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  test('follows the session: new decisions appear at the top, a lost venue is shown and said', async () => {
    const { page, complaints } = await open();
    script.play(40);
    const { index } = script.monitor.history().decisions.at(-1)!;
    await page
      .locator('#decisions tbody tr')
      .first()
      .getByText(index.toLocaleString('en-US'), { exact: true })
      .waitFor();
    script.cut(0);
    await page.locator('#venues').getByText('not tradable').waitFor();
    await page.locator('[role=status]').getByText('Not tradable: bybit').waitFor({ state: 'attached' });
    script.play(40);
    await page.locator('#venues').getByText('tradable', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('says that the session has ended, and how, and does not look for it again', async () => {
    const own = await startOpsServer(script.monitor, { clock: systemClock });
    const page = await browser.newPage();
    await page.goto(own.url);
    await page.getByText('connected', { exact: true }).first().waitFor();
    await own.end({ verdict: 'No edge found: it was a <b>test</b>.' });
    await own.close();
    await page.getByText('session ended').first().waitFor();
    await page
      .getByRole('alert')
      .getByText('The session has ended. No edge found: it was a <b>test</b>.')
      .waitFor();
    await page.close();
  });

  test('is a file after the session that shows the same without anybody to ask', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'market-gym-page-'));
    const file = join(folder, 'page.html');
    writeFileSync(
      file,
      renderEndedPage(script.monitor.state(), script.monitor.history(), { verdict: '</script><b>no</b>' }),
    );
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== `file://${file}` && !request.url().startsWith('data:'))
        complaints.push(request.url());
    });
    await page.goto(`file://${file}`);
    await page.getByRole('alert').getByText('The session has ended. </script><b>no</b>').waitFor();
    expect(await page.locator('#decisions tbody tr').count()).toBe(50);
    await page.waitForFunction(`${COUNT_PRICE} > 200`);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
    rmSync(folder, { recursive: true });
  });

  test.each(PICTURES === undefined ? [420] : [1280, 420])(
    'shows both venues, the edge and the inventory of arbitrage at %i pixels',
    async (width) => {
      const pair = scriptedRun({
        books: twoVenueBooks(1500),
        config: ARBITRAGE_SCRIPT,
        policyFor: maskedHashPolicy,
      });
      pair.play(1200);
      const own = await startOpsServer(pair.monitor, { clock: systemClock });
      const page = await browser.newPage({ viewport: { width, height: 900 } });
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(own.url);
      await page.locator('#decisions tbody tr:nth-child(20)').waitFor();
      const [first, second] = VENUE_NAMES;
      expect(await page.locator('#decisions').textContent()).toMatch(/buy \w+, sell \w+ \(size 1\)/);
      expect(await page.locator('#inventory').textContent()).toMatch(
        new RegExp(`${first} BTC/USDT[\\d.,]+ BTC[\\d.,]+ USDT${second} BTC/USDT[\\d.,]+ BTC[\\d.,]+ USDT`),
      );
      expect(await page.locator('#legend').textContent()).toContain(`${second} mid`);
      await page.waitForFunction(`${COUNT_PRICE} > 200`);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      expect(await violations(page)).toEqual([]);
      if (PICTURES !== undefined)
        await page.screenshot({ path: `${PICTURES}/ops-arbitrage-${width}.png`, fullPage: true });
      expect(complaints).toEqual([]);
      await page.close();
      await own.close();
      await pair.close();
    },
  );

  test('comes back by itself when the session is away for a while', async () => {
    const own = await startOpsServer(script.monitor, { clock: systemClock });
    const page = await browser.newPage();
    await page.goto(own.url);
    await page.getByText('connected', { exact: true }).first().waitFor();
    await own.close();
    await page.getByText('disconnected').first().waitFor();
    const again = await startOpsServer(script.monitor, {
      clock: systemClock,
      port: Number(new URL(own.url).port),
    });
    await page.getByText('connected', { exact: true }).first().waitFor();
    await page.close();
    await again.close();
  });

  test('can be read and used by keyboard alone: names, headings, and a halt that asks first', async () => {
    const { page, complaints } = await open();
    const tree = await page.locator('body').ariaSnapshot();
    for (const part of [
      /heading "market-gym trading on paper" \[level=1\]/,
      /heading "Equity" \[level=2\]/,
      /img "Equity over time: now [\d,.]+/,
      /button "Halt trading"/,
      /table "Latest decisions, newest first"/,
      /columnheader "Ruling"/,
    ]) {
      expect(tree).toMatch(part);
    }
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('halt');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Halt trading?' });
    await dialog.waitFor();
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/ops-halt.png` });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(script.run.session.guard.state).toBe('active');

    await page.keyboard.press('Enter');
    await page.getByLabel('Reason, for the tape').fill('a drill <b>&</b>');
    await page.getByRole('button', { name: 'Halt now' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('alert').getByText('Trading is halted: a drill <b>&</b>.').waitFor();
    expect(script.run.session.guard.haltReason).toBe('a drill <b>&</b>');
    expect(await page.getByRole('button', { name: 'Halt trading' }).isDisabled()).toBe(true);
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/ops-halted.png` });
    expect(complaints).toEqual([]);
    await page.close();
  });
});
