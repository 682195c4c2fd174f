/** Follows a supervised model: its score in the observation becomes a target exposure. */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { createActionBatch } from '../../envs/spaces.ts';
import { createSignalRule, signalConfig } from '../../models/signals/exposure.ts';
import { defineAgent } from '../agent.ts';
import { createExposureWriter } from './target-exposure.ts';

/** The columns that carry a model into an observation. */
export const SIGNAL_COLUMN = 'signal';
export const VOLATILITY_COLUMN = 'signal-volatility';

/** Without a state of its own: what it asked for last stands in the observation. */
export const signal = defineAgent({
  name: 'signal',
  description:
    "Follows a trained model's signal, a column of the observation, with thresholds and volatility target",
  config: signalConfig.extend({
    maxLeverage: z
      .number()
      .positive()
      .max(100)
      .default(1)
      .describe("the env's maxLeverage, in which observations show the last target"),
  }),
  build({ observationSpace, actionSpace, signalRules }, config) {
    const rule = createSignalRule(config, signalRules);
    const write = createExposureWriter(actionSpace, 'signal');
    const column = (name: string): number => {
      const index = observationSpace.names?.indexOf(name) ?? -1;
      if (index >= 0) return index;
      throw new ConfigError(
        'missing-feature',
        `Agent "signal" needs "${name}" in the observation; backtest a model with market-gym evaluate --model.`,
      );
    };
    const score = column(`${SIGNAL_COLUMN}@0`);
    const volatility = config.targetVolatility > 0 ? column(`${VOLATILITY_COLUMN}@0`) : score;
    const target = column('target');
    return {
      act(observations, numEnvs) {
        const actions = createActionBatch(actionSpace, numEnvs);
        for (let n = 0; n < numEnvs; n++) {
          const row = n * observationSpace.dim;
          const previous = observations[row + target] * config.maxLeverage;
          write(
            actions,
            n,
            rule.exposure(observations[row + score], observations[row + volatility], previous),
          );
        }
        return actions;
      },
      observe: () => undefined,
      save: () => ({ arrays: {}, values: {} }),
      load: () => {},
    };
  },
});
