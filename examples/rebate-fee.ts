/** A fee model: the taker pays the env's rate, the maker is paid a part of it. */
import * as gym from 'market-gym';

export const rebate = gym.defineFeeModel({
  name: 'rebate',
  description: "The env's feeRate for takers, a rebate for makers",
  config: gym.z.object({
    share: gym.z
      .number()
      .min(0)
      .max(1)
      .default(0.25)
      .describe('part of the fee paid back to makers, in [0, 1]'),
  }),
  create: ({ feeRate }, { share }) => ({
    feeRate: (liquidity) => (liquidity === 'taker' ? feeRate : -share * feeRate),
  }),
});
