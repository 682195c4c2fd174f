/** Lists the kinds of model that come with the framework. */
import { Registry } from '../core/registry.ts';
import { linear } from './linear.ts';
import type { ModelPlugin } from './model.ts';
import { gru } from './recurrent/gru.ts';
import { lstm } from './recurrent/lstm.ts';
import { lightgbm } from './trees/lightgbm-kind.ts';
import { xgboost } from './trees/xgboost-kind.ts';

export const builtInModels: readonly ModelPlugin[] = [xgboost, lightgbm, lstm, gru, linear];

/** @throws ConfigError `unknown-name` with the nearest one */
export function findModelKind(name: string, others: Iterable<ModelPlugin> = []): ModelPlugin {
  return new Registry<ModelPlugin>('model kind', [...builtInModels, ...others]).get(name);
}
