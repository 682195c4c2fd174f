/**
 * Losses that trees are boosted on beside log loss, cross-entropy and squared error: first and second derivatives by a
 * row's margin, in f32 step by step as XGBoost computes them.
 * Source: Chen & Guestrin (2016), "XGBoost: A Scalable Tree Boosting System", arXiv:1603.02754, eq. 2; Koenker & Bassett
 * (1978), "Regression Quantiles", for the check loss; Jørgensen (1987), "Exponential Dispersion Models", for tweedie.
 */
import { exp } from '../../../core/math.ts';
import type { XgboostConfig } from '../xgboost-config.ts';

/** Writes g and h of one row of weight 1 to `pair`. */
export type RowLoss = (margin: number, label: number, pair: Float32Array /* [2] */) => void;

const { fround } = Math;
const expOf = (x: number) => fround(exp(fround(x)));

/** A row's loss, or undefined for objectives whose gradients the kernels compute. */
export function rowLossOf(
  config: Pick<
    XgboostConfig,
    'objective' | 'max_delta_step' | 'tweedie_variance_power' | 'huber_slope' | 'quantile_alpha'
  >,
): RowLoss | undefined {
  switch (config.objective) {
    case 'count:poisson':
      return poisson(config.max_delta_step);
    case 'reg:gamma':
      return gamma;
    case 'reg:tweedie':
      return tweedie(config.tweedie_variance_power);
    case 'reg:pseudohubererror':
      return pseudoHuber(config.huber_slope);
    case 'reg:absoluteerror':
      return absolute;
    case 'reg:quantileerror':
      return quantile(config.quantile_alpha);
    default:
      return undefined;
  }
}

/** e^m − y·m; the hessian is that of a margin `maxDeltaStep` further on, so that a step cannot run away. */
function poisson(maxDeltaStep: number): RowLoss {
  const delta = fround(maxDeltaStep);
  return (margin, label, pair) => {
    pair[0] = expOf(margin) - label;
    pair[1] = expOf(margin + delta);
  };
}

/** y·e^−m + m. */
const gamma: RowLoss = (margin, label, pair) => {
  const ratio = fround(label / expOf(margin));
  pair[0] = 1 - ratio;
  pair[1] = ratio;
};

/** −y·e^((1 − ρ)m)/(1 − ρ) + e^((2 − ρ)m)/(2 − ρ). */
function tweedie(power: number): RowLoss {
  const first = fround(1 - fround(power));
  const second = fround(2 - fround(power));
  return (margin, label, pair) => {
    const near = expOf(first * margin);
    const far = expOf(second * margin);
    pair[0] = fround(-label * near) + far;
    pair[1] = fround(fround(-label * first) * near) + fround(second * far);
  };
}

/** δ²·(√(1 + (m − y)²/δ²) − 1). */
function pseudoHuber(huberSlope: number): RowLoss {
  const slope = fround(huberSlope);
  const square = fround(slope * slope);
  return (margin, label, pair) => {
    const z = fround(margin - label);
    const zz = fround(z * z);
    const root = fround(Math.sqrt(fround(1 + fround(zz / square))));
    pair[0] = z / root;
    pair[1] = square / fround(fround(square + zz) * root);
  };
}

/** |m − y|; its leaves are set again to medians, see leaf-quantiles.ts. */
const absolute: RowLoss = (margin, label, pair) => {
  pair[0] = Math.sign(fround(margin - label));
  pair[1] = 1;
};

/** (1 − α)·(m − y) above the label, α·(y − m) below; its leaves are set again to quantiles. */
function quantile(alpha: number): RowLoss {
  const above = fround(1 - fround(alpha));
  const below = -fround(alpha);
  return (margin, label, pair) => {
    pair[0] = fround(margin - label) >= 0 ? above : below;
    pair[1] = 1;
  };
}
