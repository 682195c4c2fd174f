/** What everything computed from market data must pass: what was known at a time does not depend on later data. */
import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import type { Env } from '../../envs/env.ts';
import { type Action, actionDim, createActionBatch, sampleActionsInto } from '../../envs/spaces.ts';
import { type Candles, createCandles } from '../../market/candles/candles.ts';

/**
 * When something is known, counted in rows: at `t` bar t has closed; at `t − OPEN` only its open has been seen.
 * With execution at the next open, a decision at t fills at t + 1 − OPEN and is rewarded at t + 1.
 */
export const OPEN = 0.5;

/** Something that was there at `time`: an observation, a fill, a reward. */
export interface Observed {
  time: number;
  label: string;
  /** Copied when it was observed: envs overwrite their views. */
  values: readonly number[];
}

/** Runs whatever is under test on candles, from the start and with the same seeds each time. */
export type Build = (candles: Candles) => Observed[];

/**
 * Perturbs everything after each of the `cuts` and compares what was observed up to there, bit for bit.
 * @param cuts times as in `OPEN`: whole for the close of a bar, t − OPEN for its open
 * @returns the first difference, in words; undefined when there is none
 * @throws Error when nothing after a cut reacts to the perturbation: such a run proves nothing
 */
export function findLookAhead(build: Build, candles: Candles, cuts: readonly number[]): string | undefined {
  const original = build(candles);
  for (const cut of cuts) {
    const perturbed = build(perturbAfter(candles, cut));
    const before = original.filter((entry) => entry.time <= cut);
    const beforePerturbed = perturbed.filter((entry) => entry.time <= cut);
    for (const [i, entry] of before.entries()) {
      const other = beforePerturbed[i];
      const where = `${entry.label} at ${entry.time} changed with the data after ${cut}`;
      if (other === undefined || other.label !== entry.label || other.time !== entry.time) return where;
      for (const [k, value] of entry.values.entries()) {
        if (!Object.is(value, other.values[k])) return `${where}: [${k}] ${value} became ${other.values[k]}`;
      }
    }
    if (beforePerturbed.length > before.length)
      return `more was observed before ${cut} when data after it changed`;
    const after = (entries: Observed[]) => JSON.stringify(entries.filter((entry) => entry.time > cut));
    if (before.length === 0 || after(original) === after(perturbed)) {
      throw new Error(`The run does not show the data around ${cut}: choose cuts that it goes through.`);
    }
  }
  return undefined;
}

/** One test: no value up to any of the `cuts` depends on data after it. */
export function testNoLookAhead(
  name: string,
  build: Build,
  { candles, cuts }: { candles: Candles; cuts: readonly number[] },
): void {
  test(`${name} sees nothing of the future`, () => {
    expect(findLookAhead(build, candles, cuts)).toBeUndefined();
  });
}

/**
 * A random walk through an env as a list of observations. What a step returns counts as known at the row its info
 * names; everything numeric in the info is compared too.
 * @param env its info must have a numeric `row`
 */
export function traceEnv(env: Env, { steps, seed = 1 }: { steps: number; seed?: number }): Observed[] {
  const entries: Observed[] = [];
  const record = (label: string, info: object, values: ArrayLike<number>): void => {
    const numbers = Object.values(info).map(Number);
    entries.push({
      time: (info as { row: number }).row,
      label,
      values: [...Array.from(values), ...numbers],
    });
  };
  const actions = createActionBatch(env.actionSpace, steps);
  sampleActionsInto(actions, env.actionSpace, createRng(`trace ${seed}`));
  const dim = actionDim(env.actionSpace);
  const first = env.reset({ seed });
  record('reset', first.info, first.observation);
  for (let i = 0; i < steps; i++) {
    const action: Action =
      env.actionSpace.kind === 'discrete' ? actions[i] : actions.subarray(i * dim, (i + 1) * dim);
    const { observation, reward, terminated, truncated, info } = env.step(action);
    record('step', info, [...observation, reward, Number(terminated), Number(truncated)]);
    if (terminated || truncated) break;
  }
  return entries;
}

/** The same candles up to the cut and others after it: prices, volumes and times. */
export function perturbAfter(candles: Candles, cut: number): Candles {
  const rng = createRng(`perturbation ${cut}`);
  const { length } = candles;
  const timeMs = candles.timeMs.slice();
  const open = candles.open.slice();
  const high = candles.high.slice();
  const low = candles.low.slice();
  const close = candles.close.slice();
  const volume = candles.volume.slice();
  const factor = () => 0.7 + 0.6 * rng.uniform();
  for (let t = Math.floor(cut) + 1; t < length; t++) {
    const openIsKnown = t - OPEN <= cut;
    if (!openIsKnown) {
      timeMs[t] += 1000 * (t - Math.floor(cut));
      open[t] *= factor();
    }
    close[t] *= factor();
    high[t] = Math.max(open[t], close[t]) * (1 + 0.1 * rng.uniform());
    low[t] = Math.min(open[t], close[t]) * (1 - 0.1 * rng.uniform());
    volume[t] = (volume[t] + 1) * factor();
  }
  return createCandles({ timeMs, open, high, low, close, volume }, 'perturbed candles');
}
