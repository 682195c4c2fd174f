/**
 * A feature: how straight the way of the price was.
 *
 * Source: Kaufman, "Trading Systems and Methods", the efficiency ratio; signed here by the direction.
 */
import * as gym from 'market-gym';

export const efficiency = gym.defineFeature({
  name: 'efficiency',
  description: 'Signed efficiency ratio: (close[r] − close[r − bars]) / Σ |one-bar changes|, in [−1, 1]',
  defaultBars: 10,
  bounded: true,
  lookback: (bars) => bars,
  create:
    (bars) =>
    ({ close }, row) => {
      let way = 0;
      for (let r = row - bars + 1; r <= row; r++) way += Math.abs(close[r] - close[r - 1]);
      return way === 0 ? 0 : (close[row] - close[row - bars]) / way;
    },
});
