import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadBooksOrCapture, loadTradesOrCapture } from '../../../live/tape/capture.ts';
import { loadBooks } from '../../../market/books/load.ts';
import { checkTape } from '../../../market/books/tape-builder.ts';
import type { LoadBooksOptions } from '../../../market/books/tape-loading.ts';
import { sharedPath } from '../../shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'market-gym-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

const START_NS = 1723161253937085768n;

function write(frames: readonly string[]): string {
  const path = join(folder, 'frames');
  writeFileSync(path, frames.map((json, n) => `${START_NS + BigInt(n)} ${json}`).join('\n'));
  return path;
}

const load = (frames: readonly string[], options: LoadBooksOptions = {}) =>
  loadBooksOrCapture(write(frames), options);

const depth = (first: number, last: number, previous?: number) =>
  `{"e":"depthUpdate","E":5,"s":"BTCUSDT","U":${first},"u":${last},` +
  `${previous === undefined ? '' : `"pu":${previous},`}"b":[["10","${last}"]],"a":[]}`;
const whole = (id: number) => `{"lastUpdateId":${id},"bids":[["10","1"]],"asks":[["11","1"]]}`;
const trade = (id: number, more = '') =>
  `{"e":"trade","E":5,"T":4,"s":"BTCUSDT","t":${id},"p":"10.5","q":"2","m":true${more}}`;
const sizes = ({ tape }: Awaited<ReturnType<typeof load>>) => [...tape.bidSizes].filter((size) => size > 0);

describe('the frames of a capture', () => {
  test('keep nanoseconds, and stop at lost changes until the next snapshot', async () => {
    const frames = [depth(2, 4), whole(3), depth(5, 6), depth(8, 9), depth(10, 10), whole(9)];
    const loaded = await load([...frames, '{"result":null,"id":1}']);
    expect(sizes(loaded)).toEqual([4, 6, 10]);
    expect(loaded.tape.timeMs[0]).toBe(1723161253937 + 0.085769);
    expect(loaded.report.notes).toEqual([
      '2 changes came before a snapshot that they could follow.',
      'Changes were lost 1 times; the books end there until a new snapshot.',
      '1 frames are neither books nor trades.',
    ]);
  });

  test.each([3, 5])(
    'show no book until a change from %i on has met the snapshot before it',
    async (first) => {
      expect(sizes(await load([whole(4), depth(first, 6), depth(7, 7)]))).toEqual([6, 7]);
    },
  );

  test('take a change that the snapshot holds already as its meeting', async () => {
    expect(sizes(await load([whole(4), depth(1, 4), depth(5, 5)]))).toEqual([1, 5]);
  });

  test('pass over snapshots from before the stream, and those that come while the book is good', async () => {
    const loaded = await load([depth(7, 8), whole(5), whole(7), whole(6), depth(9, 9)]);
    expect(sizes(loaded)).toEqual([8, 9]);
    expect(loaded.report.notes).toContain('1 snapshots were older than the stream.');
  });

  test('of a perpetual follow the chain of previous ids', async () => {
    const loaded = await load([
      depth(1, 3, 0),
      depth(4, 8, 3),
      whole(6),
      depth(12, 15, 8),
      depth(16, 17, 14),
    ]);
    expect(sizes(loaded)).toEqual([8, 15, 17]);
    const cut = await load([depth(4, 8, 3), whole(6), depth(12, 15, 8), depth(18, 19, 17)]);
    expect(sizes(cut)).toEqual([8, 15]);
    expect(cut.report.notes.at(-1)).toMatch(/^Changes were lost 1 times/);
    expect(cut.tape.venues).toEqual([{ name: 'binance-usdm', base: 'BTC', quote: 'USDT' }]);
  });

  test('lose the book at a change that cannot be read, or are refused with its line', async () => {
    const frames = [
      whole(4),
      depth(5, 5),
      depth(6, 6).replace('"6"', '"much"'),
      depth(7, 7),
      whole(7),
      depth(8, 8),
    ];
    const loaded = await load(frames);
    expect(sizes(loaded)).toEqual([5, 1, 8]);
    expect(loaded.report.notes).toContain(
      'A change could not be read 1 times; the books end there until a new snapshot.',
    );
    await expect(load(frames, { policy: 'throw' })).rejects.toThrow(/line 3: "b" must be a number/);
  });

  test('lose the book where bid and ask cross, or are refused with the line', async () => {
    const crossing = depth(6, 6).replace('["10"', '["12"');
    const frames = [whole(4), depth(5, 5), crossing, whole(7), depth(8, 8)];
    expect(sizes(await load(frames))).toEqual([5, 8]);
    await expect(load(frames, { policy: 'throw' })).rejects.toThrow(/line 3: bid 12 is not below ask 11/);
  });

  test('go on after the venue has shut a server down, from the next snapshot', async () => {
    const frames = [
      whole(4),
      depth(5, 5),
      '{"e":"serverShutdown","E":5}',
      depth(6, 6),
      whole(6),
      depth(7, 7),
    ];
    expect(sizes(await load(frames))).toEqual([5, 1, 7]);
  });

  test('end in an error where the venue refused the subscription', async () => {
    const refusal = '{"error":{"code":2,"msg":"Invalid request"},"id":1}';
    await expect(load([trade(1), refusal, whole(4), depth(5, 5)])).rejects.toThrow(
      /line 2 ends the recording: the venue refuses: Invalid request/,
    );
  });

  test('leave out parts of a book, which changes cannot follow, and say so', async () => {
    const part = `{"stream":"btcusdt@depth20@100ms","data":${whole(5)}}`;
    const loaded = await load([part, whole(4), depth(5, 5), part]);
    expect(sizes(loaded)).toEqual([5]);
    expect(loaded.report.notes).toEqual([
      '2 frames are parts of a book (@depth5 to @depth20), which changes cannot follow.',
    ]);
  });

  test('hold the trades of the market, without those of the insurance fund', async () => {
    const frames = [
      trade(1),
      trade(2, ',"X":"INSURANCE_FUND"'),
      trade(3, ',"X":"MARKET"'),
      whole(4),
      depth(5, 5),
    ];
    const { trades, report } = await load(frames);
    expect([trades?.length, trades?.prices[0], trades?.sides[1]]).toEqual([2, 10.5, -1]);
    expect(report.notes).toEqual(['1 frames are neither books nor trades.']);
  });

  test('of two markets in one file are refused', async () => {
    await expect(load([depth(1, 2), depth(1, 2).replace('BTC', 'ETH')])).rejects.toThrow(
      /line 2 is of ETHUSDT, those before of BTCUSDT/,
    );
  });

  test.each([
    ['{"e":"depthUpdate","s":"BTCUSDT","U":', /line 1 cannot be read/],
    ['{"result":', /line 1 is no JSON/],
  ])('that are cut off are refused: %s', async (text, message) => {
    await expect(load([text])).rejects.toThrow(message);
  });

  test('are no file of books as such', async () => {
    await expect(loadBooks(write([whole(4)]))).rejects.toThrow(
      /recorded frames of a venue.*loadBooksOrCapture/,
    );
  });

  test('without trades have none to load', async () => {
    const quote = '{"u":1,"s":"BTCUSDT","b":"10","B":"1","a":"11","A":"1"}';
    await expect(loadTradesOrCapture(write([quote]))).rejects.toThrow(/no trades among them/);
    expect((await load([quote], { stream: 'quotes' })).tape.length).toBe(1);
  });
});

const perpetual = sharedPath('data/raw-messages/binance-usdm_btcusdt_2024-08-08.gz');
const spotFrames = sharedPath('data/raw-messages/binance-spot_btcusdt_2024-08-08.gz');
test.skipIf(spotFrames === undefined).each([
  [spotFrames, 'binance', 3449, 28_040, 9757, 3],
  [perpetual, 'binance-usdm', 6546, 66_089, 21_313, 6],
])(
  'the frames of %s stay in step from the snapshot to the end',
  async (path, venue, books, quotes, trades, early) => {
    const loaded = await loadBooksOrCapture(path as string, { policy: 'throw' });
    checkTape(loaded.tape);
    expect(loaded.tape.venues).toEqual([{ name: venue, base: 'BTC', quote: 'USDT' }]);
    expect([loaded.tape.length, loaded.trades?.length]).toEqual([books, trades]);
    expect(loaded.report.notes).toEqual([`${early} changes came before a snapshot that they could follow.`]);
    // The last change of the book agrees with the last quote before it.
    const best = (await loadBooksOrCapture(path as string, { stream: 'quotes' })).tape;
    expect(best.length).toBe(quotes);
    expect([best.bidPrices[quotes - 1], best.askPrices[quotes - 1]]).toEqual([
      loaded.tape.bidPrices[(books - 1) * 20],
      loaded.tape.askPrices[(books - 1) * 20],
    ]);
  },
);
