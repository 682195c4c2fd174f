/** Lists the features that come with the framework. */
import { columnFeature } from './exogenous.ts';
import { candleFeatures, type Feature } from './features.ts';
import { indicators } from './indicators/index.ts';
import { pairFeatures } from './pair-features.ts';

/** Every feature that comes with the framework. */
export const builtinFeatures: readonly Feature[] = [
  ...candleFeatures,
  ...indicators,
  ...pairFeatures,
  columnFeature,
];
