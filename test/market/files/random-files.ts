/** Draws files of candles in random dialects, and damages them. */
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import iconv from 'iconv-lite';
import type { Rng } from '../../../core/rng.ts';

export const pick = <Item>(rng: Rng, items: readonly Item[]): Item => items[rng.integer(items.length)];

export interface Bar {
  readonly timeMs: number;
  readonly cells: readonly number[];
}

/** Bars of an hour or a day, prices with two decimals, volumes with three. */
function drawBars(rng: Rng): { bars: Bar[]; stepMs: number } {
  const stepMs = pick(rng, [60_000, 3_600_000, 86_400_000]);
  const start = Date.UTC(2001 + rng.integer(24), rng.integer(12), 1 + rng.integer(28));
  let price = 50 + 100 * rng.uniform();
  const bars = Array.from({ length: 25 + rng.integer(20) }, (_, row): Bar => {
    const open = price;
    price *= 1 + 0.02 * rng.gaussian();
    const [high, low] = [Math.max(open, price) * 1.01, Math.min(open, price) * 0.99];
    const cells = [open, high, low, price].map((value) => Number(value.toFixed(2)));
    return { timeMs: start + row * stepMs, cells: [...cells, Number((100 * rng.uniform()).toFixed(3))] };
  });
  return { bars, stepMs };
}

const TIMES: Readonly<Record<string, (timeMs: number) => string>> = {
  iso: (timeMs) => new Date(timeMs).toISOString(),
  space: (timeMs) => new Date(timeMs).toISOString().slice(0, 19).replace('T', ' '),
  offset: (timeMs) => `${new Date(timeMs + 9 * 3_600_000).toISOString().slice(0, 19)}+09:00`,
  seconds: (timeMs) => String(timeMs / 1000),
  milliseconds: String,
  microseconds: (timeMs) => `${timeMs}000`,
  nanoseconds: (timeMs) => `${timeMs}000000`,
  compact: (timeMs) => new Date(timeMs).toISOString().slice(0, 19).replace(/[-T:]/g, ''),
  dotted: (timeMs) => new Date(timeMs).toISOString().slice(0, 16).replace(/-/g, '.').replace('T', ' '),
};

const NAMES = [
  ['time', 'open', 'high', 'low', 'close', 'volume'],
  ['Date', 'Open', 'High', 'Low', 'Close', 'Volume'],
  ['날짜', '시가', '고가', '저가', '종가', '거래량'],
  ['timestamp', '1. open', '2. high', '3. low', '4. close', '5. volume'],
  ['<DATE>', '<OPEN>', '<HIGH>', '<LOW>', '<CLOSE>', '<VOL>'],
  ['Datum', 'Eröffnung', 'Hoch', 'Tief', 'Schlusskurs', 'Volumen'],
];

/** A file and how it was written, for the message of a failure. */
export interface DrawnFile {
  readonly bytes: Uint8Array;
  readonly suffix: string;
  readonly bars: readonly Bar[];
  readonly how: string;
}

export function drawFile(rng: Rng): DrawnFile {
  const { bars } = drawBars(rng);
  const form = pick(rng, Object.keys(TIMES));
  const names = pick(rng, NAMES);
  const order = [0, 1, 2, 3, 4, 5];
  if (rng.uniform() < 0.5) order.sort(() => rng.uniform() - 0.5);
  const newestFirst = rng.uniform() < 0.3;
  const kind = pick(rng, ['csv', 'csv', 'csv', 'json', 'jsonl', 'parquet']);
  const rows = (newestFirst ? bars.toReversed() : bars).map(({ timeMs, cells }) => [
    TIMES[form](timeMs),
    ...cells,
  ]);
  const how = `${kind}, ${form}, ${names[0]}, order ${order.join('')}${newestFirst ? ', newest first' : ''}`;
  if (kind === 'json' || kind === 'jsonl') {
    const objects = rows.map((row) => Object.fromEntries(order.map((c) => [names[c], row[c]])));
    const text =
      kind === 'json' ? JSON.stringify(objects) : objects.map((object) => JSON.stringify(object)).join('\n');
    return { bytes: Buffer.from(text), suffix: `.${kind}`, bars, how };
  }
  if (kind === 'parquet') {
    const columnData = order.map((c) =>
      c === 0
        ? { name: names[c], data: rows.map((row) => String(row[c])), type: 'STRING' as const }
        : { name: names[c], data: Float64Array.from(rows, (row) => Number(row[c])), type: 'DOUBLE' as const },
    );
    return { bytes: new Uint8Array(parquetWriteBuffer({ columnData })), suffix: '.parquet', bars, how };
  }
  const delimiter = pick(rng, [',', ';', '\t', '|']);
  const comma = delimiter !== ',' && rng.uniform() < 0.4;
  const quoted = rng.uniform() < 0.3;
  const lineEnd = pick(rng, ['\n', '\r\n']);
  const write = (value: string | number, c: number) => {
    const text =
      comma && c > 0 ? (value as number).toFixed(c === 5 ? 3 : 2).replace('.', ',') : String(value);
    return quoted ? `"${text}"` : text;
  };
  const lines = [
    ...(rng.uniform() < 0.2 ? ['# exported'] : []),
    order.map((c) => names[c]).join(delimiter),
    ...rows.map((row) => order.map((c) => write(row[c], c)).join(delimiter)),
  ];
  const text = lines.join(lineEnd) + (rng.uniform() < 0.5 ? lineEnd : '');
  const isKorean = names[0] === '날짜';
  const encoding = pick(rng, isKorean ? ['utf8', 'utf16', 'cp949'] : ['utf8', 'utf8bom', 'utf16']);
  const encoded =
    encoding === 'utf16'
      ? Buffer.from(`\ufeff${text}`, 'utf16le')
      : encoding === 'cp949'
        ? iconv.encode(text, 'cp949')
        : Buffer.from(encoding === 'utf8bom' ? `\ufeff${text}` : text);
  const packed = pick(rng, ['', '', 'gz', 'zip']);
  const bytes =
    packed === 'gz' ? gzipSync(encoded) : packed === 'zip' ? zipSync({ 'data.csv': encoded }) : encoded;
  return {
    bytes,
    suffix: '.csv',
    bars,
    how: `${how}, ${delimiter === '\t' ? 'tab' : delimiter}, ${encoding} ${packed}${comma ? ', decimal commas' : ''}`,
  };
}

/** Cuts, doubles, overwrites or inserts a few bytes. */
export function damage(rng: Rng, bytes: Uint8Array): Uint8Array {
  let damaged = Buffer.from(bytes);
  const times = 1 + rng.integer(4);
  for (let k = 0; k < times; k++) {
    const at = rng.integer(damaged.length + 1);
    const what = rng.integer(5);
    if (what === 0) damaged = damaged.subarray(0, at);
    else if (what === 1 && damaged.length > 0) damaged[Math.min(at, damaged.length - 1)] = rng.integer(256);
    else if (what === 2)
      damaged = Buffer.concat([damaged.subarray(0, at), pieces(rng), damaged.subarray(at)]);
    else if (what === 3)
      damaged = Buffer.concat([damaged.subarray(0, at), damaged.subarray(Math.max(0, at - 40))]);
    else damaged = Buffer.concat([damaged.subarray(0, at), damaged.subarray(at + rng.integer(20))]);
    damaged = Buffer.from(damaged);
  }
  return damaged;
}

const pieces = (rng: Rng): Buffer =>
  Buffer.from(
    pick(rng, [
      '"',
      ',',
      '\n',
      ';;',
      '\0\0',
      '1e999',
      '-1',
      'NaN',
      '[',
      '{"a":',
      '\u2028',
      '0'.repeat(400),
      '9'.repeat(25),
      'é',
      '\r',
    ]),
  );
