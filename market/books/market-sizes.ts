/** Finds out which market a file of trades or books is of, and turns sizes that count contracts into base units. */
import { basename } from 'node:path';
import { DataError } from '../../core/errors.ts';
import { UNKNOWN_CURRENCY } from '../candles/currencies.ts';
import { type NamedMarket, readMarketName } from '../candles/market-names.ts';
import type { LoadBooksOptions } from './tape-loading.ts';

/** Binance's archives name their market in the file's name alone. */
const ARCHIVE = /^(?<symbol>[A-Z0-9_]+)-(?:aggTrades|trades|bookTicker|bookDepth)(?:-|\.|$)/;
/** Others write the names of contracts there, which no pair has. */
const CONTRACT = /^(?<symbol>[A-Z0-9]+-(?:[A-Z]+-SWAP|PERPETUAL)|[A-Z0-9]+USD_PERP)(?![A-Z0-9])/;

const UNKNOWN: NamedMarket = {
  base: UNKNOWN_CURRENCY,
  quote: UNKNOWN_CURRENCY,
  kind: 'spot',
  settlement: undefined,
  contract: undefined,
};

/** @param symbol as the file has it; where it has none, its own name may tell */
export function marketOf(
  path: string,
  symbol: string | undefined,
  venue: string | undefined,
  { pair }: LoadBooksOptions,
): NamedMarket {
  const name = symbol ?? nameInPath(path);
  const market = name === undefined ? UNKNOWN : readMarketName(name, venue);
  return pair === undefined ? market : { ...market, ...pair };
}

function nameInPath(path: string): string | undefined {
  const file = basename(path);
  return (ARCHIVE.exec(file) ?? CONTRACT.exec(file))?.groups?.symbol;
}

/** Turns a size of the file into base units. */
export type SizeReader = (price: number, size: number) => number;

const asItStands: SizeReader = (_, size) => size;

/**
 * @param inBase the file's sizes are of a column that is in base units whatever the market
 * @returns how sizes are read, and what a reader should know of it
 * @throws DataError `contract-size` for contracts of a size that neither the name nor the user tells
 */
export function readSizes(
  path: string,
  market: NamedMarket,
  { contractSize }: LoadBooksOptions,
  inBase = false,
): { read: SizeReader; notes: readonly string[] } {
  const { contract, base, quote, settlement } = market;
  if (inBase || (contract === undefined && contractSize === undefined))
    return { read: asItStands, notes: [] };
  const isInverse =
    contract === undefined || contract === 'unknown' ? settlement === base : contract.of === 'quote';
  const amount = contractSize ?? (contract === 'unknown' ? undefined : contract?.amount);
  if (amount === undefined) {
    throw new DataError(
      'contract-size',
      `${path} counts sizes of ${base}/${quote} (${market.kind}) in contracts, and does not say what one is; give it with ` +
        `--contract-size, in ${isInverse ? quote : base}, or 1 where sizes are in ${base}.`,
    );
  }
  const word = `${amount} ${isInverse ? quote : base}`;
  const notes = [`Sizes count contracts of ${word}; they were converted into ${base}.`];
  return { read: isInverse ? (price, size) => (size * amount) / price : (_, size) => size * amount, notes };
}
