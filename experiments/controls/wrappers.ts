/** Changes what an env teaches: rewards without meaning, or an observation that knows the next bar. */
import { ConfigError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { standardDeviation } from '../../core/statistics.ts';
import type { Env, ResetResult, StepResult } from '../../envs/env.ts';
import { createBox } from '../../envs/spaces.ts';
import type { Candles } from '../../market/candles/candles.ts';

/** Bound of what is shown, deviations. */
const MOST = 5;

/** Each reward with a sign of its own, drawn by a coin: no action is better than another. Not to be saved. */
export function flipRewards(env: Env, rng: Rng): Env {
  let result: StepResult<object> | undefined;
  return {
    ...partsOf(env),
    observationSpace: env.observationSpace,
    reset: (options) => env.reset(options),
    step(action) {
      const inner = env.step(action);
      result ??= { ...inner };
      Object.assign(result, inner, { reward: rng.uniform() < 0.5 ? inner.reward : -inner.reward });
      return result;
    },
  };
}

/**
 * One more element at the end of each observation: the return from the next bar's open to the one after it, which an order that
 * fills at the next open earns, in deviations.
 * @param candles all bars, by whose times the env's `info.timeMs` is found
 */
export function showNextBar(env: Env, candles: Candles): Env {
  const { dim, low, high, names, window, groups } = env.observationSpace;
  const { open, timeMs, length } = candles;
  const moves = Float64Array.from({ length }, (_, row) =>
    row + 2 < length ? open[row + 2] / open[row + 1] - 1 : 0,
  );
  const deviation = standardDeviation(moves) || 1;
  const rows = new Map(Array.from(timeMs, (time, row) => [time, row]));
  const observation = new Float32Array(dim + 1);
  const show = (whole: Float32Array, info: object): Float32Array => {
    const row = rows.get((info as { timeMs?: number }).timeMs ?? Number.NaN);
    if (row === undefined) {
      throw new ConfigError('no-account', "An oracle needs timeMs, the time of a bar, in the env's info.");
    }
    observation.set(whole);
    observation[dim] = Math.max(-MOST, Math.min(MOST, moves[row] / deviation));
    return observation;
  };
  let resetResult: ResetResult<object> | undefined;
  let stepResult: StepResult<object> | undefined;
  return {
    ...partsOf(env),
    observationSpace: createBox(
      [dim + 1],
      [...low, -MOST],
      [...high, MOST],
      names && [...names, 'next bar'],
      window,
      groups,
    ),
    reset(options) {
      const inner = env.reset(options);
      resetResult ??= { ...inner };
      return Object.assign(resetResult, inner, { observation: show(inner.observation, inner.info) });
    },
    step(action) {
      const inner = env.step(action);
      stepResult ??= { ...inner };
      return Object.assign(stepResult, inner, { observation: show(inner.observation, inner.info) });
    },
  };
}

function partsOf(env: Env): Pick<Env, 'actionSpace' | 'actionMask' | 'close'> {
  return {
    actionSpace: env.actionSpace,
    actionMask: env.actionMask && (() => env.actionMask!()),
    close: env.close && (() => env.close!()),
  };
}
