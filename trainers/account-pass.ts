/** Records one pass of a policy through a market, step by step, from its account. */
import type { Agent } from '../agents/agent.ts';
import { EnvError } from '../core/errors.ts';
import type { AccountInfo } from '../envs/account-info.ts';
import type { Env } from '../envs/env.ts';
import { formatTime } from '../market/candles/timestamps.ts';
import { playEpisode } from './episode.ts';

/** The account at the end of a step; the first row is the state before the first decision. */
export interface AccountRow {
  readonly timeMs: number;
  readonly price: number;
  /** Quote units, 0 from ruin on. */
  readonly equity: number;
  readonly exposure: number;
  /** Base units. */
  readonly position: number;
  /** Quote units. */
  readonly cash: number;
  /** Of this step, quote units. */
  readonly tradedNotional: number;
  /** Of this step, quote units; NaN where the env does not say. */
  readonly costPaid: number;
}

/** The times and prices that all compared policies are judged at. */
export type PassAxis = readonly Pick<AccountRow, 'timeMs' | 'price'>[];

/** A change of position below this part of the position is rounding, not a trade. */
const ROUNDING = 1e-9;

/**
 * Acts greedily from the env's reset to the end of its episode.
 * @param env with the keys of `AccountInfo` in its info
 * @param see called with the account before each action, for rules that go by it
 * @param seed for the reset
 * @throws EnvError `unsound-account` naming the step and the key, and as `playEpisode`
 */
export function recordPass(
  env: Env,
  agent: Agent,
  { seed, see }: { seed?: number; see?: (info: AccountInfo) => void } = {},
): AccountRow[] {
  const rows: AccountRow[] = [];
  const visit = (given: object): void => {
    const info = given as AccountInfo;
    rows.push(readAccount(info, rows));
    see?.(info);
  };
  playEpisode(agent, env, visit, seed);
  return rows;
}

function readAccount(info: AccountInfo, rows: readonly AccountRow[]): AccountRow {
  const { timeMs, price, exposure } = info;
  const last = rows.at(-1);
  requireSound(info, rows.length, last);
  const equity = Math.max(0, info.equity);
  const { position = (exposure * equity) / price } = info;
  const { cash = equity - position * price } = info;
  const change = last === undefined ? 0 : Math.abs(position - last.position);
  const isRounding = change <= ROUNDING * Math.max(Math.abs(position), Math.abs(last?.position ?? 0));
  const { tradedNotional = isRounding ? 0 : change * price } = info;
  return { timeMs, price, equity, exposure, position, cash, tradedNotional, costPaid: costsOf(info) };
}

function costsOf({ feePaid, slippagePaid, interestPaid, costPaid }: AccountInfo): number {
  if (costPaid !== undefined) return costPaid;
  if ((feePaid ?? slippagePaid ?? interestPaid) === undefined) return Number.NaN;
  return (feePaid ?? 0) + (slippagePaid ?? 0) + (interestPaid ?? 0);
}

function requireSound(info: AccountInfo, step: number, last: AccountRow | undefined): void {
  const fail = (key: keyof AccountInfo, expected: string): never => {
    throw new EnvError(
      'unsound-account',
      `After step ${step} of a pass the env's info has the ${key} ${info[key]}; expected ${expected}.`,
    );
  };
  for (const key of ['timeMs', 'equity', 'exposure'] as const) {
    if (!Number.isFinite(info[key])) fail(key, 'a finite number');
  }
  if (!(info.price > 0 && info.price < Infinity)) fail('price', 'a finite number above 0');
  if (last === undefined && info.equity <= 0) fail('equity', 'more than 0 to begin with');
  if (last !== undefined && info.timeMs <= last.timeMs) {
    fail('timeMs', `a time after that of the step before, ${last.timeMs}`);
  }
}

/** The longest of some passes: ruin, or the end of a task, cuts others short. */
export function longestPass(passes: readonly (readonly AccountRow[])[]): readonly AccountRow[] {
  return passes.reduce((longest, rows) => (rows.length > longest.length ? rows : longest));
}

/**
 * The account at the times of an axis. One that ended before stays as it was: at nothing after ruin, else at its equity, in
 * cash. Steps between two times of the axis are added up.
 * @throws EnvError `not-one-pass` where the pass does not begin with the axis
 */
export function alignPass(rows: readonly AccountRow[], axis: PassAxis): AccountRow[] {
  if (rows[0].timeMs !== axis[0].timeMs) {
    throw new EnvError(
      'not-one-pass',
      `Two passes through the same span begin at different times, ${formatTime(rows[0].timeMs)} and ` +
        `${formatTime(axis[0].timeMs)}, so they cannot be compared; where its context has onePass, an env has to go through ` +
        'its span from the first row on, whatever its seed.',
    );
  }
  let from = 0;
  return axis.map(({ timeMs, price }) => {
    let to = from;
    while (to < rows.length && rows[to].timeMs <= timeMs) to++;
    const row = rows[to - 1];
    const steps = rows.slice(from, to);
    const isOver = to === from && from === rows.length;
    from = to;
    if (isOver) {
      const idle = { exposure: 0, position: 0, cash: row.equity, tradedNotional: 0, costPaid: 0 };
      return { timeMs, price, equity: row.equity, ...idle };
    }
    return {
      ...row,
      timeMs,
      price,
      tradedNotional: steps.reduce((sum, step) => sum + step.tradedNotional, 0),
      costPaid: steps.reduce((sum, step) => sum + step.costPaid, 0),
    };
  });
}
