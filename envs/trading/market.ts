/** Computes once what all envs over the same candles share, and keeps it for as long as the candles are there. */
import type { Registry } from '../../core/registry.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { type BarLiquidity, barLiquidity } from '../../market/execution/slippage.ts';
import type { Feature } from '../../market/features/features.ts';
import {
  createFeaturePipeline,
  type FeatureMatrix,
  type FeaturePipelineOptions,
  featureName,
} from '../../market/features/pipeline.ts';
import { builtInParts } from '../parts.ts';

/** By what the features are: two plugins may use one name. */
const matrices = new WeakMap<
  Candles,
  Map<string, { features: readonly Feature[]; matrix: FeatureMatrix }[]>
>();
const liquidities = new WeakMap<Candles, BarLiquidity>();

/**
 * The features of these candles. Asking again gives the same matrix, so the candles must not change.
 * @param registry where features are looked up
 * @throws ConfigError, DataError as `createFeaturePipeline` and its `compute`
 */
export function sharedFeatures(
  candles: Candles,
  specs: readonly string[],
  options: Omit<FeaturePipelineOptions, 'features'>,
  registry: Registry<Feature> = builtInParts.features,
): FeatureMatrix {
  let byKey = matrices.get(candles);
  if (byKey === undefined) {
    byKey = new Map();
    matrices.set(candles, byKey);
  }
  const key = JSON.stringify([specs, options.normalize, options.normalizationBars, options.clip]);
  const features = specs.map((spec) => registry.get(featureName(spec)));
  const known = byKey.get(key) ?? [];
  const found = known.find((entry) => entry.features.every((feature, f) => feature === features[f]));
  if (found !== undefined) return found.matrix;
  const matrix = createFeaturePipeline(specs, { ...options, features: registry }).compute(candles);
  byKey.set(key, [...known, { features, matrix }]);
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
