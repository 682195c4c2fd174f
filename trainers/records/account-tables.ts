/** Lays out what was traded and what came of it as tables: round trips, fills, and curves, for files. */
import type { Table, TableColumn } from '../../core/table.ts';
import type { Backtest } from '../backtest.ts';

/** Somebody's account on a stretch of the data. */
export interface RecordedAccount {
  /** `train`, `validation`, `test`, `session`. */
  readonly span: string;
  /** An agent, or a baseline. */
  readonly trader: string;
  /** Of an agent. */
  readonly seed?: number;
  readonly backtest: Backtest;
}

/** One row a round trip. The profits of an account sum to the change of its equity; one still open is the last. */
export function tripsTable(accounts: readonly RecordedAccount[]): Table {
  const rows = accounts.flatMap((account) =>
    (account.backtest.record?.trips ?? []).map((trip, i) => ({ account, trip, i })),
  );
  const numbers = (name: string, of: (row: (typeof rows)[number]) => number) => column(name, rows, of);
  return [
    ...who(rows),
    numbers('trade', ({ i }) => i + 1),
    texts('side', rows, ({ trip }) => (trip.direction === 1 ? 'long' : 'short')),
    numbers('entry_time_ms', ({ trip }) => trip.entryTimeMs),
    numbers('exit_time_ms', ({ trip }) => trip.exitTimeMs),
    numbers('entry_price', ({ trip }) => trip.entryPrice),
    numbers('exit_price', ({ trip }) => trip.exitPrice),
    numbers('size', ({ trip }) => trip.size),
    numbers('profit', ({ trip }) => trip.profit),
    numbers('return', ({ trip }) => trip.returnRate),
    numbers('costs', ({ trip }) => trip.costs),
    numbers('holding_ms', ({ trip }) => trip.exitTimeMs - trip.entryTimeMs),
    numbers('holding_steps', ({ trip }) => trip.exitRow - trip.entryRow),
    { name: 'open', values: rows.map(({ trip }) => trip.open) },
  ];
}

/** One row a fill; empty for an env that tells of none. */
export function fillsTable(accounts: readonly RecordedAccount[]): Table {
  const rows = accounts.flatMap((account) =>
    (account.backtest.record?.fills ?? []).map((fill) => ({ account, fill })),
  );
  const numbers = (name: string, of: (row: (typeof rows)[number]) => number) => column(name, rows, of);
  return [
    ...who(rows),
    numbers('step', ({ fill }) => fill.step),
    numbers('time_ms', ({ fill }) => fill.timeMs),
    texts('side', rows, ({ fill }) => (fill.size > 0 ? 'buy' : 'sell')),
    numbers('size', ({ fill }) => Math.abs(fill.size)),
    numbers('price', ({ fill }) => fill.price),
    numbers('notional', ({ fill }) => fill.notional),
    numbers('fee', ({ fill }) => fill.fee),
    numbers('slippage', ({ fill }) => fill.slippage),
    numbers('position', ({ fill }) => fill.position),
    numbers('equity', ({ fill }) => fill.equity),
    { name: 'liquidation', values: rows.map(({ fill }) => fill.liquidation) },
  ];
}

/**
 * One row a step of each account; the first is the state before the first decision. Actions and rewards are of the step that
 * ended there, and missing for baselines.
 */
export function curvesTable(accounts: readonly RecordedAccount[]): Table {
  const length = accounts.reduce((sum, { backtest }) => sum + backtest.timeMs.length, 0);
  const actionNames = [...new Set(accounts.flatMap(({ backtest }) => backtest.record?.actionNames ?? []))];
  const gather = (of: (backtest: Backtest, t: number) => number): Float64Array => {
    const values = new Float64Array(length);
    let at = 0;
    for (const { backtest } of accounts) {
      for (let t = 0; t < backtest.timeMs.length; t++) values[at++] = of(backtest, t);
    }
    return values;
  };
  const recorded = (name: string, key: 'position' | 'cash' | 'costPaid' | 'rewards', hasFirst: boolean) => ({
    name,
    values: gather(({ record }, t) => (t === 0 && !hasFirst ? Number.NaN : (record?.[key][t] ?? Number.NaN))),
  });
  const repeat = <Value>(of: (account: RecordedAccount) => Value): Value[] =>
    accounts.flatMap((account) => Array<Value>(account.backtest.timeMs.length).fill(of(account)));
  return [
    { name: 'span', values: repeat(({ span }) => span) },
    { name: 'trader', values: repeat(({ trader }) => trader) },
    { name: 'seed', values: Float64Array.from(repeat(({ seed = Number.NaN }) => seed)) },
    { name: 'time_ms', values: gather(({ timeMs }, t) => timeMs[t]) },
    { name: 'price', values: gather(({ price }, t) => price[t]) },
    { name: 'equity', values: gather(({ equity }, t) => equity[t]) },
    { name: 'exposure', values: gather(({ exposure }, t) => exposure[t]) },
    recorded('position', 'position', true),
    recorded('cash', 'cash', true),
    {
      name: 'traded_notional',
      values: gather(({ tradedNotional }, t) => (t === 0 ? 0 : tradedNotional[t - 1])),
    },
    recorded('cost', 'costPaid', false),
    recorded('reward', 'rewards', false),
    ...actionNames.map((name) => ({
      name: name === 'action' ? name : `action:${name.replace(/^action:/, '')}`,
      values: gather(({ record }, t) => {
        const index = record?.actionNames.indexOf(name) ?? -1;
        return record === undefined || index < 0
          ? Number.NaN
          : record.actions[t * record.actionNames.length + index];
      }),
    })),
  ];
}

interface Row {
  readonly account: RecordedAccount;
}

function who(rows: readonly Row[]): TableColumn[] {
  return [
    texts('span', rows, ({ account }) => account.span),
    texts('trader', rows, ({ account }) => account.trader),
    column('seed', rows, ({ account }) => account.seed ?? Number.NaN),
  ];
}

function column<Of>(name: string, rows: readonly Of[], of: (row: Of) => number): TableColumn {
  return { name, values: Float64Array.from(rows, of) };
}

function texts<Of>(name: string, rows: readonly Of[], of: (row: Of) => string): TableColumn {
  return { name, values: rows.map(of) };
}
