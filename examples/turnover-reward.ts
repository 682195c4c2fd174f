/** A reward: the log return of a step, less a price for each unit of equity that was traded. */
import * as gym from 'market-gym';

export const turnoverPenalised = gym.defineReward({
  name: 'turnover-penalised',
  description: 'Log return less penalty · traded value / equity',
  config: gym.z.object({
    penalty: gym.z.number().min(0).default(0.0005).describe('reward lost per unit of turnover, ≥ 0'),
  }),
  create: (_, { penalty }) => ({
    reset() {},
    reward(previousEquity, equity, { tradedNotional }) {
      const growth = gym.math.log(Math.max(equity / previousEquity, 1e-3));
      return growth - (penalty * tradedNotional) / previousEquity;
    },
    save: () => ({ arrays: {}, values: {} }),
    load() {},
  }),
});
