/** Lays out what arbitrage traded as tables: pairs, legs, and curves, for files. */
import type { Table } from '../../core/table.ts';
import type { ArbitrageRecord } from '../arbitrage/record.ts';

/** Somebody's pass through a span. */
export interface RecordedArbitrage {
  readonly span: 'train' | 'test';
  readonly trader: string;
  readonly seed?: number;
  readonly record: ArbitrageRecord;
}

/**
 * One row a pair of legs, and at the end of each pass one that is open: the inventory, with what the equity gained beside the
 * pairs. The profits of a pass sum to the change of its equity.
 */
export function pairsTable(passes: readonly RecordedArbitrage[]): Table {
  const rows = passes.flatMap((pass) => {
    const { record } = pass;
    const { timeMs, exposure, venues } = record;
    const last = timeMs.length - 1;
    const inventory = {
      buyVenue: -1,
      sellVenue: -1,
      sentMs: timeMs[0],
      endMs: timeMs[last],
      bought: Math.max(0, exposure[last]),
      sold: Math.max(0, -exposure[last]),
      buyPrice: Number.NaN,
      sellPrice: Number.NaN,
      fees: Number.NaN,
      profit: record.inventoryProfit,
    };
    return [...record.pairs, inventory].map((pair, i) => ({ pass, pair, venues, i }));
  });
  const numbers = (name: string, of: (row: (typeof rows)[number]) => number) => ({
    name,
    values: Float64Array.from(rows, of),
  });
  return [
    ...who(rows),
    numbers('trade', ({ i }) => i + 1),
    { name: 'buy_venue', values: rows.map(({ pair, venues }) => venues[pair.buyVenue]) },
    { name: 'sell_venue', values: rows.map(({ pair, venues }) => venues[pair.sellVenue]) },
    numbers('sent_time_ms', ({ pair }) => pair.sentMs),
    numbers('end_time_ms', ({ pair }) => pair.endMs),
    numbers('bought', ({ pair }) => pair.bought),
    numbers('sold', ({ pair }) => pair.sold),
    numbers('buy_price', ({ pair }) => pair.buyPrice),
    numbers('sell_price', ({ pair }) => pair.sellPrice),
    numbers('fees', ({ pair }) => pair.fees),
    numbers('profit', ({ pair }) => pair.profit),
    { name: 'open', values: rows.map(({ pair }) => pair.buyVenue < 0 && pair.sellVenue < 0) },
  ];
}

/** One row a leg that filled. */
export function legsTable(passes: readonly RecordedArbitrage[]): Table {
  const rows = passes.flatMap((pass) => pass.record.legs.map((leg) => ({ pass, leg })));
  const numbers = (name: string, of: (row: (typeof rows)[number]) => number) => ({
    name,
    values: Float64Array.from(rows, of),
  });
  return [
    ...who(rows),
    numbers('trade', ({ leg }) => (leg.pair < 0 ? Number.NaN : leg.pair + 1)),
    numbers('time_ms', ({ leg }) => leg.timeMs),
    { name: 'venue', values: rows.map(({ pass, leg }) => pass.record.venues[leg.venue]) },
    { name: 'side', values: rows.map(({ leg }) => (leg.side === 1 ? 'buy' : 'sell')) },
    numbers('size', ({ leg }) => leg.filled),
    numbers('price', ({ leg }) => leg.notional / leg.filled),
    numbers('notional', ({ leg }) => leg.notional),
    numbers('fee', ({ leg }) => leg.fee),
    numbers('mid_when_sent', ({ leg }) => leg.mid || Number.NaN),
  ];
}

/** One row a decision, and the state before the first of each pass. */
export function arbitrageCurvesTable(passes: readonly RecordedArbitrage[]): Table {
  const gather = (of: (record: ArbitrageRecord) => Float64Array) =>
    Float64Array.from(passes.flatMap(({ record }) => Array.from(of(record))));
  const rows = passes.flatMap((pass) =>
    Array<{ pass: RecordedArbitrage }>(pass.record.timeMs.length).fill({ pass }),
  );
  const venues = passes[0]?.record.venues ?? [];
  return [
    ...who(rows),
    { name: 'time_ms', values: gather(({ timeMs }) => timeMs) },
    { name: 'equity', values: gather(({ equity }) => equity) },
    { name: 'exposure_base', values: gather(({ exposure }) => exposure) },
    { name: 'edge_bps', values: gather(({ edgeBps }) => edgeBps) },
    { name: 'reward', values: gather(({ rewards }) => rewards) },
    { name: 'action', values: gather(({ actions }) => actions) },
    ...venues.flatMap((venue, v) => [
      { name: `base:${venue}`, values: gather(({ base }) => base[v]) },
      { name: `quote:${venue}`, values: gather(({ quote }) => quote[v]) },
    ]),
  ];
}

function who(rows: readonly { readonly pass: RecordedArbitrage }[]): Table {
  return [
    { name: 'span', values: rows.map(({ pass }) => pass.span) },
    { name: 'trader', values: rows.map(({ pass }) => pass.trader) },
    { name: 'seed', values: Float64Array.from(rows, ({ pass }) => pass.seed ?? Number.NaN) },
  ];
}
