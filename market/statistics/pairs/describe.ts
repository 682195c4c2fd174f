/** Says of two series whether they wander together, and of several how a portfolio of them would be weighed. */
import { log } from '../../../core/math.ts';
import { alignCandles } from '../../candles/align.ts';
import type { Candles } from '../../candles/candles.ts';
import { ledoitWolf, principalComponents } from '../covariance.ts';
import { minimumVariance, riskParity } from '../portfolio-weights.ts';
import { KalmanHedge, rollingHedge } from './hedge-ratio.ts';
import { johansen } from './johansen.ts';
import { dickeyFuller, engleGranger, halfLife } from './unit-root.ts';

export interface PairDescription {
  /** Bars that both have. */
  readonly bars: number;
  readonly returnCorrelation: number;
  /** log A ≈ intercept + ratio·log B, by least squares over all bars. */
  readonly ratio: number;
  /** The same by a Kalman filter at the last bar. */
  readonly kalmanRatio: number;
  /** Of the residuals' unit root; small: they wander together. */
  readonly engleGranger: number;
  /** Cointegrating vectors at 5 %. */
  readonly johansenRank: number;
  /** Bars in which a deviation halves; Infinity where it does not. */
  readonly halfLifeBars: number;
  /** Of the last bar, from the line of the last `window` bars. */
  readonly zscore: number;
  /** Unit roots of the two logs by themselves. */
  readonly unitRoots: readonly [number, number];
}

const MOST_WINDOW = 250;

/** @throws DataError `no-common-span`, and as the tests */
export function describePair(first: Candles, second: Candles): PairDescription {
  const [a, b] = alignCandles([first, second]).map(({ close }) => close.map(log));
  const { ratio, intercept, pValue } = engleGranger(a, b);
  const filter = new KalmanHedge();
  for (let t = 0; t < a.length; t++) filter.update(a[t], b[t]);
  const window = Math.min(MOST_WINDOW, a.length);
  const changes = [a, b].map((values) => values.subarray(1).map((value, t) => value - values[t]));
  return {
    bars: a.length,
    returnCorrelation: correlation(changes[0], changes[1]),
    ratio,
    kalmanRatio: filter.ratio,
    engleGranger: pValue,
    johansenRank: johansen([a, b]).rank,
    halfLifeBars: halfLife(a.map((value, t) => value - intercept - ratio * b[t])),
    zscore: rollingHedge(a, b, window).zscore[a.length - 1],
    unitRoots: [dickeyFuller(a).pValue, dickeyFuller(b).pValue],
  };
}

export function formatPair(pair: PairDescription): string {
  const { bars, returnCorrelation, ratio, kalmanRatio, halfLifeBars, zscore, unitRoots, johansenRank } = pair;
  const together =
    pair.engleGranger < 0.05 ? 'they wander together' : 'nothing shows that they wander together';
  return [
    `bars in common ${bars}, returns correlate ${returnCorrelation.toFixed(3)}`,
    `hedge ratio    ${ratio.toFixed(4)} of logs (least squares), ${kalmanRatio.toFixed(4)} now (Kalman)`,
    `cointegration  Engle–Granger p ${pair.engleGranger.toFixed(4)}, Johansen rank ${johansenRank} at 5 %: ${together}`,
    `unit roots     p ${unitRoots.map((value) => value.toFixed(3)).join(' and ')}`,
    `half-life      ${Number.isFinite(halfLifeBars) ? `${halfLifeBars.toFixed(1)} bars` : 'none: deviations do not revert'}, now ${zscore.toFixed(2)} deviations away`,
  ].join('\n');
}

export interface PanelDescription {
  /** Part of the variance of returns along the first component. */
  readonly firstComponent: number;
  /** Of the Ledoit–Wolf covariance. */
  readonly shrinkage: number;
  /** [p] each, long only. */
  readonly minimumVariance: readonly number[];
  readonly riskParity: readonly number[];
}

/** @throws DataError `no-common-span` */
export function describePanel(series: readonly Candles[]): PanelDescription {
  const changes = alignCandles(series).map(({ close }) =>
    close.subarray(1).map((price, t) => log(price / close[t])),
  );
  const { variances } = principalComponents(changes);
  const { covariance, shrinkage } = ledoitWolf(changes);
  return {
    firstComponent: variances[0] / variances.reduce((sum, value) => sum + value, 0),
    shrinkage,
    minimumVariance: [...minimumVariance(covariance)],
    riskParity: [...riskParity(covariance)],
  };
}

export function formatPanel(panel: PanelDescription, names: readonly string[]): string {
  const shares = (weights: readonly number[]): string =>
    names.map((name, i) => `${name} ${(100 * weights[i]).toFixed(1)} %`).join(', ');
  return [
    `together       ${(100 * panel.firstComponent).toFixed(1)} % of the variance is along one component; covariance shrunk by ${panel.shrinkage.toFixed(3)}`,
    `least variance ${shares(panel.minimumVariance)}`,
    `risk parity    ${shares(panel.riskParity)}`,
  ].join('\n');
}

function correlation(a: Float64Array, b: Float64Array): number {
  const { components, variances } = principalComponents([a, b]);
  const cross = variances.reduce((sum, value, i) => sum + value * components[i][0] * components[i][1], 0);
  const own = [0, 1].map((j) =>
    variances.reduce((sum, value, i) => sum + value * components[i][j] * components[i][j], 0),
  );
  return cross / Math.sqrt(own[0] * own[1]);
}
