/** Recognises files that have prices or times, and are of no kind that is read here, so that they are refused by their own name. */
import { DataError } from '../../../core/errors.ts';
import { plainName } from '../names.ts';
import { parseNumber } from '../numbers.ts';

interface OtherFile {
  /** Names of columns, in plain form, that stand together in such files alone. */
  readonly marks: readonly string[];
  /** What the file holds, and what to do. */
  readonly what: string;
}

const OTHERS: readonly OtherFile[] = [
  {
    marks: ['sum open interest', 'sum open interest value'],
    what: 'metrics of Binance (open interest, shares of longs and shorts), no prices; put them beside bars with "market-gym data reduce … --join FILE"',
  },
  {
    marks: ['percentage', 'depth', 'notional'],
    what: 'bookDepth of Binance, sums of an order book within percents of its middle; books can be made of bookTicker or recorded depth alone',
  },
  {
    marks: ['average price', 'accumulated fill quantity'],
    what: 'liquidations of Binance, single orders and no market; take its trades or aggTrades',
  },
  {
    marks: ['rtype', 'action', 'order id'],
    what: 'single orders (market by order) of Databento; take its schema mbp-10, mbp-1 or trades',
  },
  {
    marks: ['종목코드', '종목명', '시가총액', '종가'],
    what: 'one day of many symbols, without a date column; take the prices of one symbol over time, or add a column of dates',
  },
  {
    marks: ['series', 'ttl trd qnty', 'deliv qty'],
    what: 'one day of many symbols (a bhavcopy of NSE), whose time column must be named: --columns time=DATE1',
  },
];

/** @throws DataError `other-kind` for a table whose names are those of a file that is none of ours */
export function refuseOtherTables(path: string, names: readonly string[]): void {
  const plain = new Set(names.map(plainName));
  const other = OTHERS.find(({ marks }) => marks.every((mark) => plain.has(mark)));
  if (other === undefined) return;
  throw new DataError('other-kind', `${path} holds ${other.what}.`);
}

/** LOBSTER's files come in pairs, and name neither their columns nor the day. @throws DataError `other-kind` */
export function refuseLobster(path: string, rows: readonly (readonly string[])[]): void {
  const all = (accept: (row: readonly number[]) => boolean) =>
    rows.length > 0 && rows.every((row) => accept(row.map((cell) => parseNumber(cell))));
  const isMessage = all(
    (row) =>
      row.length === 6 &&
      row[0] > 0 &&
      row[0] < 86_400 &&
      Number.isInteger(row[1]) &&
      row[1] >= 1 &&
      row[1] <= 7 &&
      row[4] >= 100 &&
      Math.abs(row[5]) === 1,
  );
  const isBook = all(
    (row) =>
      row.length >= 4 &&
      row.length % 4 === 0 &&
      row[0] > row[2] &&
      row[2] > 100 &&
      row.every(Number.isInteger),
  );
  if (!isMessage && !isBook) return;
  const which = isMessage ? 'messages' : 'states of an order book';
  throw new DataError(
    'other-kind',
    `${path} holds ${which} as LOBSTER writes them: times are seconds of a day that only the file's name tells, prices are ` +
      'times 10,000; write rows of time, bid_price, bid_size, ask_price, ask_size with whole dates.',
  );
}

/** What servers send instead of data. @throws DataError `server-answer` */
export function refuseAnswer(path: string, head: string): void {
  const text = head.slice(0, 2000).trim();
  const said = /^no data\b.{0,100}$/i.test(text)
    ? text
    : /^\{[^[]*"(?:error message|information|note|error|errmsg|msg|message|retmsg)" *: *"(?<said>(?:[^"\\]|\\.){3,})"/i.exec(
        text,
      )?.groups?.said;
  if (said === undefined || text.includes('[')) return;
  throw new DataError(
    'server-answer',
    `${path} holds no data but what a server answered instead: ${JSON.stringify(said.slice(0, 160))}; ask again.`,
  );
}
