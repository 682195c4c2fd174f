/** The CSV loader: every dialect it knows, and what it says to everything else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import iconv from 'iconv-lite';
import { afterAll, describe, expect, test } from 'vitest';
import { DataError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import { hashCandles } from '../../../market/candles/candles.ts';
import { formatTime } from '../../../market/candles/timestamps.ts';
import { splitCells } from '../../../market/files/csv/dialect.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { sharedPath } from '../../shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'candles-'));
afterAll(() => rmSync(folder, { recursive: true }));

let numFiles = 0;

function write(content: string | Uint8Array, suffix = '.csv'): string {
  const path = join(folder, `${numFiles++}${suffix}`);
  writeFileSync(path, content);
  return path;
}

const load = (content: string | Uint8Array, suffix?: string) => loadCandles(write(content, suffix));

async function failure(content: string | Uint8Array, suffix?: string): Promise<DataError> {
  try {
    await load(content, suffix);
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toContain(folder);
    expect((error as DataError).message).not.toContain('\n');
    return error as DataError;
  }
  throw new Error('nothing was refused');
}

const PLAIN = 'time,open,high,low,close,volume\n2020-01-01,1,4,0.5,2,10\n2020-01-02,2,5,1.5,3,20\n';
const plainHash = hashCandles((await load(PLAIN)).candles);

describe('loadCandles reads the same candles from', () => {
  const rows = (delimiter: string) => PLAIN.replaceAll(',', delimiter);
  const withHeader = (header: string) => PLAIN.replace(/^.*/, header);
  test.each<[name: string, content: string | Uint8Array]>([
    ['semicolons', rows(';')],
    ['tabs', rows('\t')],
    ['bars', rows('|')],
    ['CRLF line ends', PLAIN.replaceAll('\n', '\r\n')],
    ['no newline at the end', PLAIN.trimEnd()],
    ['blank lines', `\n${PLAIN.replaceAll('\n', '\n\n')}  \n`],
    ['a byte order mark', `\ufeff${PLAIN}`],
    ['UTF-16', Buffer.from(`\ufeff${PLAIN}`, 'utf16le')],
    ['gzip under any name', gzipSync(PLAIN)],
    ['an address as first line', `https://www.example.com/\n${PLAIN}`],
    ['comments as first lines', `# bars, daily\n# in UTC\n${PLAIN}`],
    ['quoted cells', PLAIN.replace(/[^,\n]+/g, '"$&"')],
    ['spaces around cells', PLAIN.replaceAll(',', ' , ')],
    ['a delimiter too many at the end of rows', PLAIN.replace(/(\d)\n/g, '$1,\n')],
    ['capitals', withHeader('Date,Open,HIGH,Low,Close,Volume')],
    ['other names', withHeader('Gmt time,open,high,low,close,Vol')],
    ['open_time and Volume_(BTC)', withHeader('open_time,open,high,low,close,Volume_(BTC)')],
    ['Volume BTC', withHeader('timestamp,open,high,low,close,Volume BTC')],
    ['angle brackets', withHeader('<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>')],
    [
      'newest first',
      PLAIN.split('\n').with(1, PLAIN.split('\n')[2]).with(2, PLAIN.split('\n')[1]).join('\n'),
    ],
    [
      'exponents and zeros',
      PLAIN.replace('10\n', '1e1\n').replace('0.5', '.5').replace(',4,', ',+4.000000,'),
    ],
    ['unix seconds', PLAIN.replace('2020-01-01', '1577836800').replace('2020-01-02', '1577923200')],
    [
      'day.month.year',
      PLAIN.replace('2020-01-01', '01.01.2020 00:00:00.000').replace('2020-01-02', '02.01.2020'),
    ],
    [
      'AM and PM',
      PLAIN.replace('2020-01-01', '2020-01-01 12-AM').replace('2020-01-02', '2020-01-02 12:00 AM'),
    ],
    ['month names', PLAIN.replace('2020-01-01', '"Jan 1, 2020"').replace('2020-01-02', '2-Jan-2020')],
    ['decimal commas', rows(';').replaceAll('.', ',').replace('10\n', '10,00\n')],
    ['thousands', PLAIN.replace('10\n', '"10.00"\n').replace('20\n', '0.02K\n')],
    ['UTF-16 without a mark', Buffer.from(PLAIN, 'utf16le')],
    ['carriage returns alone', PLAIN.replaceAll('\n', '\r')],
    ['Korean names', withHeader('날짜,시가,고가,저가,종가,거래량')],
    ['Korean names in CP949', iconv.encode(withHeader('날짜,시가,고가,저가,종가,거래량'), 'cp949')],
    ['German names', withHeader('Datum,Erster,Hoch,Tief,Schlusskurs,Stück')],
    ['numbered names', withHeader('timestamp,1. open,2. high,3. low,4. close,5. volume')],
    ['an index without a name', withHeader(',open,high,low,close,volume')],
    ['JSON lists', '[[1577836800000,1,4,0.5,2,10],[1577923200000,2,5,1.5,3,20]]'],
    [
      'JSON objects',
      '[{"t":1577836800,"o":1,"h":4,"l":0.5,"c":2,"v":"10"},{"t":1577923200,"o":2,"h":5,"l":1.5,"c":3,"v":20}]',
    ],
    [
      'JSON of columns',
      '{"t":[1577836800,1577923200],"o":[1,2],"h":[4,5],"l":[0.5,1.5],"c":[2,3],"v":[10,20],"s":"ok"}',
    ],
    [
      'JSON lines',
      '{"time":"2020-01-01","open":1,"high":4,"low":0.5,"close":2,"volume":10}\n{"time":"2020-01-02","open":2,"high":5,"low":1.5,"close":3,"volume":20}\n',
    ],
    [
      'JSON inside an answer',
      '{"code":0,"data":{"candles":[[1577836800000,1,4,0.5,2,10],[1577923200000,2,5,1.5,3,20]]}}',
    ],
    ['a zip', zipSync({ 'a.csv': Buffer.from(PLAIN) })],
    [
      'a zip of two files',
      zipSync({
        'b.csv': Buffer.from(PLAIN.split('\n').toSpliced(1, 1).join('\n')),
        'a.csv': Buffer.from(PLAIN.split('\n').toSpliced(2, 1).join('\n')),
        'README.txt': Buffer.from('read me'),
      }),
    ],
  ])('%s', async (_, content) => {
    expect(hashCandles((await load(content)).candles)).toBe(plainHash);
  });

  test('a date and a clock in two columns', async () => {
    const { candles, report } = await load('date,time,open,high,low,close\n2020.01.01,05:30,1,1,1,1\n');
    expect(formatTime(candles.timeMs[0])).toBe('2020-01-01T05:30:00.000Z');
    expect(report.columns).toMatchObject({ time: 'date', clock: 'time' });
  });

  test('a date and the whole time in two columns', async () => {
    const text = 'date,time,open,high,low,close\n2020-01-01,1577856600,1,1,1,1\n';
    const { candles } = await load(text);
    expect(formatTime(candles.timeMs[0])).toBe('2020-01-01T05:30:00.000Z');
  });

  test('unix time rather than a date beside it', async () => {
    const text = 'date,unix,open,high,low,close\n2020-01-01,1577856600,1,1,1,1\n';
    expect((await load(text)).candles.timeMs[0]).toBe(1577856600000);
  });
});

test('the close is never the adjusted close, the volume never a trade count', async () => {
  const text =
    'Date,Adj Close,Open,High,Low,Close,Volume trades,Quote asset volume,Volume\n2020-01-01,9,1,2,1,2,7,8,5\n';
  const { candles, report } = await load(text);
  expect([candles.close[0], candles.volume[0]]).toEqual([2, 5]);
  expect(report.columns).toMatchObject({ close: 'Close', volume: 'Volume' });
  const error = await failure('Date,Open,High,Low,Adj Close,Volume\n2020-01-01,1,2,1,2,5\n');
  expect(error).toMatchObject({ code: 'missing-columns' });
});

test('of two volumes the first named is in base units', async () => {
  const text = 'time,open,high,low,close,Volume_(BTC),Volume_(Currency)\n2020-01-01,1,2,1,2,5,8\n';
  expect((await load(text)).candles.volume[0]).toBe(5);
});

test('splitCells knows quoted delimiters and quotes', () => {
  expect(splitCells('a,"b,""c""",,"",d', ',')).toEqual(['a', 'b,"c"', '', '', 'd']);
  expect(splitCells('a,"b', ',')).toBeUndefined();
});

test('the report says what was not taken as it stood', async () => {
  const text = 'Date,Open,High,Low,Close,Volume USD\n7/14/2019,1,1,1,1,5\n7/1/2019,1,1,1,1,5\n';
  const { candles, report } = await load(text);
  expect([...candles.volume]).toEqual([0, 0]);
  expect(report).toMatchObject({ rows: 2, delimiter: ',', reversed: true, timeForms: ['day/month/year'] });
  expect(report.notes).toHaveLength(3);
  expect(report.notes[0]).toContain('newest row first');
  expect(report.notes[1]).toContain('month first');
  expect(report.notes[2]).toContain('"Volume USD" is in quote units');
  expect((await load(PLAIN)).report.notes).toEqual([]);
});

test('base and quote volumes that stand in each other’s place are told by the price, and said', async () => {
  const { candles, report } = await load(
    'unix,open,high,low,close,Volume BTC,Volume USD\n' +
      '1600000000,100,110,90,100,3,300\n1600000060,100,110,90,100,500,5\n1600000120,100,110,90,100,0,0\n' +
      '1600000180,100,110,90,100,7,8\n',
  );
  expect([...candles.volume]).toEqual([3, 5, 0, 7]);
  expect(report.notes[0]).toContain('In 1 of 4 rows, from 2020-09-13T12:27:40.000Z');
});

describe('loadCandles refuses, in one line,', () => {
  const spoil = (from: string, to: string) => PLAIN.replace(from, to);
  test.each<[name: string, content: string | Uint8Array, code: string, says: string[]]>([
    ['an empty file', '', 'empty-file', ['is empty']],
    ['blank lines alone', '\n \n', 'empty-file', ['is empty']],
    ['a header alone', 'time,open,high,low,close\n', 'no-rows', ['no rows']],
    [
      'missing columns',
      'time,open,low\n2020-01-01,1,1\n',
      'missing-columns',
      ['high, close', '"time", "open", "low"'],
    ],
    ['rows without a header', '2020-01-01,1,1,1,1\n', 'missing-header', ['time,open,high,low,close,volume']],
    ['a binary file', new Uint8Array(5000).fill(7), 'missing-header', []],
    ['a text cell', spoil('0.5', 'abc'), 'invalid-number', ['line 2', '"low"', '"abc"']],
    ['null', spoil(',20\n', ',null\n'), 'invalid-number', ['line 3', '"volume"', '"null"']],
    ['hexadecimal', spoil('0.5', '0x1'), 'invalid-number', ['"0x1"']],
    ['Infinity', spoil('0.5', 'Infinity'), 'invalid-number', ['"Infinity"']],
    [
      'too large a number',
      spoil('10\n', '1e999\n'),
      'non-finite-value',
      ['line 2', '"volume"', '2020-01-01T'],
    ],
    ['a decimal comma', spoil('0.5', '"0,5"'), 'invalid-number', ['decimals with a point']],
    ['an empty cell', spoil('0.5', ''), 'empty-cell', ['line 2', '"low"']],
    ['an empty time', spoil('2020-01-02', ' '), 'empty-cell', ['line 3', '"time"']],
    [
      'an unknown time',
      spoil('2020-01-02', '2 Foo 2020'),
      'invalid-time-text',
      ['line 3', '"time"', '"2 Foo 2020"'],
    ],
    ['a cell too few', spoil(',20', ''), 'row-width', ['line 3', '5 cells', '6']],
    ['a cell too many', spoil('0.5', '0,5'), 'row-width', ['line 2', '7 cells']],
    ['an open quote', spoil('0.5', '"0.5'), 'unclosed-quote', ['line 2']],
    ['a bad bar', spoil('0.5', '1.5'), 'low-too-high', ['line 2', '"low"', '2020-01-01T00:00:00.000Z']],
    ['a price of zero', spoil('0.5', '0'), 'non-positive-price', ['line 2', '"low"']],
    ['a repeated time', spoil('2020-01-02', '2020-01-01'), 'duplicate-time', ['line 3']],
    ['rows out of order', `${PLAIN}2020-01-01 12:00,2,5,1.5,3,20\n`, 'unsorted-times', ['line 4']],
    ['a line without end', 'x'.repeat(2_000_000), 'not-text', []],
    ['a gzip cut short', gzipSync(PLAIN).subarray(0, 60), 'corrupt-gzip', []],
  ])('%s', async (_, content, code, says) => {
    const error = await failure(content);
    expect(error.code).toBe(code);
    for (const part of says) expect(error.message).toContain(part);
  });

  test('the newest-first file’s bad row by its own line number', async () => {
    const text = 'time,open,high,low,close\n2020-01-03,1,1,1,1\n2020-01-02,1,0.9,1,1\n2020-01-01,1,1,1,1\n';
    expect(await failure(text)).toMatchObject({
      code: 'high-too-low',
      message: expect.stringContaining('line 3 '),
    });
  });

  test('a bad row by its line in the file, comments and blank lines counted', async () => {
    const text = `# bars\n\n${PLAIN.replace('2020-01-02', '\n\n2020-01-02').replace('1.5', 'x')}`;
    expect(await failure(text)).toMatchObject({ message: expect.stringContaining('line 7, column "low"') });
  });

  test('a file that says .gz and is not', async () => {
    expect(await failure(PLAIN, '.csv.gz')).toMatchObject({ code: 'corrupt-gzip' });
  });

  test('a path without a file, and a folder', async () => {
    await expect(loadCandles(join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(loadCandles(folder)).rejects.toMatchObject({ code: 'unreadable-file' });
  });
});

test('what is written is read back to the bit, plain and gzipped, over many read blocks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 3000 }), async (seed, length) => {
      const candles = geometricBrownian({ rng: createRng(seed), length });
      const lines = ['ts_ms,open,high,low,close,volume'];
      for (let r = 0; r < length; r++) {
        const { timeMs, open, high, low, close, volume } = candles;
        lines.push([timeMs, open, high, low, close, volume].map((column) => column[r]).join(','));
      }
      const text = lines.join('\n');
      expect(hashCandles((await load(text)).candles)).toBe(hashCandles(candles));
      expect(hashCandles((await load(gzipSync(text), '.gz')).candles)).toBe(hashCandles(candles));
    }),
    { numRuns: 10 },
  );
});

describe('files from the wild', () => {
  test.each<[file: string, rows: number, first: string, last: string]>([
    [
      'btcusd_1h_bitstamp_newest-first.csv.gz',
      33_259,
      '2018-05-15T06:00:00.000Z',
      '2022-03-01T00:00:00.000Z',
    ],
    ['btcusd_1h_coinbase.csv.gz', 20_111, '2017-07-01T11:00:00.000Z', '2019-10-17T09:00:00.000Z'],
    ['eurusd_1h_2017_ask.csv.gz', 6_225, '2017-01-01T22:00:00.000Z', '2017-12-29T21:00:00.000Z'],
    ['googl_1d.csv', 2_335, '2009-05-22T00:00:00.000Z', '2018-08-29T00:00:00.000Z'],
  ])('%s', async (file, rows, first, last) => {
    const path = sharedPath(`data/candles/${file}`);
    if (path === undefined) return;
    const { candles, report } = await loadCandles(path);
    expect(report.rows).toBe(rows);
    expect(formatTime(candles.timeMs[0])).toBe(first);
    expect(formatTime(candles.timeMs[rows - 1])).toBe(last);
    if (file.includes('bitstamp')) {
      expect(report.reversed).toBe(true);
      expect([candles.volume[0], candles.volume[rows - 1]]).toEqual([559.93, 52.05632]);
      expect(report.notes[1]).toContain('In 20143 of 33259 rows');
    }
    if (file.includes('googl')) expect(candles.close[rows - 1]).toBe(1264.650024);
  });

  test('the S&P 500 file that comes with the project', async () => {
    const path = fileURLToPath(new URL('../../../data/sp500-daily.csv', import.meta.url));
    const { candles, report } = await loadCandles(path);
    expect(report).toMatchObject({ rows: 5105, reversed: false, notes: [], columns: { close: 'close' } });
    expect(formatTime(candles.timeMs[0])).toBe('2000-01-03T00:00:00.000Z');
    expect(formatTime(candles.timeMs[5104])).toBe('2020-04-17T00:00:00.000Z');
    expect(candles.close[5104]).toBe(2874.560059);
  });
});
