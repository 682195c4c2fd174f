/** Features of the direction of a market and how strong it is: MACD, TRIX, ADX, DMI, Aroon. */
import { z } from '../../../core/config.ts';
import type { Candles } from '../../candles/candles.ts';
import { defineFeature, type Feature } from '../features.ts';
import { EMA_PERIODS, exponentialAverages, WILDER_PERIODS, wilderAverage } from './averages.ts';

const fast = z
  .int()
  .min(1)
  .default(12)
  .describe('period of the fast average, bars, below that of the slow one');

const macd = defineFeature({
  name: 'macd',
  description: 'MACD line (Appel): exponential average of `fast` closes less that of `bars`, over close[r]',
  defaultBars: 26,
  minBars: 2,
  bounded: false,
  config: z.object({ fast }),
  lookback: (bars, { fast }) => EMA_PERIODS * Math.max(bars, fast) - 1,
  create:
    (bars, { fast }) =>
    ({ close }, row) => {
      const average = (period: number) =>
        exponentialAverages(close, row - EMA_PERIODS * period + 1, row, period);
      return (average(fast) - average(bars)) / close[row];
    },
});

const macdHistogram = defineFeature({
  name: 'macd-histogram',
  description: 'MACD line less its exponential average of `signal` bars, over close[r]',
  defaultBars: 26,
  minBars: 2,
  bounded: false,
  config: z.object({ fast, signal: z.int().min(1).default(9).describe('period of the signal line, bars') }),
  lookback: (bars, { fast, signal }) => EMA_PERIODS * (Math.max(bars, fast) + signal) - 2,
  create(bars, { fast, signal }) {
    const slowest = EMA_PERIODS * Math.max(bars, fast);
    const length = slowest + EMA_PERIODS * signal - 1;
    const slow = new Float64Array(length);
    const quick = new Float64Array(length);
    const line = new Float64Array(EMA_PERIODS * signal);
    return ({ close }, row) => {
      const from = row - length + 1;
      exponentialAverages(close, from, row, bars, slow);
      exponentialAverages(close, from, row, fast, quick);
      for (let i = 0; i < line.length; i++) line[i] = quick[slowest - 1 + i] - slow[slowest - 1 + i];
      const last = line.length - 1;
      return (line[last] - exponentialAverages(line, 0, last, signal)) / close[row];
    };
  },
});

const trix = defineFeature({
  name: 'trix',
  description:
    'TRIX (Hutson): change by one bar of a threefold exponential average of `bars` closes, fraction',
  defaultBars: 15,
  minBars: 2,
  bounded: false,
  lookback: (bars) => 3 * EMA_PERIODS * bars,
  create(bars) {
    const length = 3 * EMA_PERIODS * bars + 1;
    const first = new Float64Array(length);
    const second = new Float64Array(length);
    const third = new Float64Array(length);
    return ({ close }, row) => {
      exponentialAverages(close, row - length + 1, row, bars, first);
      exponentialAverages(first, bars - 1, length - 1, bars, second);
      const numSecond = length - bars + 1;
      exponentialAverages(second, bars - 1, numSecond - 1, bars, third);
      const numThird = numSecond - bars + 1;
      return third[numThird - 1] / third[numThird - 2] - 1;
    };
  },
});

/** Wilder's directional movement over the last rows: what of the true range went up, and what down. */
class DirectionalMovement {
  readonly #bars: number;
  readonly #ups: Float64Array;
  readonly #downs: Float64Array;

  /** @param length changes that are looked at */
  constructor(bars: number, length: number) {
    this.#bars = bars;
    this.#ups = new Float64Array(length);
    this.#downs = new Float64Array(length);
  }

  /** Takes the changes that lead to `row`. */
  read(candles: Candles, row: number): void {
    const { high, low } = candles;
    const { length } = this.#ups;
    for (let i = 0; i < length; i++) {
      const r = row - length + 1 + i;
      const up = high[r] - high[r - 1];
      const down = low[r - 1] - low[r];
      this.#ups[i] = up > down && up > 0 ? up : 0;
      this.#downs[i] = down > up && down > 0 ? down : 0;
    }
  }

  /** (up − down) / (up + down) after all changes, in [−1, 1]; 0 where nothing moved. */
  direction(): number {
    const { length } = this.#ups;
    const up = wilderAverage(this.#ups, length, this.#bars);
    const down = wilderAverage(this.#downs, length, this.#bars);
    return up + down > 0 ? (up - down) / (up + down) : 0;
  }

  /** Wilder's average of |direction| over the changes from `bars` on, in [0, 1]. */
  strength(): number {
    const bars = this.#bars;
    let up = 0;
    let down = 0;
    let average = 0;
    for (let i = 0; i < this.#ups.length; i++) {
      if (i < bars) {
        up += this.#ups[i] / bars;
        down += this.#downs[i] / bars;
        if (i < bars - 1) continue;
      } else {
        up += (this.#ups[i] - up) / bars;
        down += (this.#downs[i] - down) / bars;
      }
      const index = up + down > 0 ? Math.abs(up - down) / (up + down) : 0;
      const n = i - bars + 1;
      average += n < bars ? index / bars : (index - average) / bars;
    }
    return average;
  }
}

const dmi = defineFeature({
  name: 'dmi',
  description: "Wilder's directional movement, (+DI − −DI) / (+DI + −DI) over `bars` bars, in [−1, 1]",
  defaultBars: 14,
  minBars: 2,
  bounded: true,
  lookback: (bars) => WILDER_PERIODS * bars,
  create(bars) {
    const movement = new DirectionalMovement(bars, WILDER_PERIODS * bars);
    return (candles, row) => {
      movement.read(candles, row);
      return movement.direction();
    };
  },
});

const adx = defineFeature({
  name: 'adx',
  description: "Wilder's average directional index over `bars` bars, how strong a trend is, in [0, 1]",
  defaultBars: 14,
  minBars: 2,
  bounded: true,
  lookback: (bars) => (WILDER_PERIODS + 1) * bars,
  create(bars) {
    const movement = new DirectionalMovement(bars, (WILDER_PERIODS + 1) * bars);
    return (candles, row) => {
      movement.read(candles, row);
      return movement.strength();
    };
  },
});

const aroon = defineFeature({
  name: 'aroon',
  description:
    'Aroon oscillator (Chande): bars from the lowest low to the highest high of bars + 1, over bars, in [−1, 1]',
  defaultBars: 25,
  bounded: true,
  lookback: (bars) => bars,
  create:
    (bars) =>
    ({ high, low }, row) => {
      let highest = row - bars;
      let lowest = row - bars;
      for (let r = row - bars + 1; r <= row; r++) {
        if (high[r] >= high[highest]) highest = r;
        if (low[r] <= low[lowest]) lowest = r;
      }
      return (highest - lowest) / bars;
    },
});

export const trendIndicators: readonly Feature[] = [macd, macdHistogram, trix, dmi, adx, aroon];
