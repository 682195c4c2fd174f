import { expect, test } from 'vitest';
import { z } from '../../core/config.ts';
import { defineEnv, type EnvContext } from '../../envs/env.ts';
import { trading } from '../../envs/trading.ts';
import { candlesFromPrices } from '../../market/candles/candles.ts';

/** A plugin that keeps what it is built from; the env itself is that of trading. */
function createProbe(shape: z.ZodRawShape, usesSpan?: boolean) {
  const seen: Record<string, unknown>[] = [];
  const plugin = defineEnv({
    name: 'probe',
    description: 'Of a user.',
    config: z.object(shape),
    usesSpan,
    create(context, config) {
      seen.push(config);
      return trading.create(context, { features: ['return:1'], normalize: 'none', window: 1 });
    },
  });
  return { plugin, seen };
}

const row = z.int().min(0).default(0);
const candles = candlesFromPrices(Array.from({ length: 40 }, (_, i) => 100 + (i % 7)));
const judging: EnvContext = { seed: 0, candles, span: { fromRow: 10, toRow: 20 }, onePass: true };

test('a plugin uses the span where it has settings for both ends of it, or where it says so', () => {
  expect(createProbe({ fromRow: row, toRow: row }).plugin.usesSpan).toBe(true);
  expect(createProbe({ fromRow: row }).plugin.usesSpan).toBe(false);
  expect(createProbe({}).plugin.usesSpan).toBe(false);
  expect(createProbe({}, true).plugin.usesSpan).toBe(true);
  expect(createProbe({ fromRow: row, toRow: row }, false).plugin.usesSpan).toBe(false);
});

test('settings named after the span and the episode are those of the context', () => {
  const episodeBars = z.int().min(0).default(5);
  const episodeStart = z.enum(['random', 'sequential']).default('random');
  const { plugin, seen } = createProbe({ fromRow: row, toRow: row, episodeBars, episodeStart });
  plugin.create(judging, { episodeBars: 3 });
  plugin.create({ seed: 0, candles }, { episodeBars: 3 });
  plugin.create({ seed: 0, candles, span: { fromRow: 10, toRow: 20 } });
  expect(seen).toEqual([
    { fromRow: 10, toRow: 20, episodeBars: 0, episodeStart: 'sequential' },
    { fromRow: 0, toRow: 0, episodeBars: 3, episodeStart: 'random' },
    { fromRow: 10, toRow: 20, episodeBars: 5, episodeStart: 'random' },
  ]);
});

test('a setting whose range has no place for an endless episode is left as it is', () => {
  const { plugin, seen } = createProbe({ episodeBars: z.int().min(1).default(5) });
  plugin.create(judging);
  expect(seen).toEqual([{ episodeBars: 5 }]);
});

test('trading inside of another env keeps to the span of its context, once through', () => {
  const env = createProbe({}, true).plugin.create(judging);
  const rows = [(env.reset({ seed: 4 }).info as { row: number }).row];
  let result: ReturnType<typeof env.step>;
  do {
    result = env.step(1);
    rows.push((result.info as { row: number }).row);
  } while (!result.truncated);
  expect(rows).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});
