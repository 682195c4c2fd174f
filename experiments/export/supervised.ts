/** Writes supervised models in the forms that other programs read. */
import { ConfigError } from '../../core/errors.ts';
import type { TrainedModel } from '../../models/model.ts';
import { XgboostModel } from '../../models/trees/xgboost-model.ts';
import { exportTrees } from './onnx/trees.ts';

export const EXPORT_FORMS = ['onnx', 'xgboost-json', 'xgboost-ubj'] as const;
export type ExportForm = (typeof EXPORT_FORMS)[number];

/** @throws ConfigError `unfit-export` for a model of another kind, and for what the form cannot hold */
export function exportModel(model: TrainedModel, to: ExportForm): Uint8Array {
  const { shape, calibration, kind } = model;
  const text = model.predictor.save().files['xgboost.json'];
  if (kind !== 'xgboost' || text === undefined) {
    throw new ConfigError(
      'unfit-export',
      `A model of kind "${kind}" cannot be exported; runs and models fitted with --model xgboost can.`,
    );
  }
  const trees = XgboostModel.fromJson(text);
  if (to === 'xgboost-ubj') return trees.toUbjson();
  if (to === 'xgboost-json') return new TextEncoder().encode(trees.toJson());
  return exportTrees(trees, calibration, {
    columns: shape.columns.join(','),
    classes: shape.classNames.join(','),
  });
}
