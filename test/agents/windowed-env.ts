/** A game over a series of random signs: what pays now was shown some rows ago, so that order in the window matters. */
import { EnvError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import type { Env } from '../../envs/env.ts';
import { type Action, createBox, createDiscrete } from '../../envs/spaces.ts';

export const WINDOW_ROWS = 6;
const COLUMNS = 2;
/** The row that decides is this many before the newest. */
const LAG = 2;

/**
 * Observations: 6 rows of a sign and noise, then the last action. Reward 1 for the action that has the sign two rows before
 * the newest, else 0; the episode ends after 40 steps.
 */
export function createWindowedEnv(seed: number, continuous = false): Env {
  let rng = createRng(seed);
  let step = -1;
  const rows = new Float32Array(WINDOW_ROWS * COLUMNS);
  const observation = new Float32Array(rows.length + 1);
  const append = () => {
    rows.copyWithin(0, COLUMNS);
    rows[rows.length - 2] = rng.uniform() < 0.5 ? -1 : 1;
    rows[rows.length - 1] = rng.gaussian() * 0.1;
  };
  const show = (last: number) => {
    observation.set(rows);
    observation[rows.length] = last;
    return observation;
  };
  const window = { rows: WINDOW_ROWS, columns: COLUMNS };
  return {
    observationSpace: createBox([observation.length], -Infinity, Infinity, undefined, window),
    actionSpace: continuous ? createBox([1], -1, 1) : createDiscrete(2),
    reset(options) {
      if (options?.seed !== undefined) rng = createRng(options.seed);
      for (let w = 0; w < WINDOW_ROWS; w++) append();
      step = 0;
      return { observation: show(0), info: {} };
    },
    step(action: Action) {
      if (step < 0) throw new EnvError('not-running', 'The game was stepped before reset.');
      const sign = rows[(WINDOW_ROWS - 1 - LAG) * COLUMNS];
      const chosen = typeof action === 'number' ? 2 * action - 1 : action[0];
      const reward = chosen * sign > 0 ? 1 : 0;
      append();
      step++;
      return { observation: show(chosen), reward, terminated: false, truncated: step === 40, info: {} };
    },
    save: () => ({
      arrays: { rows: rows.slice(), observation: observation.slice() },
      values: { step, rng: rng.save().values },
    }),
    load(snapshot) {
      rows.set(snapshot.arrays.rows as Float32Array);
      observation.set(snapshot.arrays.observation as Float32Array);
      step = Number(snapshot.values.step);
      rng.load({ arrays: {}, values: snapshot.values.rng as never });
    },
  };
}
