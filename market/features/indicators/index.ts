/** Lists the usual indicators of technical analysis, each a feature over a finite window. */
import type { Feature } from '../features.ts';
import { bandIndicators } from './bands.ts';
import { momentumIndicators } from './momentum.ts';
import { trendIndicators } from './trend.ts';
import { volumeIndicators } from './volume.ts';

export const indicators: readonly Feature[] = [
  ...trendIndicators,
  ...momentumIndicators,
  ...bandIndicators,
  ...volumeIndicators,
];
