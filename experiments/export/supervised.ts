/** Writes supervised models in the forms that other programs read. */
import { ConfigError } from '../../core/errors.ts';
import type { TrainedModel } from '../../models/model.ts';
import { XgboostModel } from '../../models/trees/xgboost-model.ts';

export const XGBOOST_FORMS = ['xgboost-json', 'xgboost-ubj'] as const;

/** @throws ConfigError `unfit-export` for a model of another kind */
export function exportXgboost(model: TrainedModel, to: (typeof XGBOOST_FORMS)[number]): Uint8Array {
  const text = model.predictor.save().files['xgboost.json'];
  if (model.kind !== 'xgboost' || text === undefined) {
    throw new ConfigError(
      'unfit-export',
      `A model of kind "${model.kind}" is no model of XGBoost; ${to} takes xgboost models.`,
    );
  }
  const trees = XgboostModel.fromJson(text);
  return to === 'xgboost-ubj' ? trees.toUbjson() : new TextEncoder().encode(trees.toJson());
}
