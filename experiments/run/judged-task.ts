/** A run's task as judging needs it: envs by the run's own plugin, and the bars around them. */
import { EnvError } from '../../core/errors.ts';
import { missingAccountKeys } from '../../envs/account-info.ts';
import { tradingConfig } from '../../envs/trading/config.ts';
import { takesExposures } from '../../trainers/baselines.ts';
import type { JudgedTask } from '../../trainers/judged-task.ts';
import type { TradingCosts } from '../../trainers/signal-backtest.ts';
import { createEvaluationEnv } from './parts.ts';
import type { Run } from './spec.ts';

/** The settings by whose names an env's own configuration may say what trading costs in it. */
const COSTS = [
  'feeRate',
  'slippageRate',
  'impactCoefficient',
  'borrowRatePerYear',
  'execution',
  'initialEquity',
] as const satisfies (keyof TradingCosts)[];

/**
 * Why a run on market data is not judged by its account; undefined where it is.
 * @throws EnvError as the env's reset
 */
export function whyNoAccount(run: Run): string | undefined {
  const { name } = run.spec.env;
  const env = createEvaluationEnv(run, 'test');
  const missing = missingAccountKeys(env.reset().info);
  env.close?.();
  if (missing.length > 0) {
    return (
      `Without a verdict: the info of env "${name}" lacks ${missing.join(', ')}. An account is judged by timeMs, price, ` +
      'equity and exposure (AccountInfo).'
    );
  }
  if (run.market === undefined && !takesExposures(env.actionSpace)) {
    return `Without a verdict: the actions of env "${name}" are no exposures, so that no baseline can trade its books.`;
  }
  return undefined;
}

/** @param run on market data, with an account */
export function judgedTask(run: Run): JudgedTask {
  const { spec, market, books } = run;
  return {
    spans: (market ?? books)!.spans,
    createEnv: ({ name }, onFill) => createEvaluationEnv(run, name, onFill),
    seed: spec.seed,
    candles: market?.candles,
    costs: costsOf(run),
  };
}

/** What the env's settings say of costs, by the trading env's names; what does not fit them is left out. */
export function costsOf({ spec }: Pick<Run, 'spec'>): TradingCosts {
  const { config } = spec.env;
  const { shape } = tradingConfig;
  return Object.fromEntries(
    COSTS.filter((key) => key in config && shape[key].safeParse(config[key]).success).map((key) => [
      key,
      config[key],
    ]),
  );
}

/** Names the env in what judging finds wrong with it. */
export function namingEnv<Result>({ spec }: Run, judge: () => Result): Result {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    throw new EnvError(error.code, `In env "${spec.env.name}": ${error.message}`, { cause: error });
  }
}
