/** Turns a kind of arbitrage, its settings and a tape into markets, combinations and balances. */
import { ConfigError } from '../../core/errors.ts';
import { type LegPlan, planLegs } from '../../market/arbitrage/legs/plan.ts';
import type { BookTape, Venue } from '../../market/books/tape.ts';
import type { FundingSeries } from '../../market/instruments/funding-series.ts';
import { createInstrument } from '../../market/instruments/instrument.ts';
import { planRows, type RowRange } from '../episode-rows.ts';
import type { ComboConfig } from './config.ts';
import type { ComboKind } from './kinds.ts';

/**
 * @throws ConfigError `wrong-venues` for a tape of another number of markets, `invalid-value` for settings that do not
 *   fit, `currency-without-rate`, `invalid-instrument`
 */
export function planCombos(kind: ComboKind, config: ComboConfig, venues: readonly Venue[]): LegPlan {
  const owner = `Env "${kind.name}"`;
  if (venues.length !== kind.markets.length) {
    throw new ConfigError(
      'wrong-venues',
      `${owner} trades ${kind.markets.length} markets (${kind.markets.map((m) => `${m.kind} at ${m.exchange}`).join(', ')}), but the tape has ` +
        `${venues.length}: ${venues.map(({ name }) => name).join(', ')}; select them in that order.`,
    );
  }
  for (const key of ['instruments', 'exchanges'] as const) {
    const { length } = config[key];
    if (length === 0 || length === venues.length) continue;
    throw new ConfigError(
      'invalid-value',
      `${owner}: ${key} must have one entry for each of the ${venues.length} markets, got ${length}.`,
    );
  }
  for (const key of ['sizes', 'targets', 'quoteEdgesBps'] as const) {
    if (!config[key].some((value, i) => i > 0 && value <= config[key][i - 1])) continue;
    throw new ConfigError('invalid-value', `${owner}: ${key} must rise, got ${config[key].join(', ')}.`);
  }
  const fee = config.takerFeeRate;
  const markets = venues.map(({ name, base, quote }, m) => {
    const settings = config.instruments[m] ?? {};
    for (const [key, ours] of Object.entries({ base, quote, kind: kind.markets[m].kind })) {
      if (settings[key] === undefined || settings[key] === ours) continue;
      throw new ConfigError(
        'instrument-mismatch',
        `${owner}: market "${name}" of the tape is ${key} ${ours}, but env.instruments says ${String(settings[key])}; correct one of the two.`,
      );
    }
    const feeTiers = [{ fromVolume: 0, maker: config.makerFeeRate, taker: fee }];
    const instrument = createInstrument(
      { feeTiers, ...settings, base, quote, kind: kind.markets[m].kind },
      `the instrument of market "${name}"`,
    );
    return { name, exchange: config.exchanges[m] ?? kind.markets[m].exchange, instrument };
  });
  requireSense(owner, kind, venues);
  return planLegs(markets, kind.combos, config.valueIn === '' ? venues[0].quote : config.valueIn);
}

/** Legs that neither share their base nor close a circle are a bet, not an arbitrage. */
function requireSense(owner: string, kind: ComboKind, venues: readonly Venue[]): void {
  for (const { name, legs } of kind.combos) {
    const net = new Map<string, number>();
    for (const { market, side } of legs) {
      const { base, quote } = venues[market];
      net.set(base, (net.get(base) ?? 0) + side);
      net.set(quote, (net.get(quote) ?? 0) - side);
    }
    const open = [...net].find(([, count]) => count !== 0);
    if (open === undefined) continue;
    throw new ConfigError(
      'unlike-venues',
      `${owner}: the legs of "${name}" leave ${open[0]} open on ${venues.map((v) => `${v.name} (${v.base}/${v.quote})`).join(', ')}; ` +
        'quote currencies that differ need a market between them.',
    );
  }
}

/** The events that episodes may use. @throws ConfigError `range-too-short`, `one-sided-books` */
export function planComboRows(kind: ComboKind, config: ComboConfig, tape: BookTape): RowRange {
  const toRow = config.toRow === 0 ? tape.length : config.toRow;
  if (toRow > tape.length) {
    throw new ConfigError(
      'invalid-value',
      `Env "${kind.name}": toRow is ${toRow}, but there are ${tape.length} events.`,
    );
  }
  return planRows({
    env: kind.name,
    firstRow: Math.max(config.fromRow, config.warmupEvents - 1, firstCommonRow(kind, tape)),
    lastRow: toRow - 1,
    episodeSteps: config.episodeEvents,
    first: 'the first after the warm-up',
    remedy: 'widen the range, or lower episodeEvents or warmupEvents',
  });
}

/** The first event after which every market has shown both sides. */
function firstCommonRow(
  kind: ComboKind,
  { venues, venue, length, depth, bidPrices, askPrices }: BookTape,
): number {
  const seen = new Set<number>();
  for (let row = 0; row < length; row++) {
    if (bidPrices[row * depth] > 0 && askPrices[row * depth] > 0) seen.add(venue[row]);
    if (seen.size === venues.length) return row;
  }
  const lost = venues.find((_, v) => !seen.has(v));
  throw new ConfigError(
    'one-sided-books',
    `Env "${kind.name}": ${lost?.name} never shows both sides of its book, so nothing there has a price.`,
  );
}

/** @throws ConfigError `funding-needed` for a perpetual without rates that are not turned off */
export function requireFunding(
  kind: ComboKind,
  config: ComboConfig,
  funding: readonly (FundingSeries | undefined)[],
): void {
  if (config.funding === 'none') return;
  const lost = kind.markets.findIndex(
    (market, m) => market.kind === 'linear-perpetual' && funding[m] === undefined,
  );
  if (lost < 0) return;
  throw new ConfigError(
    'funding-needed',
    `Env "${kind.name}": market ${lost} is a perpetual and has no funding rates; give --funding FILE, or --set env.funding=none.`,
  );
}
