/** Reads what OKX says of swaps beside their books: what a contract is, marks, funding, open interest. */
import {
  arrayOf,
  decimalOf,
  epochOf,
  excerpt,
  type Fields,
  fieldsOf,
  parseFields,
  priceOf,
  rateOf,
} from '../connection/frame-fields.ts';
import { type ContractEvent, FrameError, type InstrumentEvent } from '../connection/venue.ts';

type Contract = Omit<ContractEvent, 'kind' | 'timeMs' | 'symbol'>;
type Instrument = Omit<InstrumentEvent, 'kind' | 'timeMs' | 'symbol'>;

export const SWAP_CHANNELS = ['mark-price', 'funding-rate', 'open-interest'] as const;

const UNKNOWN = {
  mark: Number.NaN,
  index: Number.NaN,
  fundingRate: Number.NaN,
  fundingTimeMs: Number.NaN,
  predictedRate: Number.NaN,
  openInterest: Number.NaN,
};

/**
 * @param body of the venue's answer about one instrument
 * @returns undefined for a contract that is settled in its own base
 * @throws FrameError `malformed`, `unreadable`
 */
export function readSwap(body: string): Instrument | undefined {
  const answer = parseFields(body);
  if (answer.code !== '0')
    throw new FrameError('malformed', `${excerpt(answer.code)} ${excerpt(answer.msg)}`);
  const swap = fieldsOf(arrayOf(answer.data, 'data')[0], 'data');
  if (swap.ctType !== 'linear') return undefined;
  // The multiplier is 1 for all swaps there have been.
  const contractSize =
    priceOf(swap.ctVal, 'ctVal') * (isSaid(swap.ctMult) ? priceOf(swap.ctMult, 'ctMult') : 1);
  return {
    contractSize,
    tickSize: numberIn(swap, 'tickSz'),
    lotSize: contractSize * numberIn(swap, 'lotSz'),
    minSize: contractSize * numberIn(swap, 'minSz'),
    maxLeverage: numberIn(swap, 'lever'),
    // Told with each funding.
    fundingIntervalMs: 0,
  };
}

/** @throws FrameError `malformed` */
export function readContract(channel: (typeof SWAP_CHANNELS)[number], data: Fields): Contract {
  const exchangeTimeMs = epochOf(data.ts, 'ts');
  if (channel === 'mark-price') return { ...UNKNOWN, exchangeTimeMs, mark: priceOf(data.markPx, 'markPx') };
  if (channel === 'open-interest')
    return { ...UNKNOWN, exchangeTimeMs, openInterest: decimalOf(data.oiCcy, 'oiCcy') };
  return {
    ...UNKNOWN,
    exchangeTimeMs,
    fundingRate: rateOf(data.fundingRate, 'fundingRate'),
    fundingTimeMs: epochOf(data.fundingTime, 'fundingTime'),
    predictedRate: isSaid(data.nextFundingRate)
      ? rateOf(data.nextFundingRate, 'nextFundingRate')
      : Number.NaN,
  };
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== '';

const numberIn = (fields: Fields, name: string): number =>
  isSaid(fields[name]) ? decimalOf(fields[name], name) : 0;
