/** Env plugins as users write them: trading with features of their own, wrapped, and a market with a step of its own. */
import { z } from '../../core/config.ts';
import { defineEnv, type Env, type EnvPlugin, type StepResult } from '../../envs/env.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import { tradingConfig } from '../../envs/trading/config.ts';
import { createTradingEnv, trading } from '../../envs/trading.ts';
import { clipReward } from '../../envs/wrappers/clip-reward.ts';
import { selectObservations } from '../../envs/wrappers/select-observations.ts';
import { limitTime } from '../../envs/wrappers/time-limit.ts';
import type { Candles } from '../../market/candles/candles.ts';
import type { FeatureMatrix } from '../../market/features/pipeline.ts';

/** One column: the sign of the last change of the close; it is known from row 1 on. */
function lastSigns({ close, length }: Candles): FeatureMatrix {
  const values = Float32Array.from(close, (price, row) => (row === 0 ? Number.NaN : price - close[row - 1]));
  return { numRows: length, numColumns: 1, columns: ['change'], firstRow: 1, values: values.map(Math.sign) };
}

/** Trading with a column of its own, one bar of it: 1 + 4 elements, where the built-in env has 50 + 4. */
export const ownFeatures = defineEnv({
  name: 'own-features',
  description: 'Of a user.',
  config: tradingConfig.extend({ window: tradingConfig.shape.window.default(1) }),
  needsCandles: true,
  create: ({ candles, seed }, config) =>
    createTradingEnv({ candles: candles!, features: lastSigns(candles!), seed, config }),
});

/** The user's own wrapper: it turns the observations round, and knows of nothing but the contract. */
function reverse<Info extends object>(env: Env<Info>): Env<Info> {
  const { dim } = env.observationSpace;
  const turn = <Result extends { observation: Float32Array }>(result: Result): Result => ({
    ...result,
    observation: result.observation.slice().reverse(),
  });
  return {
    observationSpace: createBox([dim], -Infinity, Infinity),
    actionSpace: env.actionSpace,
    reset: (options) => turn(env.reset(options)),
    step: (action) => turn(env.step(action)),
  };
}

const wrapped = (name: string, wrap: (env: Env, onePass: boolean) => Env): EnvPlugin =>
  defineEnv({
    name,
    description: 'Of a user.',
    config: z.object({}),
    needsCandles: true,
    usesSpan: true,
    create: (context) =>
      wrap(ownFeatures.create(context, { actions: 'continuous' }), context.onePass === true),
  });

export const selected = wrapped('selected', (env) => selectObservations(env, [0]));
export const clipped = wrapped('clipped', (env) => clipReward(env, -0.001, 0.001));
export const reversed = wrapped('reversed', reverse);
export const limited = wrapped('limited', (env) => limitTime(env, 25));
export const limitedInTraining = wrapped('limited-in-training', (env, onePass) =>
  onePass ? env : limitTime(env, 25),
);

/** Buys or sells a tenth of a unit a step at the close, for a fee of 1 per mille; it uses no span. */
class Lots implements Env {
  readonly observationSpace = createBox([1], -Infinity, Infinity);
  readonly actionSpace = createDiscrete(3);
  readonly #candles: Candles;
  #row = 0;
  #units = 0;
  #cash = 1000;

  constructor(candles: Candles) {
    this.#candles = candles;
  }

  reset() {
    this.#row = 1;
    this.#units = 0;
    this.#cash = 1000;
    return this.#look();
  }

  step(action: number): StepResult<object> {
    const price = this.#candles.close[this.#row];
    const traded = [0, 0.1, -0.1][action];
    this.#cash -= traded * price + Math.abs(traded) * price * 0.001;
    this.#units += traded;
    this.#row++;
    const truncated = this.#row === this.#candles.length - 1;
    return { ...this.#look(), reward: 0, terminated: false, truncated };
  }

  #look() {
    const { close, timeMs } = this.#candles;
    const [price, previous] = [close[this.#row], close[this.#row - 1]];
    const equity = this.#cash + this.#units * price;
    const info = { timeMs: timeMs[this.#row], price, equity, exposure: (this.#units * price) / equity };
    return { observation: Float32Array.of(Math.sign(price - previous)), info };
  }
}

export const lots = defineEnv({
  name: 'lots',
  description: 'Of a user.',
  config: z.object({ feeRate: z.number().default(0.002) }),
  needsCandles: true,
  create: ({ candles }) => new Lots(candles!),
});

/** The same without an account: an env that tells nobody what it holds. */
export const secretive = defineEnv({
  ...lots,
  name: 'secretive',
  create: ({ candles }) => {
    const env = new Lots(candles!);
    return {
      observationSpace: env.observationSpace,
      actionSpace: env.actionSpace,
      reset: () => ({ ...env.reset(), info: { equity: 1 } }),
      step: (action) => ({ ...env.step(action as number), reward: 1, info: { equity: 1 } }),
    };
  },
});

export const ownEnvs: readonly EnvPlugin[] = [
  ownFeatures,
  selected,
  clipped,
  reversed,
  limited,
  limitedInTraining,
  lots,
  secretive,
  trading,
];
