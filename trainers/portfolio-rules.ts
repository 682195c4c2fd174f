/**
 * Plays the portfolios that need no view on returns, in a portfolio env: 1/N, minimum variance with a shrunk covariance, and
 * risk parity. Each is reckoned from the returns up to the close of the decision, and kept until it is due again.
 */
import type { PortfolioEnv } from '../envs/portfolio.ts';
import { ledoitWolf } from '../market/statistics/covariance.ts';
import { equalWeights, minimumVariance, riskParity } from '../market/statistics/portfolio-weights.ts';

export interface PortfolioRuleOptions {
  /** Returns that a covariance is estimated from, ≥ 2. Default 252; fewer where history has no more. */
  readonly bars?: number;
  /** Steps between two rebalancings, ≥ 1. Default 21. */
  readonly every?: number;
}

export interface PortfolioRule {
  readonly name: string;
  /** Sum of the rewards of an episode: the log return of the equity. */
  readonly episodeReturn: number;
  /** Costs over the first equity. */
  readonly costs: number;
}

const RULES: readonly (readonly [
  name: string,
  weigh: (covariance: () => Float64Array, n: number) => Float64Array,
])[] = [
  ['1/N', (_, n) => equalWeights(n)],
  ['minimum variance (Ledoit–Wolf)', (covariance) => minimumVariance(covariance())],
  ['risk parity', (covariance) => riskParity(covariance())],
];

/** @param seed of the reset, so that all meet the same episode */
export function playPortfolioRules(
  env: PortfolioEnv,
  seed: number,
  { bars = 252, every = 21 }: PortfolioRuleOptions = {},
): PortfolioRule[] {
  return RULES.map(([name, weigh]) => {
    const { info } = env.reset({ seed });
    const first = info.equity;
    const action = new Float32Array(env.series.length + 1);
    let total = 0;
    let costs = 0;
    for (let step = 0; ; step++) {
      // Between two days of rebalancing what is held is left to drift: the wanted weights are those held.
      if (step % every === 0) {
        const weights = weigh(() => covarianceAt(env, info.row, bars), env.series.length);
        for (let m = 0; m < weights.length; m++) action[m + 1] = weights[m];
        action[0] = 0;
      } else for (let m = 0; m < action.length; m++) action[m] = info.weights[m];
      const result = env.step(action);
      total += result.reward;
      costs += result.info.costPaid;
      if (result.terminated || result.truncated) break;
    }
    return { name, episodeReturn: total, costs: costs / first };
  });
}

/** Of the simple returns of the last bars, that of `row` included. */
function covarianceAt({ series }: PortfolioEnv, row: number, bars: number): Float64Array {
  const from = Math.max(1, row - bars + 1);
  const returns = series.map(({ close }) =>
    Float64Array.from({ length: row - from + 1 }, (_, i) => close[from + i] / close[from + i - 1] - 1),
  );
  return ledoitWolf(returns).covariance;
}
