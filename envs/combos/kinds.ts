/** Names the kinds of arbitrage over several markets: which markets, what is traded together, what one begins with. */
import type { LegMarketsConfig } from '../../market/synthetic/leg-markets.ts';

export interface ComboKind {
  readonly name: string;
  readonly description: string;
  /** What everything is valued in, where the books are made up. */
  readonly valueIn: string;
  /** One for each venue of a tape, in its order; base and quote are the tape's. */
  readonly markets: readonly { readonly exchange: string; readonly kind: 'spot' | 'linear-perpetual' }[];
  readonly combos: readonly {
    readonly name: string;
    readonly legs: readonly { readonly market: number; readonly side: 1 | -1 }[];
  }[];
  /** Part of the capital in each pocket, as `exchange:base` or `exchange:quote` of a market. */
  readonly start: readonly {
    readonly market: number;
    readonly asset: 'base' | 'quote';
    readonly share: number;
  }[];
  /** Settings whose defaults are others than those of all kinds. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Orders rest at one market and are hedged at another, instead of trading combinations. */
  readonly maker?: { readonly market: number; readonly hedge: number };
  /** Markets without a file. */
  readonly synthetic: Partial<LegMarketsConfig> & Record<string, unknown>;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const currencies = [
  { name: 'USDT', value: 1, volatilityPerYear: 0 },
  { name: 'BTC', value: 50_000, volatilityPerYear: 0.6 },
];

/** Buy the thing, sell its perpetual, hold over funding; or the other way where a position is there to close. */
export const CARRY: ComboKind = {
  name: 'carry',
  description: 'Spot against its perpetual: enter, hold over funding, exit, with margin on the contract',
  valueIn: 'USDT',
  markets: [
    { exchange: 'alpha', kind: 'spot' },
    { exchange: 'alpha', kind: 'linear-perpetual' },
  ],
  combos: [
    {
      name: 'carry',
      legs: [
        { market: 0, side: 1 },
        { market: 1, side: -1 },
      ],
    },
  ],
  start: [
    { market: 0, asset: 'quote', share: 0.5 },
    { market: 1, asset: 'quote', share: 0.5 },
  ],
  settings: { actions: 'targets', targets: [0, 0.4, 0.8], decisionMs: 8 * HOUR },
  synthetic: {
    stepMs: 30 * MINUTE,
    steps: 1440,
    currencies,
    markets: [
      { name: 'alpha', base: 'BTC', quote: 'USDT' },
      {
        name: 'alpha-perp',
        base: 'BTC',
        quote: 'USDT',
        premiumBps: 1,
        premiumDeviationBps: 4,
        premiumHalfLifeMs: 4 * HOUR,
        funding: { meanBps: 2, deviationBps: 6, halfLifeMs: 120 * HOUR },
      },
    ] as never,
  },
};

/** Two perpetuals of one thing whose fundings differ. */
export const PERP_CARRY: ComboKind = {
  ...CARRY,
  name: 'perp-carry',
  description: 'A perpetual against that of another exchange: hold the difference of their fundings',
  markets: [
    { exchange: 'alpha', kind: 'linear-perpetual' },
    { exchange: 'beta', kind: 'linear-perpetual' },
  ],
  settings: { actions: 'targets', targets: [-0.8, 0, 0.8], decisionMs: 8 * HOUR },
  synthetic: {
    ...CARRY.synthetic,
    markets: ['alpha', 'beta'].map((name) => ({
      name,
      base: 'BTC',
      quote: 'USDT',
      premiumDeviationBps: 4,
      premiumHalfLifeMs: 4 * HOUR,
      funding: { meanBps: 1, deviationBps: 5, halfLifeMs: 96 * HOUR },
    })) as never,
  },
};

/** One thing in two countries: bought for dollars, sold for won, the won turned into dollars on a book of their own. */
export const PREMIUM: ComboKind = {
  name: 'premium',
  description:
    'The same thing in two countries, with a priced leg of currency, transfers and what may not leave',
  valueIn: 'USDT',
  markets: [
    { exchange: 'global', kind: 'spot' },
    { exchange: 'korea', kind: 'spot' },
    { exchange: 'korea', kind: 'spot' },
  ],
  combos: [
    {
      name: 'premium',
      legs: [
        { market: 0, side: 1 },
        { market: 1, side: -1 },
        { market: 2, side: 1 },
      ],
    },
  ],
  start: [
    { market: 0, asset: 'base', share: 0.25 },
    { market: 0, asset: 'quote', share: 0.2 },
    { market: 1, asset: 'base', share: 0.25 },
    { market: 1, asset: 'quote', share: 0.15 },
    { market: 2, asset: 'base', share: 0.15 },
  ],
  settings: { actions: 'targets', targets: [-0.15, 0, 0.2], transfers: false },
  synthetic: {
    stepMs: 2 * MINUTE,
    steps: 1440,
    currencies: [...currencies, { name: 'KRW', value: 1 / 1400, volatilityPerYear: 0.08 }],
    markets: [
      { name: 'global', base: 'BTC', quote: 'USDT' },
      {
        name: 'korea',
        base: 'BTC',
        quote: 'KRW',
        premiumBps: 0,
        premiumDeviationBps: 70,
        premiumHalfLifeMs: 2 * HOUR,
        spreadBps: 4,
      },
      { name: 'korea-fx', base: 'USDT', quote: 'KRW', spreadBps: 6, premiumDeviationBps: 3 },
    ] as never,
  },
};

/** Three markets of one exchange whose prices must agree. */
export const TRIANGULAR: ComboKind = {
  name: 'triangular',
  description: 'Three markets of one exchange in a circle: dollars to one thing, to another, and back',
  valueIn: 'USDT',
  markets: [
    { exchange: 'alpha', kind: 'spot' },
    { exchange: 'alpha', kind: 'spot' },
    { exchange: 'alpha', kind: 'spot' },
  ],
  combos: [
    {
      name: 'circle',
      legs: [
        { market: 0, side: 1 },
        { market: 1, side: 1 },
        { market: 2, side: -1 },
      ],
    },
  ],
  start: [
    { market: 0, asset: 'quote', share: 0.34 },
    { market: 0, asset: 'base', share: 0.33 },
    { market: 2, asset: 'base', share: 0.33 },
  ],
  settings: {},
  synthetic: {
    stepMs: 1000,
    steps: 1440,
    currencies: [...currencies, { name: 'ETH', value: 3000, volatilityPerYear: 0.7 }],
    markets: [
      { name: 'btc-usdt', base: 'BTC', quote: 'USDT', spreadBps: 1 },
      {
        name: 'eth-btc',
        base: 'ETH',
        quote: 'BTC',
        spreadBps: 2,
        premiumDeviationBps: 12,
        premiumHalfLifeMs: 20_000,
      },
      { name: 'eth-usdt', base: 'ETH', quote: 'USDT', spreadBps: 1 },
    ] as never,
  },
};

/** Orders wait in the book of a wide market, and what fills is traded back at a tight one. */
export const MAKER_TAKER: ComboKind = {
  name: 'maker-taker',
  description:
    'Orders that rest at one exchange, with their place in the queue, hedged by a taker at another',
  valueIn: 'USDT',
  markets: [
    { exchange: 'wide', kind: 'spot' },
    { exchange: 'tight', kind: 'spot' },
  ],
  combos: [
    {
      name: 'spread',
      legs: [
        { market: 0, side: 1 },
        { market: 1, side: -1 },
      ],
    },
  ],
  start: [
    { market: 0, asset: 'base', share: 0.25 },
    { market: 0, asset: 'quote', share: 0.25 },
    { market: 1, asset: 'base', share: 0.25 },
    { market: 1, asset: 'quote', share: 0.25 },
  ],
  settings: { sizes: [0.05], statisticsMs: 5 * MINUTE, transfers: false },
  maker: { market: 0, hedge: 1 },
  synthetic: {
    stepMs: 1000,
    steps: 3600,
    currencies,
    markets: [
      {
        name: 'wide',
        base: 'BTC',
        quote: 'USDT',
        spreadBps: 14,
        depth: 20_000,
        premiumDeviationBps: 4,
        premiumHalfLifeMs: MINUTE,
        trades: { perStep: 0.2, value: 10_000, impactBps: 0.5 },
      },
      { name: 'tight', base: 'BTC', quote: 'USDT', spreadBps: 1, depth: 200_000 },
    ] as never,
  },
};

export const COMBO_KINDS: readonly ComboKind[] = [CARRY, PERP_CARRY, PREMIUM, TRIANGULAR, MAKER_TAKER];
