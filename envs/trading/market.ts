/** What all envs over the same candles share: computed once, and kept for as long as the candles are. */
import type { Candles } from '../../market/candles/candles.ts';
import { type BarLiquidity, barLiquidity } from '../../market/execution/slippage.ts';
import {
  createFeaturePipeline,
  type FeatureMatrix,
  type FeaturePipelineOptions,
} from '../../market/features/pipeline.ts';

const matrices = new WeakMap<Candles, Map<string, FeatureMatrix>>();
const liquidities = new WeakMap<Candles, BarLiquidity>();

/**
 * The built-in features of these candles. Asking again gives the same matrix, so the candles must not change.
 * @throws ConfigError, DataError as `createFeaturePipeline` and its `compute`
 */
export function sharedFeatures(
  candles: Candles,
  specs: readonly string[],
  options: Omit<FeaturePipelineOptions, 'features'>,
): FeatureMatrix {
  let byKey = matrices.get(candles);
  if (byKey === undefined) {
    byKey = new Map();
    matrices.set(candles, byKey);
  }
  const key = JSON.stringify([specs, options.normalize, options.normalizationBars, options.clip]);
  let matrix = byKey.get(key);
  if (matrix === undefined) {
    matrix = createFeaturePipeline(specs, options).compute(candles);
    byKey.set(key, matrix);
  }
  return matrix;
}

/** The liquidity of these candles over the default window; likewise computed once. */
export function sharedLiquidity(candles: Candles): BarLiquidity {
  let liquidity = liquidities.get(candles);
  if (liquidity === undefined) {
    liquidity = barLiquidity(candles);
    liquidities.set(candles, liquidity);
  }
  return liquidity;
}
