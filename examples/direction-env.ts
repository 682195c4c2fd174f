/** An env on candles: guess whether the next bar closes higher, and pay a cost for each change of mind. */
import * as gym from 'market-gym';

export const direction = gym.defineEnv({
  name: 'direction',
  description: 'Guess the direction of the next bar; changing the guess costs',
  needsCandles: true,
  config: gym.z.object({
    bars: gym.z.int().min(1).default(5).describe('returns that are seen, ≥ 1'),
    cost: gym.z.number().min(0).default(0.001).describe('price of a changed guess, fraction, ≥ 0'),
  }),
  create({ candles, seed }, { bars, cost }): gym.Env<{ row: number }> {
    if (candles === undefined || candles.length < bars + 2) {
      throw new gym.DataError('too-few-rows', `The env "direction" needs ${bars + 2} bars; bring more.`);
    }
    const { close, length } = candles;
    const observation = new Float32Array(bars);
    const info = { row: -1 };
    let rng = gym.createRng(seed);
    let guess = 0;

    /** What is known at the close of the present row. */
    function look(): void {
      for (let i = 0; i < bars; i++) {
        const row = info.row - bars + 1 + i;
        observation[i] = close[row] / close[row - 1] - 1;
      }
    }

    return {
      observationSpace: gym.createBox([bars], -1, Infinity),
      actionSpace: gym.createDiscrete(2),
      reset(options) {
        if (options?.seed !== undefined) rng = gym.createRng(options.seed);
        info.row = bars + rng.integer(length - bars - 1);
        guess = 0;
        look();
        return { observation, info };
      },
      step(action) {
        if (info.row < 0) throw new gym.EnvError('not-reset', 'Call reset before the first step.');
        const before = close[info.row];
        const price = action === guess ? 0 : cost;
        guess = action as number;
        info.row++;
        look();
        const change = close[info.row] / before - 1;
        const reward = (guess === 1 ? change : -change) - price;
        return { observation, reward, terminated: false, truncated: info.row === length - 1, info };
      },
      save: () =>
        gym.joinSnapshots({
          rng: rng.save(),
          state: { arrays: {}, values: { row: info.row, guess } },
        }),
      load(snapshot) {
        rng.load(gym.snapshotPart(snapshot, 'rng'));
        info.row = gym.restoreNumber(snapshot, 'state/row');
        guess = gym.restoreNumber(snapshot, 'state/guess');
      },
    };
  },
});
