/** Records one pass of a policy through a market, step by step, from its account. */
import type { Agent } from '../agents/agent.ts';
import { EnvError } from '../core/errors.ts';
import type { AccountInfo } from '../envs/account-info.ts';
import type { Env } from '../envs/env.ts';
import type { ActionBatch } from '../envs/spaces.ts';
import { formatTime } from '../market/candles/timestamps.ts';
import { playEpisode } from './episode.ts';
import { alignDecisions, DecisionRecorder, type FillTap, type PassDecisions } from './pass-decisions.ts';

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

/** The columns of a pass, [T] each: entry 0 is the state before the first decision. */
export type AccountPass = {
  readonly length: number;
  /** Where they were asked for. */
  readonly decisions?: PassDecisions;
} & {
  readonly [Key in keyof AccountRow]: Float64Array;
};

/** The times and prices that all compared policies are judged at. */
export type PassAxis = Pick<AccountPass, 'length' | 'timeMs' | 'price'>;

const COLUMNS = [
  'timeMs',
  'price',
  'equity',
  'exposure',
  'position',
  'cash',
  'tradedNotional',
  'costPaid',
] as const satisfies readonly (keyof AccountRow)[];

/** A change of position below this part of the position is rounding, not a trade. */
const ROUNDING = 1e-9;
const FIRST_CAPACITY = 1024;

/** The columns of rows that are there already. */
export function passOf(rows: readonly AccountRow[]): AccountPass {
  const pass = allocate(rows.length);
  rows.forEach((row, t) => {
    for (const key of COLUMNS) pass[key][t] = row[key];
  });
  return pass;
}

function allocate(length: number): AccountPass {
  const columns = Object.fromEntries(COLUMNS.map((key) => [key, new Float64Array(length)]));
  return { length, ...(columns as Record<keyof AccountRow, Float64Array>) };
}

/**
 * Acts greedily from the env's reset to the end of its episode.
 * @param env with the keys of `AccountInfo` in its info
 * @param options `seed` for the reset; `see` called with the account before each action, for rules that go by it; `tap`
 * with the fills of the env, where decisions are to be recorded too
 * @throws EnvError `unsound-account` naming the step and the key, and as `playEpisode`
 */
export function recordPass(
  env: Env,
  agent: Agent,
  { seed, see, tap }: { seed?: number; see?: (info: AccountInfo) => void; tap?: FillTap } = {},
): AccountPass {
  const recorder = new PassRecorder();
  const decisions = tap && new DecisionRecorder(env.actionSpace);
  tap?.begin(() => recorder.length);
  const visit = (given: object, reward: number, action: ActionBatch | undefined): void => {
    const info = given as AccountInfo;
    recorder.take(info);
    decisions?.take(reward, action);
    see?.(info);
  };
  playEpisode(agent, env, visit, seed);
  const pass = recorder.pass();
  if (decisions === undefined) return pass;
  const hasTraded = pass.tradedNotional.some((notional) => notional > 0);
  return { ...pass, decisions: decisions.taken(tap?.end(hasTraded)) };
}

/** Grows as it is written to. */
class PassRecorder {
  #columns = allocate(FIRST_CAPACITY);
  #length = 0;

  /** Rows taken: the number of the step that is under way. */
  get length(): number {
    return this.#length;
  }

  take(info: AccountInfo): void {
    const t = this.#length;
    this.#requireSound(info);
    if (t === this.#columns.length) this.#grow();
    const columns = this.#columns;
    const { price, exposure } = info;
    const equity = Math.max(0, info.equity);
    const { position = (exposure * equity) / price } = info;
    const { cash = equity - position * price } = info;
    const before = t === 0 ? position : columns.position[t - 1];
    const change = Math.abs(position - before);
    const isRounding = change <= ROUNDING * Math.max(Math.abs(position), Math.abs(before));
    columns.timeMs[t] = info.timeMs;
    columns.price[t] = price;
    columns.equity[t] = equity;
    columns.exposure[t] = exposure;
    columns.position[t] = position;
    columns.cash[t] = cash;
    columns.tradedNotional[t] = info.tradedNotional ?? (isRounding ? 0 : change * price);
    columns.costPaid[t] = costsOf(info);
    this.#length++;
  }

  pass(): AccountPass {
    const length = this.#length;
    const columns = COLUMNS.map((key) => [key, this.#columns[key].slice(0, length)]);
    return { length, ...Object.fromEntries(columns) };
  }

  #grow(): void {
    const larger = allocate(2 * this.#columns.length);
    for (const key of COLUMNS) larger[key].set(this.#columns[key]);
    this.#columns = larger;
  }

  #requireSound(info: AccountInfo): void {
    const step = this.#length;
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
    if (step === 0 && info.equity <= 0) fail('equity', 'more than 0 to begin with');
    const beforeMs = step === 0 ? -Infinity : this.#columns.timeMs[step - 1];
    if (info.timeMs <= beforeMs) fail('timeMs', `a time after that of the step before, ${beforeMs}`);
  }
}

function costsOf({ feePaid, slippagePaid, interestPaid, costPaid }: AccountInfo): number {
  if (costPaid !== undefined) return costPaid;
  if ((feePaid ?? slippagePaid ?? interestPaid) === undefined) return Number.NaN;
  return (feePaid ?? 0) + (slippagePaid ?? 0) + (interestPaid ?? 0);
}

/**
 * What a pass earns from the first time of an axis to its last, of which nothing is recorded on the way.
 * @returns fraction, −1 after ruin
 * @throws EnvError as `alignPass`; `unsound-account` where the last equity is not finite
 */
export function playForReturn(env: Env, agent: Agent, axis: PassAxis, seed?: number): number {
  const lastMs = axis.timeMs[axis.length - 1];
  let first = Number.NaN;
  let last = Number.NaN;
  const visit = (given: object, _reward: number, action: ActionBatch | undefined): void => {
    const { timeMs, equity } = given as AccountInfo;
    if (action === undefined) requireSameBegin(timeMs, axis);
    if (action === undefined) first = equity;
    if (timeMs <= lastMs) last = equity;
  };
  playEpisode(agent, env, visit, seed);
  const earned = Math.max(0, last) / first - 1;
  if (Number.isFinite(earned)) return earned;
  throw new EnvError(
    'unsound-account',
    `A pass led from the equity ${first} to ${last}; expected finite numbers.`,
  );
}

function requireSameBegin(timeMs: number, axis: PassAxis): void {
  if (timeMs === axis.timeMs[0]) return;
  throw new EnvError(
    'not-one-pass',
    `Two passes through the same span begin at different times, ${formatTime(timeMs)} and ` +
      `${formatTime(axis.timeMs[0])}, so they cannot be compared; where its context has onePass, an env has to go through ` +
      'its span from the first row on, whatever its seed.',
  );
}

/** The longest of some passes: ruin, or the end of a task, cuts others short. */
export function longestPass(passes: readonly AccountPass[]): AccountPass {
  return passes.reduce((longest, pass) => (pass.length > longest.length ? pass : longest));
}

/**
 * The account at the times of an axis. One that ended before stays as it was: at nothing after ruin, else at its equity, in
 * cash. Steps between two times of the axis are added up.
 * @throws EnvError `not-one-pass` where the pass does not begin with the axis
 */
export function alignPass(pass: AccountPass, axis: PassAxis): AccountPass {
  requireSameBegin(pass.timeMs[0], axis);
  const aligned = allocate(axis.length);
  const { timeMs, price, equity, exposure, position, cash, tradedNotional, costPaid } = aligned;
  timeMs.set(axis.timeMs);
  price.set(axis.price);
  let from = 0;
  for (let t = 0; t < axis.length; t++) {
    let to = from;
    let traded = 0;
    let paid = 0;
    for (; to < pass.length && pass.timeMs[to] <= timeMs[t]; to++) {
      traded += pass.tradedNotional[to];
      paid += pass.costPaid[to];
    }
    const last = to - 1;
    const isOver = to === from && from === pass.length;
    from = to;
    equity[t] = pass.equity[last];
    exposure[t] = isOver ? 0 : pass.exposure[last];
    position[t] = isOver ? 0 : pass.position[last];
    cash[t] = isOver ? pass.equity[last] : pass.cash[last];
    tradedNotional[t] = traded;
    costPaid[t] = paid;
  }
  return pass.decisions === undefined
    ? aligned
    : { ...aligned, decisions: alignDecisions(pass, pass.decisions, axis) };
}
