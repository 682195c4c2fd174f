/** A plugin file full of leaks, of different kinds, as people make them. */

/** How many of its exports leak. */
export const NUM_PLANTED = 28;

export const PLANTED = `import * as gym from 'market-gym';
const { z } = gym;
const feature = (name, compute, lookback = 0) =>
  gym.defineFeature({ name, description: name, bounded: true, lookback: () => lookback, create: compute });
const last = (values, row) => values[Math.min(row, values.length - 1)];
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// Features
export const nextClose = feature('next-close', () => ({ close }, row) => last(close, row + 1) / close[row]);
export const shifted = feature('shifted', () => ({ close }, row) => Math.log(last(close, row + 1) / close[row]));
export const centred = feature('centred-average', () => ({ close }, row) => close[row] / mean(close.slice(row - 5, row + 6)), 5);
export const scaled = feature('scaled-by-all', () => ({ close }, row) => close[row] / mean(close));
export const ranked = feature('rank-in-all', () => ({ close }, row) => close.filter((price) => price < close[row]).length / close.length);
export const minMax = feature('min-max-of-all', () => ({ close }, row) => (close[row] - Math.min(...close)) / (Math.max(...close) - Math.min(...close)));
export const label = feature('label', () => ({ close }, row) => Math.sign(last(close, row + 5) - close[row]));
export const filled = feature('filled-backwards', () => ({ volume }, row) => {
  let from = row;
  while (from < volume.length - 1 && volume[from] === 0) from++;
  return volume[from];
});
export const interpolated = feature('interpolated', () => ({ close, volume }, row) => {
  let [a, b] = [row, row];
  while (a > 0 && volume[a] === 0) a--;
  while (b < volume.length - 1 && volume[b] === 0) b++;
  return a === b ? close[row] : close[a] + ((close[b] - close[a]) * (row - a)) / (b - a);
});
export const resampled = feature('close-of-the-day', () => ({ close, timeMs, length }, row) => {
  const day = Math.floor(timeMs[row] / 86400000);
  let end = row;
  while (end + 1 < length && Math.floor(timeMs[end + 1] / 86400000) === day) end++;
  return close[end] / close[row];
});
export const twoSided = feature('two-sided-filter', () => {
  let known, smooth;
  return (candles, row) => {
    if (known !== candles) {
      known = candles;
      smooth = Float64Array.from(candles.close);
      for (let i = 1; i < smooth.length; i++) smooth[i] = 0.7 * smooth[i - 1] + 0.3 * smooth[i];
      for (let i = smooth.length - 2; i >= 0; i--) smooth[i] = 0.7 * smooth[i + 1] + 0.3 * smooth[i];
    }
    return candles.close[row] / smooth[row];
  };
});
export const remaining = feature('bars-left', () => ({ length, close }, row) => length - row + close[row]);
export const coming = feature('hours-to-next-bar', () => ({ timeMs }, row) => (last(timeMs, row + 1) - timeMs[row]) / 3600000);
export const funding = feature('coming-funding', () => ({ open, close, length }, row) => {
  const rates = [];
  for (let r = row - (row % 8); r < Math.min(length, row - (row % 8) + 8); r++) rates.push(close[r] / open[r] - 1);
  return mean(rates);
});
const table = Float64Array.from({ length: 5000 }, (_, row) => Math.sin(row * 12.9898) * 43758.5453 % 1);
export const looked = feature('looked-up-by-row', () => (_candles, row) => table[row]);

// A reward, and costs, that go by a table of their own
export const tableReward = gym.defineReward({
  name: 'table-reward',
  description: 'pays by what comes',
  create: () => ({ reset() {}, reward: (a, b, step) => (b - a) / a + table[step.row + 1], save: () => ({ arrays: {}, values: {} }), load() {} }),
});

// Envs
const env = (name, options) =>
  gym.defineEnv({
    name,
    description: name,
    config: z.object({ fromRow: z.int().default(0), toRow: z.int().default(0) }),
    needsCandles: true,
    create({ candles }, { toRow }) {
      const { close, open, length } = candles;
      const end = (toRow || length) - 1;
      const observation = new Float32Array(1);
      let running = false;
      const info = { row: 0, timeMs: 0, price: 0, equity: 1000, exposure: 0 };
      const { show = (row) => close[row], pay = (row, a) => a * (close[row] / close[row - 1] - 1), start = () => 0 } = options;
      const look = () => {
        info.timeMs = candles.timeMs[info.row];
        info.price = close[info.row];
        observation[0] = show(info.row, candles, end);
        return { observation, info };
      };
      return {
        observationSpace: gym.createBox([1], -1e9, 1e9, ['shown']),
        actionSpace: gym.createDiscrete(2, [0, 1]),
        reset() {
          running = true;
          Object.assign(info, { row: start(candles), equity: 1000, exposure: 0 });
          return look();
        },
        step(action) {
          if (!running) throw new gym.EnvError('not-running', 'Call reset first.');
          info.row++;
          const before = info.exposure;
          if (options.fills === 'close') info.exposure = action;
          const growth = options.fills === 'close' ? info.exposure * (close[info.row] / close[info.row - 1] - 1)
            : before * (open[info.row] / close[info.row - 1] - 1) + action * (close[info.row] / open[info.row] - 1);
          info.equity *= 1 + growth;
          info.exposure = action;
          const reward = pay(info.row, action, candles);
          running = info.row < end;
          const stops = options.stops?.(info.row, candles) ?? false;
          return { ...look(), reward, terminated: stops, truncated: !stops && info.row >= end };
        },
        ...(options.mask && { actionMask: () => options.mask(info.row, candles) }),
      };
    },
  });
export const nextOpen = env('shows-next-open', { show: (row, { open }) => last(open, row + 1) });
export const paidAhead = env('pays-the-bar-after', { pay: (row, a, { close }) => a * (last(close, row + 1) / close[row] - 1) });
export const masked = env('masks-losses', { mask: (row, { close }) => (last(close, row + 1) > close[row] ? new Uint8Array([1, 1]) : new Uint8Array([1, 0])) });
export const stopped = env('stops-before-crashes', { stops: (row, { close }) => last(close, row + 1) < 0.985 * close[row] });
export const chosen = env('starts-at-the-bottom', { start: ({ close }) => close.indexOf(Math.min(...close.slice(0, close.length - 20))) });
export const spanned = env('scales-by-later-spans', { show: (row, { close, length }, end) => close[row] / (end < length - 1 ? mean(close.slice(end)) : 1) });
export const sameClose = env('fills-at-the-close', { fills: 'close' });

// Kinds of model
import { linear } from 'market-gym/models';
export const allRows = gym.defineModel({
  ...linear,
  name: 'scaled-by-all-rows',
  train: ({ table: { values, ...rest }, ...context }, config) => {
    const level = mean(values.filter((value) => !Number.isNaN(value)));
    return linear.train({ ...context, table: { ...rest, values: values.map((value) => value - level) } }, config);
  },
});
export const stopsEarly = gym.defineModel({
  ...linear,
  name: 'stops-by-test',
  train: (context, config) => {
    const { values, numColumns, numRows } = context.table;
    const later = values[(numRows - 1) * numColumns];
    const weights = context.fit.weights.map((weight, i) => (later > 0 && i < 5 ? 0 : weight));
    return linear.train({ ...context, fit: { ...context.fit, weights } }, config);
  },
});

// Functions and a pipeline
export async function inSamplePrior(candles) {
  const data = gym.datasetFromCandles(candles, { features: ['return:1'], normalizationBars: 20 });
  const model = await gym.trainModel(data, linear);
  const { rows, scores } = gym.predictSignal(model, { candles });
  const result = new Float64Array(candles.length);
  rows.forEach((row, i) => { result[row] = scores[i]; });
  return result;
}
export const standardized = ({ close }) => {
  const level = mean(close);
  const deviation = Math.sqrt(mean(close.map((price) => (price - level) ** 2)));
  return close.map((price) => (price - level) / deviation);
};
export const pipeline = gym.createFeaturePipeline(['return:1', 'shifted'], { features: [shifted], normalizationBars: 20 });
`;
