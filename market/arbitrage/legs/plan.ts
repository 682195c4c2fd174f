/** Describes markets that are traded together: which pocket each trade takes from, and how every currency gets a value. */
import { ConfigError } from '../../../core/errors.ts';
import type { Instrument } from '../../instruments/instrument.ts';

/** One market of an arbitrage over several. */
export interface LegMarket {
  /** As the tape calls it. */
  readonly name: string;
  /** Markets of one exchange share their balances. */
  readonly exchange: string;
  readonly instrument: Instrument;
}

/** Several trades that belong together, each of the same value. */
export interface Combo {
  readonly name: string;
  readonly legs: readonly { readonly market: number; readonly side: 1 | -1 }[];
}

export interface Pocket {
  readonly exchange: string;
  /** Index into the currencies. */
  readonly currency: number;
  /** It is the collateral of contracts. */
  readonly isMargin: boolean;
}

/** Which of two currencies' values a market gives, from the other's: value = base ? mid·other : other / mid. */
export interface ValueStep {
  readonly currency: number;
  readonly from: number;
  readonly market: number;
  readonly givesBase: boolean;
}

// M: markets. P: pockets. K: currencies.

export interface LegPlan {
  readonly markets: readonly LegMarket[];
  readonly combos: readonly Combo[];
  readonly currencies: readonly string[]; // [K], the first is what everything is valued in
  readonly pockets: readonly Pocket[]; // [P]
  readonly basePocket: Int32Array; // [M], −1 for contracts
  readonly quotePocket: Int32Array; // [M]
  readonly baseCurrency: Int32Array; // [M]
  readonly quoteCurrency: Int32Array; // [M]
  readonly steps: readonly ValueStep[];
  /** Pairs of pockets of one currency at two exchanges. */
  readonly routes: readonly { readonly from: number; readonly to: number }[];
}

/**
 * @param valueIn what everything is valued in
 * @throws ConfigError `invalid-legs`; `currency-without-rate` for a currency that no market connects with `valueIn`
 */
export function planLegs(markets: readonly LegMarket[], combos: readonly Combo[], valueIn: string): LegPlan {
  const currencies = [valueIn];
  const pockets: Pocket[] = [];
  const currencyOf = (name: string): number => {
    if (!currencies.includes(name)) currencies.push(name);
    return currencies.indexOf(name);
  };
  const pocketOf = (exchange: string, currency: number, isMargin: boolean): number => {
    const found = pockets.findIndex(
      (pocket) =>
        pocket.exchange === exchange && pocket.currency === currency && pocket.isMargin === isMargin,
    );
    if (found >= 0) return found;
    return pockets.push({ exchange, currency, isMargin }) - 1;
  };
  const count = markets.length;
  const plan = {
    basePocket: new Int32Array(count).fill(-1),
    quotePocket: new Int32Array(count),
    baseCurrency: new Int32Array(count),
    quoteCurrency: new Int32Array(count),
  };
  for (const [m, { name, exchange, instrument }] of markets.entries()) {
    const { base, quote } = instrument.settings;
    if (instrument.isInverse || instrument.settings.kind === 'dated-future') {
      throw new ConfigError(
        'invalid-legs',
        `Market "${name}" is a ${instrument.settings.kind}; arbitrage trades spot and linear perpetuals.`,
      );
    }
    plan.baseCurrency[m] = currencyOf(base);
    plan.quoteCurrency[m] = currencyOf(quote);
    plan.quotePocket[m] = pocketOf(exchange, plan.quoteCurrency[m], instrument.isMargined);
    if (!instrument.isMargined) plan.basePocket[m] = pocketOf(exchange, plan.baseCurrency[m], false);
  }
  for (const { name, legs } of combos) {
    if (legs.length < 2)
      throw new ConfigError('invalid-legs', `Combination "${name}" needs two legs or more.`);
    const stray = legs.find(({ market }) => !(market >= 0 && market < count));
    if (stray === undefined) continue;
    throw new ConfigError('invalid-legs', `Combination "${name}" names market ${stray.market} of ${count}.`);
  }
  const routes = pockets.flatMap((from, f) =>
    pockets.flatMap((to, t) =>
      f !== t &&
      from.currency === to.currency &&
      (from.exchange !== to.exchange || from.isMargin !== to.isMargin)
        ? [{ from: f, to: t }]
        : [],
    ),
  );
  return {
    markets,
    combos,
    currencies,
    pockets,
    routes,
    ...plan,
    steps: valueSteps(plan, markets, currencies),
  };
}

/** Spot markets first: a perpetual's price is a bet on the thing, not the thing. */
function valueSteps(
  { baseCurrency, quoteCurrency }: Pick<LegPlan, 'baseCurrency' | 'quoteCurrency'>,
  markets: readonly LegMarket[],
  currencies: readonly string[],
): ValueStep[] {
  const known = new Set([0]);
  const steps: ValueStep[] = [];
  const order = [...markets.keys()].sort(
    (a, b) => Number(markets[a].instrument.isMargined) - Number(markets[b].instrument.isMargined),
  );
  // Breadth first: a market in the currency of values itself comes before one by way of another, whose premium would be in it.
  for (const from of known) {
    for (const market of order) {
      const [base, quote] = [baseCurrency[market], quoteCurrency[market]];
      const givesBase = quote === from;
      const currency = givesBase ? base : quote;
      if (!(givesBase || base === from) || known.has(currency)) continue;
      steps.push({ currency, from, market, givesBase });
      known.add(currency);
    }
  }
  const lost = currencies.find((_, k) => !known.has(k));
  if (lost === undefined) return steps;
  throw new ConfigError(
    'currency-without-rate',
    `${lost} has no rate into ${currencies[0]}: no market connects them; add one, such as ${currencies[0]}/${lost} at an exchange.`,
  );
}
