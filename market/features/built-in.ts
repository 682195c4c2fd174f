/** Lists the features that come with the framework. */
import { columnFeature } from './exogenous.ts';
import { candleFeatures, type Feature } from './features.ts';

/** Every feature that comes with the framework. */
export const builtinFeatures: readonly Feature[] = [...candleFeatures, columnFeature];
