/** Declares XGBoost's parameters by its own names, with its own defaults. */
import { type ConfigOf, resolveConfig, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';

/** Losses of values, those of counts and amounts among them. */
export const VALUE_OBJECTIVES = [
  'reg:squarederror',
  'reg:absoluteerror',
  'reg:pseudohubererror',
  'reg:quantileerror',
  'count:poisson',
  'reg:gamma',
  'reg:tweedie',
] as const;
export const OBJECTIVES = [
  'binary:logistic',
  'multi:softprob',
  'multi:softmax',
  ...VALUE_OBJECTIVES,
] as const;
export type ObjectiveName = (typeof OBJECTIVES)[number];

/** Objectives whose prediction is e to the margin. */
export const isLogLinked = (objective: string): boolean =>
  objective === 'count:poisson' || objective === 'reg:gamma' || objective === 'reg:tweedie';

/** Several classes; softmax is softprob under the name for which XGBoost predicts the class alone. */
export const isMulticlass = (objective: string): boolean => objective.startsWith('multi:');

export const METRICS = [
  'logloss',
  'mlogloss',
  'error',
  'merror',
  'rmse',
  'mae',
  'auc',
  'aucpr',
  'mphe',
  'quantile',
  'poisson-nloglik',
  'gamma-nloglik',
  'tweedie-nloglik',
] as const;
export type MetricName = (typeof METRICS)[number];

const share = () => z.number().gt(0).max(1).default(1);

export const xgboostConfig = z.object({
  objective: z.enum(OBJECTIVES).default('reg:squarederror').describe('what is predicted, and its loss'),
  num_class: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('classes of multi:softprob and multi:softmax; 0 otherwise'),
  num_round: z.int().min(1).max(100_000).default(100).describe('boosting rounds'),
  eta: z.number().gt(0).max(1).default(0.3).describe('shrinkage of each tree'),
  max_depth: z.int().min(0).max(64).default(6).describe('edges from root to leaf at most; 0 for no limit'),
  max_leaves: z.int().min(0).max(65_536).default(0).describe('leaves of a tree at most; 0 for no limit'),
  grow_policy: z
    .enum(['depthwise', 'lossguide'])
    .default('depthwise')
    .describe('level by level, or the split of the largest gain first'),
  min_child_weight: z.number().min(0).default(1).describe('sum of hessians that a child needs'),
  gamma: z.number().min(0).default(0).describe('gain that a split needs'),
  lambda: z.number().min(0).default(1).describe('L2 penalty on leaf values'),
  alpha: z.number().min(0).default(0).describe('L1 penalty on leaf values'),
  subsample: share().describe('share of the rows that each tree learns from'),
  colsample_bytree: share().describe('share of the columns for each tree'),
  colsample_bylevel: share().describe("share of the tree's columns for each level"),
  colsample_bynode: share().describe("share of the level's columns for each node"),
  scale_pos_weight: z.number().gt(0).default(1).describe('weight of the rows of class 1, binary:logistic'),
  max_bin: z.int().min(2).max(65_535).default(256).describe('bins of a column'),
  base_score: z
    .number()
    .optional()
    .describe(
      'prediction before the first tree, a probability for logistic; when absent 0.5, or the labels’ median or quantile for ' +
        'absoluteerror and quantileerror',
    ),
  max_delta_step: z
    .number()
    .min(0)
    .optional()
    .describe('largest weight of a leaf before eta, 0 for no limit; when absent 0, or 0.7 for count:poisson'),
  monotone_constraints: z
    .union([z.array(z.int().min(-1).max(1)), z.record(z.string(), z.int().min(-1).max(1))])
    .optional()
    .describe(
      'per column, as a list or by name: 1 where the prediction may only rise with it, -1 where it may only fall, 0 free',
    ),
  interaction_constraints: z
    .array(z.array(z.union([z.string(), z.int().min(0)])).min(1))
    .optional()
    .describe(
      'groups of columns, by name or number from 0, that may meet on one path of a tree; all may when absent',
    ),
  quantile_alpha: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe('the quantile that reg:quantileerror predicts and the metric quantile measures'),
  tweedie_variance_power: z
    .number()
    .gt(1)
    .lt(2)
    .default(1.5)
    .describe('power of the mean that the variance of reg:tweedie grows with: near 1 Poisson, near 2 gamma'),
  huber_slope: z
    .number()
    .gt(0)
    .default(1)
    .describe('residual at which reg:pseudohubererror turns from squares to absolute values'),
  eval_metric: z
    .union([z.enum(METRICS), z.array(z.enum(METRICS)).min(1)])
    .optional()
    .describe("metrics of the evaluation sets; the objective's own when absent"),
  early_stopping_rounds: z
    .int()
    .min(0)
    .default(0)
    .describe('rounds without a better last metric of the last evaluation set before stopping; 0 for never'),
  seed: z.int().default(0).describe('decides the samples of rows and columns'),
  nthread: z.int().min(1).max(64).default(1).describe('threads; they change no bit of the result'),
  booster: z.literal('gbtree').default('gbtree').describe('the kind of model'),
  tree_method: z.enum(['hist', 'auto']).default('hist').describe('how splits are found'),
});

type Parsed = ConfigOf<typeof xgboostConfig>;

/** Complete but for the base score, which some objectives take from the labels. */
export type XgboostConfig = Omit<Parsed, 'max_delta_step'> & { readonly max_delta_step: number };
export type XgboostOverrides = z.input<typeof xgboostConfig>;

/** Other names that XGBoost and its interfaces know the parameters by. */
const ALIASES: Readonly<Record<string, keyof XgboostConfig>> = {
  learning_rate: 'eta',
  reg_lambda: 'lambda',
  reg_alpha: 'alpha',
  min_split_loss: 'gamma',
  n_estimators: 'num_round',
  num_boost_round: 'num_round',
  random_state: 'seed',
  n_jobs: 'nthread',
};

/**
 * @throws ConfigError `unknown-key` with the nearest name, `invalid-value`, `duplicate-key` where a parameter comes under
 * two names
 */
export function resolveXgboostConfig(overrides: Readonly<Record<string, unknown>>): XgboostConfig {
  const named: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(overrides)) {
    const name = Object.hasOwn(ALIASES, key) ? ALIASES[key] : key;
    if (Object.hasOwn(named, name)) {
      throw new ConfigError(
        'duplicate-key',
        `XGBoost's "${name}" is given twice, the second time as "${key}".`,
      );
    }
    named[name] = value;
  }
  const parsed = resolveConfig(xgboostConfig, named, 'model "xgboost"');
  const config: XgboostConfig = {
    ...parsed,
    max_delta_step: parsed.max_delta_step ?? (parsed.objective === 'count:poisson' ? 0.7 : 0),
  };
  const { objective, num_class: classes, base_score: base } = config;
  if (isMulticlass(objective) ? classes < 2 : classes > 1) {
    throw invalid('num_class', classes, `${objective} needs ${isMulticlass(objective) ? '2 or more' : '0'}`);
  }
  if (base === undefined) return config;
  if (isLogLinked(objective) && !(base > 0)) {
    throw invalid('base_score', base, `${objective} needs a number above 0`);
  }
  if (objective === 'binary:logistic' && !(base > 0 && base < 1)) {
    throw invalid('base_score', base, 'binary:logistic needs a probability between 0 and 1');
  }
  return config;
}

function invalid(key: string, value: number, why: string): ConfigError {
  return new ConfigError('invalid-value', `Invalid value ${value} for "${key}" of model "xgboost": ${why}.`);
}
