/** `data describe` writes its report as a page, and a portfolio of hundreds of files or symbols is read whole. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadMarket } from '../../../experiments/run/market.ts';
import { candleFile, candleLines, Workplace } from '../command-line.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place.remove());

test('the report is a page of its own, and only of candles', async () => {
  place.write('prices.csv', candleFile(candleLines(60).filter((_, row) => row < 20 || row > 40)));
  const { code, stdout } = await place.run('data', 'describe', 'prices.csv', '--report', 'q.html');
  expect(code).toBe(0);
  expect(stdout).toContain('Report: q.html');
  const page = place.read('q.html');
  expect(page).toContain('data-kind="gap"');
  expect(page).toContain('<h1>prices.csv</h1>');
  place.write(
    'books.jsonl',
    '{"timestamp":1672759800000,"exchange":"A","symbol":"BTC/USD","bids":[[10,1]],"asks":[[11,2]]}\n',
  );
  const refused = await place.run('data', 'describe', 'books.jsonl', '--report', 'r.html');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--report shows candles') });
  expect(place.exists('r.html')).toBe(false);
});

test('hundreds of symbols load, from a pattern of files and from one long table', async () => {
  const header = 'time,open,high,low,close,volume';
  const numSymbols = 300;
  const price = (symbol: number, row: number) => 10 + symbol + (row % 3);
  const lines = (symbol: number) =>
    Array.from({ length: 30 }, (_, row) => {
      const p = price(symbol, row);
      return `${1_672_759_800 + 3600 * row},${p},${p + 1},${p - 1},${p},5`;
    });
  for (let s = 0; s < numSymbols; s++) place.write(`S${s}.csv`, `${header}\n${lines(s).join('\n')}\n`);
  const long = Array.from({ length: numSymbols }, (_, s) => lines(s).map((line) => `SYM${s},${line}`)).flat();
  place.write('long.csv', `symbol,${header}\n${long.join('\n')}\n`);
  for (const data of [place.file('S*.csv'), place.file('long.csv')]) {
    const { series } = await loadMarket(data, {});
    expect(series).toHaveLength(numSymbols);
    // Files come by name, S10 before S2; each has its own prices.
    const firsts = series.map(({ close }) => close[0]);
    expect(new Set(firsts).size).toBe(numSymbols);
    expect(Math.min(...firsts)).toBe(10);
    expect(series.every(({ length }) => length === 30)).toBe(true);
  }
});
