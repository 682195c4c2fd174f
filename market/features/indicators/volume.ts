/** Features of what was traded where: OBV, MFI, Chaikin money flow, distance from the volume-weighted price. */
import { defineFeature, type Feature } from '../features.ts';
import { typicalPrice } from './bar.ts';

const obv = defineFeature({
  name: 'obv',
  description:
    'On-balance volume (Granville): volume of rising less that of falling bars, over all of the last `bars`, in [−1, 1]',
  defaultBars: 20,
  bounded: true,
  usesVolume: true,
  lookback: (bars) => bars,
  create:
    (bars) =>
    ({ close, volume }, row) => {
      let balance = 0;
      let total = 0;
      for (let r = row - bars + 1; r <= row; r++) {
        total += volume[r];
        if (close[r] > close[r - 1]) balance += volume[r];
        else if (close[r] < close[r - 1]) balance -= volume[r];
      }
      return total === 0 ? 0 : balance / total;
    },
});

const mfi = defineFeature({
  name: 'mfi',
  description:
    'Money flow index (Quong, Soudack): typical price × volume where it rose less where it fell, over both, in [−1, 1]',
  defaultBars: 14,
  bounded: true,
  usesVolume: true,
  lookback: (bars) => bars,
  create: (bars) => (candles, row) => {
    let rising = 0;
    let falling = 0;
    let before = typicalPrice(candles, row - bars);
    for (let r = row - bars + 1; r <= row; r++) {
      const price = typicalPrice(candles, r);
      if (price > before) rising += price * candles.volume[r];
      else if (price < before) falling += price * candles.volume[r];
      before = price;
    }
    const total = rising + falling;
    return total === 0 ? 0 : (rising - falling) / total;
  },
});

const chaikinMoneyFlow = defineFeature({
  name: 'chaikin-money-flow',
  description:
    'Chaikin money flow: place of each close in its bar, −1 to 1, weighted by volume over `bars` bars, in [−1, 1]',
  defaultBars: 20,
  bounded: true,
  usesVolume: true,
  lookback: (bars) => bars - 1,
  create:
    (bars) =>
    ({ high, low, close, volume }, row) => {
      let flow = 0;
      let total = 0;
      for (let r = row - bars + 1; r <= row; r++) {
        total += volume[r];
        const range = high[r] - low[r];
        if (range > 0) flow += ((close[r] - low[r] - (high[r] - close[r])) / range) * volume[r];
      }
      return total === 0 ? 0 : Math.min(1, Math.max(-1, flow / total));
    },
});

const vwapDistance = defineFeature({
  name: 'vwap-distance',
  description:
    'Distance from the volume-weighted mean of the typical prices of the last `bars` bars, fraction',
  defaultBars: 20,
  bounded: false,
  usesVolume: true,
  lookback: (bars) => bars - 1,
  create: (bars) => (candles, row) => {
    let paid = 0;
    let total = 0;
    for (let r = row - bars + 1; r <= row; r++) {
      paid += typicalPrice(candles, r) * candles.volume[r];
      total += candles.volume[r];
    }
    return total === 0 ? 0 : candles.close[row] / (paid / total) - 1;
  },
});

export const volumeIndicators: readonly Feature[] = [obv, mfi, chaikinMoneyFlow, vwapDistance];
