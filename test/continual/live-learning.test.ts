/** Whether a span that is too short to learn from is found before the session begins, and no other is. */
import { expect, test } from 'vitest';
import { prepareLearning } from '../../continual/live-learning.ts';
import { BookTradingEnv } from '../../envs/book-trading.ts';
import type { BookTradingConfig } from '../../envs/trading/book-config.ts';
import { resolveLiveConfig } from '../../live/session/config.ts';
import { sliceTape } from '../../market/books/tape-span.ts';
import { ModelRegistry } from '../../storage/model-registry.ts';
import {
  arbitrageConfig,
  BAR_MS,
  CONFIG,
  createModel,
  createPlace,
  reversingBooks,
  START_MS,
  saveModel,
} from './continual-market.ts';

const HOUR_MS = 3_600_000;
const place = createPlace();
const registry = new ModelRegistry(place.registry, { create: true });
registry.promote(saveModel(registry, createModel(1)), 0, { reason: 'by hand' });
registry.close();
const books = reversingBooks({ seed: 1, hours: 8 });
/** A decision, of which the training takes what was before. */
const cutMs = Math.ceil((START_MS + 7 * HOUR_MS) / BAR_MS) * BAR_MS;

const prepare = (spanHours: number, session = CONFIG) =>
  prepareLearning({ enabled: true, spanHours }, { ...place, model: 'policy@1', session });

test.each([
  { features: ['return:1'], normalize: 'none', window: 1, episodeBars: 0 },
  { features: ['return:5', 'volatility:20'], normalizationBars: 30, window: 7, episodeBars: 50 },
  { features: ['return:1'], normalizationBars: 50, window: 1, episodeBars: 120 },
])('the span that is asked for holds an episode, and what is refused does not: %o', async (env) => {
  const session = resolveLiveConfig({ ...CONFIG, env: { ...CONFIG.env, ...env } });
  const canPlay = (spanMs: number) => {
    try {
      const part = sliceTape(books, cutMs - spanMs, cutMs);
      new BookTradingEnv({ books: part, config: session.env as BookTradingConfig });
      return true;
    } catch (error) {
      expect((error as { code: string }).code).toMatch(/range-too-short|too-few-rows/);
      return false;
    }
  };
  const refusal = await prepare(1e-3, session).catch((error) => error);
  expect(refusal).toMatchObject({ name: 'ConfigError', code: 'learn-span-too-short' });
  const [, bars, hours] = /needs (\d+):.* to ([\d.]+) or more/.exec(refusal.message) as unknown as number[];
  expect(canPlay(hours * HOUR_MS)).toBe(true);
  expect(await prepare(Number(hours), session)).toBeDefined();
  const shortMs = (Number(bars) + 1) * BAR_MS;
  expect(canPlay(shortMs)).toBe(false);
  await expect(prepare(shortMs / HOUR_MS, session)).rejects.toThrow('learn.spanHours');
});

test('the shorter episode that is offered fits', async () => {
  const { message } = await prepare(2).catch((error) => error);
  const [, episodeBars] = /env\.episodeBars to (\d+) or less/.exec(message) as unknown as number[];
  const session = resolveLiveConfig({ ...CONFIG, env: { ...CONFIG.env, episodeBars: Number(episodeBars) } });
  expect(await prepare(2, session)).toBeDefined();
});

test('of arbitrage nothing is refused: its episodes count events', async () => {
  expect(await prepare(1e-3, arbitrageConfig('discrete'))).toBeDefined();
});
