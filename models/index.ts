/** The public names of the supervised models: the contract, kinds, data sets and labels, judging, and signals. */
export {
  loadModel,
  type ModelArtifact as SupervisedArtifact,
  type ModelPipeline,
  type StoredArtifact,
  saveModel,
} from './artifact.ts';
export {
  type Calibration,
  type CalibrationMethod,
  calibrateInto,
  fitCalibration,
} from './data/calibration.ts';
export {
  type CandleDatasetOptions,
  classBalance,
  createDataset,
  type Dataset,
  type DatasetParts,
  datasetFromCandles,
  type PipelineSpec,
} from './data/dataset.ts';
export type { FeatureTable } from './data/feature-table.ts';
export { averageUniqueness } from './data/label-weights.ts';
export { type LabelConfig, type Labels, labelCandles, labelConfig, type Task } from './data/labels.ts';
export { fitScaler, type Scaler, scaleInto } from './data/scaler.ts';
export {
  combinatorial,
  combinatorialPaths,
  type Fold,
  holdOut,
  holdOutFrom,
  type PurgedOptions,
  purge,
  purgedKFold,
  type SplitTarget,
  type Splitter,
  type WalkForwardOptions,
  walkForward,
} from './data/splitters.ts';
export {
  datasetFromTable,
  readTableCsv,
  type TableCsv,
  type TableCsvOptions,
  type TableDatasetOptions,
} from './data/table-csv.ts';
export type { PredictionInput } from './input.ts';
export {
  type ClassificationMetrics,
  classificationMetrics,
  formatClassificationReport,
} from './judging/classification-metrics.ts';
export { permutationImportance } from './judging/permutation-importance.ts';
export {
  averagePrecision,
  type CalibrationCurve,
  type Curve,
  calibrationCurve,
  precisionRecallCurve,
  rocArea,
  rocCurve,
} from './judging/probability-curves.ts';
export { type RegressionMetrics, rankCorrelation, regressionMetrics } from './judging/regression-metrics.ts';
export { builtInModels, findModelKind } from './kinds.ts';
export { linear } from './linear.ts';
export {
  defineModel,
  type ModelPlugin,
  type ModelShape,
  type Predictor,
  type PredictorState,
  type TrainedModel,
  type TrainingContext,
  type TrainingPart,
  type TrainingRecord,
  trainingConfig,
} from './model.ts';
export { gru } from './recurrent/gru.ts';
export { lstm } from './recurrent/lstm.ts';
export {
  defineSignalRule,
  type SignalConfig,
  type SignalRule,
  type SignalRulePlugin,
  signalConfig,
} from './signals/exposure.ts';
export { type OutOfFold, outOfFold } from './signals/out-of-fold.ts';
export { predictSignal } from './signals/predict.ts';
export { type Predictions, type Provenance, requireOutOfSample } from './signals/predictions.ts';
export { withPriorColumns } from './signals/prior-columns.ts';
export { type Signal, SignalStream } from './signals/stream.ts';
export { createTfjsKind } from './tfjs.ts';
export { type TrainingOverrides, type TrainModelOptions, trainModel } from './train.ts';
export type { LightgbmForest, LightgbmTree } from './trees/files/lightgbm.ts';
export { lightgbm } from './trees/lightgbm-kind.ts';
export { LightgbmModel } from './trees/lightgbm-model.ts';
export { type LabelledTable, trainXgboost, type XgboostOptions } from './trees/xgboost.ts';
export { type XgboostConfig, type XgboostOverrides, xgboostConfig } from './trees/xgboost-config.ts';
export { xgboost } from './trees/xgboost-kind.ts';
export {
  type EvaluationHistory,
  type ImportanceKind,
  type PredictOptions,
  XgboostModel,
} from './trees/xgboost-model.ts';
