import { expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import type { Table } from '../../../core/table.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { backtest } from '../../../trainers/backtest.ts';
import {
  curvesTable,
  fillsTable,
  type RecordedAccount,
  tripsTable,
} from '../../../trainers/records/account-tables.ts';

const candles = geometricBrownian({ rng: createRng('records'), length: 600, stepMs: 3_600_000 });
const result = backtest(
  { candles, config: { window: 60, features: ['return:1'], normalize: 'none', feeRate: 0.001 } },
  ({ actionSpace }) => {
    const act = (i: number) => Int32Array.of(i);
    let step = 0;
    return {
      act: () => act(step++ % 7 === 0 ? step % (actionSpace as { n: number }).n : 0),
      observe: () => undefined,
      save: () => ({ arrays: {}, values: {} }),
      load: () => {},
    };
  },
);
const { record: _, ...bare } = result;
const accounts: RecordedAccount[] = [
  { span: 'test', trader: 'ppo', seed: 3, backtest: result },
  { span: 'test', trader: 'cash', backtest: bare },
];
const columnOf = (table: Table, name: string): unknown[] =>
  Array.from(table.find((column) => column.name === name)!.values as ArrayLike<unknown>);
const sum = (values: readonly unknown[]): number =>
  values.reduce<number>((total, value) => total + Number(value), 0);

test('a back-test returns its fills, actions, rewards and round trips', () => {
  const record = result.record!;
  expect(record.fills!.length).toBeGreaterThan(50);
  expect(record.trips.length).toBe(result.metrics.numTrades);
  expect(record.rewards.length).toBe(result.timeMs.length);
  expect(record.actions[0]).toBeNaN();
  expect(record.fills!.every(({ step, timeMs }) => result.timeMs[step] >= timeMs)).toBe(true);
  expect(sum(record.fills!.map(({ notional }) => notional))).toBeCloseTo(sum([...result.tradedNotional]), 6);
  expect(sum([...record.rewards])).toBeCloseTo(
    Math.log(result.equity[result.equity.length - 1] / result.equity[0]),
    9,
  );
});

test('the table of round trips sums to the change of equity', () => {
  const table = tripsTable(accounts);
  const gained = result.equity[result.equity.length - 1] - result.equity[0];
  expect(Math.abs(sum(columnOf(table, 'profit')) - gained) / 10_000).toBeLessThan(1e-9);
  expect(new Set(columnOf(table, 'trader'))).toEqual(new Set(['ppo']));
  expect(columnOf(table, 'seed')[0]).toBe(3);
  expect(sum(columnOf(table, 'costs'))).toBeCloseTo(
    sum(columnOf(fillsTable(accounts), 'fee')) + sum(columnOf(fillsTable(accounts), 'slippage')),
    8,
  );
});

test('the table of curves has a row a step of everyone, and decisions of those who were judged', () => {
  const table = curvesTable(accounts);
  const { length } = result.timeMs;
  expect(columnOf(table, 'equity').length).toBe(2 * length);
  expect(columnOf(table, 'equity').slice(0, length)).toEqual(Array.from(result.equity));
  expect(columnOf(table, 'reward').slice(0, 2)).toEqual([Number.NaN, result.record!.rewards[1]]);
  expect(
    columnOf(table, 'action')
      .slice(1, length)
      .every((value) => Number.isInteger(value)),
  ).toBe(true);
  expect(
    columnOf(table, 'action')
      .slice(length)
      .every((value) => Number.isNaN(value)),
  ).toBe(true);
  expect(table.every(({ values }) => values.length === 2 * length)).toBe(true);
});
