/** Lists an arbitrage agent's choices in order, and describes the spaces of its actions. */
import type { Venue } from '../../market/books/tape.ts';
import { type Box, createBox, createDiscrete, type Discrete } from '../spaces.ts';

export type ArbitrageAction =
  | { readonly kind: 'hold' }
  /** Buys at one venue and sells at another; `sizeIndex` into the sizes. */
  | { readonly kind: 'trade'; readonly buy: number; readonly sell: number; readonly sizeIndex: number }
  /** Closes the open exposure at the best venue. */
  | { readonly kind: 'flatten' }
  | { readonly kind: 'move-base' | 'move-quote'; readonly from: number; readonly to: number };

/** Ordered pairs (i, j), i ≠ j, of V venues: (0, 1), (0, 2), …, (1, 0), …. */
export function orderedPairs(numVenues: number): (readonly [number, number])[] {
  const venues = Array.from({ length: numVenues }, (_, v) => v);
  return venues.flatMap((i) => venues.filter((j) => j !== i).map((j) => [i, j] as const));
}

/** `EX1>EX2`: bought at the first, sold at the second. */
export function pairName(venues: readonly Venue[], [buy, sell]: readonly [number, number]): string {
  return `${venues[buy].name}>${venues[sell].name}`;
}

/** All choices of the discrete space, in order: hold, every pair with every size, flatten, then the transfers. */
export function listActions(numVenues: number, numSizes: number, transfers: boolean): ArbitrageAction[] {
  const pairs = orderedPairs(numVenues);
  const sizes = Array.from({ length: numSizes }, (_, s) => s);
  return [
    { kind: 'hold' },
    ...pairs.flatMap(([buy, sell]) =>
      sizes.map((sizeIndex) => ({ kind: 'trade' as const, buy, sell, sizeIndex })),
    ),
    { kind: 'flatten' },
    ...(transfers
      ? (['move-base', 'move-quote'] as const).flatMap((kind) =>
          pairs.map(([from, to]) => ({ kind, from, to })),
        )
      : []),
  ];
}

/** The discrete space, its choices named: `hold`, `trade:EX1>EX2:0`, `flatten`, `move-base:EX1>EX2`. */
export function discreteSpace(venues: readonly Venue[], actions: readonly ArbitrageAction[]): Discrete {
  const names = actions.map((action) => {
    if (action.kind === 'trade')
      return `trade:${pairName(venues, [action.buy, action.sell])}:${action.sizeIndex}`;
    if ('from' in action) return `${action.kind}:${pairName(venues, [action.from, action.to])}`;
    return action.kind;
  });
  return createDiscrete(actions.length, undefined, names);
}

/** One element per unordered pair, in [−1, 1]: positive buys at the first venue and sells at the second. */
export function continuousSpace(venues: readonly Venue[]): Box {
  const names = orderedPairs(venues.length)
    .filter(([i, j]) => i < j)
    .map((pair) => `trade:${pairName(venues, pair)}`);
  return createBox([names.length], -1, 1, names);
}
