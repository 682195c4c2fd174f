/** Several trading markets in one process: a tape, a guard and a policy each. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../live/connection/clock.ts';
import { createScaledClock } from '../../../live/connection/scaled-clock.ts';
import { standInTape } from '../../../live/tape/book-frames.ts';
import { serveTape, type TapeServer } from '../../../live/tape/server.ts';
import { readTape } from '../../../storage/tape.ts';
import { TapeWriter } from '../../../storage/tape-writer.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { Workplace } from '../../scripts/command-line.ts';
import { counts } from '../../soak.ts';

const place = new Workplace();
const servers: TapeServer[] = [];
const symbols = Array.from({ length: counts(3, 20) }, (_, i) => `COIN${i}/USDT`);
const SPEED = 20;

beforeAll(async () => {
  for (const [seed, symbol] of symbols.entries()) {
    const [base, quote] = symbol.split('/');
    // Every third market sends ten times as many books as the others.
    const books = walkingBooks({ events: 20_000, depth: 3, seed });
    const timeMs =
      seed % 3 === 0 ? books.timeMs.map((ms) => books.timeMs[0] + (ms - books.timeMs[0]) / 10) : books.timeMs;
    const path = place.file(`source-${seed}`);
    const writer = new TapeWriter(path);
    for (const record of standInTape({ ...books, timeMs, venues: [{ name: 'bybit', base, quote }] }))
      writer.append(record);
    await writer.close();
    servers.push(
      await serveTape({ open: () => readTape(path), clock: createScaledClock(systemClock, SPEED) }),
    );
  }
  const markets = symbols.map((symbol, i) => ({
    venue: 'bybit',
    symbol,
    settings: { url: servers[i].endpoints[0].url },
    ...(i === 1 && { policy: { rule: 'sma-cross' } }),
  }));
  place.write(
    'many.json',
    JSON.stringify({
      mode: 'trading',
      markets,
      channels: ['book'],
      depth: 3,
      env: { barMs: 2000, normalizationBars: 20 },
      policy: { rule: 'buy-and-hold' },
    }),
  );
}, 60_000);
afterAll(async () => {
  for (const server of servers) await server.close();
  place.remove();
});

describe('market-gym live with several markets', { timeout: 120_000 }, () => {
  test('trades each by its own policy on a tape of its own, and each repeats itself byte for byte', async () => {
    const live = await place.run('live', '--config', 'many.json', '--tape', 'many', '--decisions', '30');
    expect(live.stdout).not.toContain('did not run');
    expect(live.code).toBe(0);
    expect(live.stdout).toMatch(
      new RegExp(
        `^${symbols.length} markets: equity [\\d.]+ of ${symbols.length}0000\\.00, \\d+ decisions`,
        'm',
      ),
    );
    const tapes = readdirSync(place.file('many')).sort();
    expect(tapes).toEqual(symbols.map((_, i) => `bybit-COIN${i}-USDT`).sort());
    for (const [i, symbol] of symbols.entries()) {
      expect(live.stdout).toContain(
        `[bybit ${symbol}] rule:${i === 1 ? 'sma-cross' : 'buy-and-hold'} on bybit ${symbol}`,
      );
    }
    const replayed = await place.run('replay', 'many');
    expect(replayed.code).toBe(0);
    expect(replayed.stdout.match(/byte for byte/g)).toHaveLength(symbols.length);
    const judged = await place.run('evaluate', 'tape:many');
    expect(judged.code).toBe(0);
    expect(judged.stdout.match(/^Report: /gm)).toHaveLength(symbols.length);
  });

  test('holds the sum of them to the limits of the sum', async () => {
    const content = JSON.parse(place.read('many.json'));
    // Room for what one of them wants, and half of another's.
    const totalRisk = { maxExposure: 1.5 / symbols.length };
    const markets = content.markets.map(({ policy: _, ...market }: { policy?: object }) => market);
    place.write('sum.json', JSON.stringify({ ...content, markets, totalRisk }));
    const live = await place.run('live', '--config', 'sum.json', '--tape', 'sum', '--decisions', '30');
    expect([live.code, live.stderr.includes('did not run')]).toEqual([0, false]);
    const reasons = symbols.map((_, i) => {
      const records = [...readTape(place.file(`sum/bybit-COIN${i}-USDT`))].map(({ record }) => record);
      const fills = records.filter(([kind]) => kind === 'fill').length;
      return { fills, denied: records.filter(([, , , , reason]) => reason === 'total-exposure').length };
    });
    expect(reasons.filter(({ fills, denied }) => fills > 0 && denied === 0)).toHaveLength(1);
    expect(reasons.filter(({ fills, denied }) => fills === 0 && denied > 0)).toHaveLength(symbols.length - 1);
    const replayed = await place.run('replay', 'sum');
    expect(replayed.stdout.match(/byte for byte/g)).toHaveLength(symbols.length);
  });

  test.each([
    [
      'currencies that have no sum',
      { markets: ['A/USDT', 'B/EUR'], totalRisk: {} },
      /markets of one currency, .* USDT, EUR/,
    ],
    ['one market', { markets: ['A/USDT'], totalRisk: {} }, /those of the sum of several trading markets/],
    [
      'an unknown limit',
      { markets: ['A/USDT', 'B/USDT'], totalRisk: { maxExposur: 1 } },
      /Did you mean "maxExposure"/,
    ],
    [
      'learning',
      { markets: ['A/USDT', 'B/USDT'], learn: { enabled: true } },
      /cannot learn on.*start one session for each/,
    ],
  ])('refuses limits of a sum with %s in one line', async (_, { markets, ...rest }, pattern) => {
    const url = 'ws://127.0.0.1:1';
    const named = markets.map((symbol) => ({ venue: 'bybit', symbol, settings: { url } }));
    place.write(
      'bad.json',
      JSON.stringify({ mode: 'trading', markets: named, policy: { rule: 'buy-and-hold' }, ...rest }),
    );
    const { code, stderr } = await place.run('live', '--config', 'bad.json', '--tape', 'never');
    expect([code, stderr]).toEqual([2, expect.stringMatching(pattern)]);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(place.exists('never')).toBe(false);
  });

  test('goes on with all of them, and is halted as one', async () => {
    const again = place.start('live', '--config', 'many.json', '--tape', 'many');
    let text = '';
    await new Promise<void>((resolve) => {
      again.process.stdout!.on('data', (piece: string) => {
        text += piece;
        if ((text.match(/Continued after/g) ?? []).length === symbols.length) resolve();
      });
    });
    const halted = await place.run('live', '--halt', '--tape', 'many');
    expect(halted.code).toBe(0);
    expect(halted.stdout.match(/trades no more/g)).toHaveLength(symbols.length);
    again.process.kill('SIGTERM');
    expect((await again.outcome).stdout).toContain(`, ${symbols.length} halted`);
    expect((await place.run('replay', 'many')).code).toBe(0);
  });

  test('a market that is named twice, and learning in many, are refused before anything is on the disk', async () => {
    const file = JSON.parse(place.read('many.json'));
    place.write('twice.json', JSON.stringify({ ...file, markets: [file.markets[0], file.markets[0]] }));
    const twice = await place.run('live', '--config', 'twice.json', '--tape', 'x');
    expect([twice.code, twice.stderr]).toEqual([
      2,
      'Market "bybit COIN0/USDT" is named twice; name each once.\n',
    ]);
    place.write('learn.json', JSON.stringify({ ...file, learn: { enabled: true } }));
    const learns = await place.run('live', '--config', 'learn.json', '--tape', 'x');
    expect([learns.code, learns.stderr]).toEqual([2, expect.stringContaining('cannot learn on')]);
    expect(place.exists('x')).toBe(false);
  });
});
