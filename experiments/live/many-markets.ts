/**
 * Parts a file that names several trading markets into sessions of one market each: a tape, a guard and a policy of its own, in
 * one process. What happens in one of them cannot reach another, and each tape is replayed by itself.
 */
import { join } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import type { LiveFile } from './file.ts';

export interface MarketSession {
  /** `bybit-BTC-USDT`: what its tape is called. */
  readonly name: string;
  /** `bybit BTC/USDT` */
  readonly title: string;
  /** Of this market alone: its policy is its own, where it names one. */
  readonly file: LiveFile;
  readonly tape: string;
}

/**
 * @param tape folder; each market's tape is below it
 * @returns undefined where there is one market, or one session trades all of them
 * @throws ConfigError `invalid-markets` for a market that is named twice, `invalid-setting` for a policy that is to learn on, and for
 *   limits of a sum that there is not
 */
export function partMarkets(file: LiveFile, tape: string): MarketSession[] | undefined {
  const { markets, mode } = file.session as { mode?: string; markets?: readonly Market[] };
  if (mode !== 'trading' || !Array.isArray(markets) || markets.length < 2) {
    if (file.totalRisk === undefined) return undefined;
    throw new ConfigError(
      'invalid-setting',
      'Limits of "totalRisk" are those of the sum of several trading markets; one session has "risk".',
    );
  }
  requireOneCurrency(file, markets);
  if (file.learn !== undefined) {
    throw new ConfigError(
      'invalid-setting',
      `A session of ${markets.length} markets cannot learn on: a champion has one history. Leave out "learn", or start one session for each market, with a registry model and a tape of its own.`,
    );
  }
  const names = markets.map(({ venue, symbol }) =>
    `${venue}-${symbol.toUpperCase()}`.replaceAll(/[^\w.-]/g, '-'),
  );
  const repeated = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (repeated >= 0) {
    const { venue, symbol } = markets[repeated];
    throw new ConfigError('invalid-markets', `Market "${venue} ${symbol}" is named twice; name each once.`);
  }
  return markets.map((market, i) => ({
    name: names[i],
    title: `${market.venue} ${market.symbol}`,
    tape: join(tape, names[i]),
    file: {
      ...file,
      tape: join(tape, names[i]),
      policy: file.marketPolicies[i] ?? file.policy,
      session: { ...file.session, markets: [market] },
    },
  }));
}

/** Amounts of several currencies have no sum. */
function requireOneCurrency({ totalRisk }: LiveFile, markets: readonly Market[]): void {
  if (totalRisk === undefined) return;
  const quotes = [...new Set(markets.map(({ symbol }) => symbol.toUpperCase().split('/')[1]))];
  if (quotes.length === 1) return;
  throw new ConfigError(
    'invalid-setting',
    `Limits of "totalRisk" need markets of one currency, and these have ${quotes.join(', ')}; run a session for each.`,
  );
}

interface Market {
  readonly venue: string;
  readonly symbol: string;
}
