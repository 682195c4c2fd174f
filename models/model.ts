/** Defines the contract of supervised models: of a kind of model, and of a trained one. */
import { type ConfigOf, type ConfigSchema, z } from '../core/config.ts';
import { noSettings, type PluginShape, requirePlugin } from '../core/plugin.ts';
import type { Rng } from '../core/rng.ts';
import type { Json, NumericArray } from '../core/snapshot.ts';
import type { Feature } from '../market/features/features.ts';
import type { KernelOptions } from '../networks/kernels/kernels.ts';
import type { Calibration } from './data/calibration.ts';
import type { PipelineSpec } from './data/dataset.ts';
import type { FeatureTable } from './data/feature-table.ts';
import type { LabelConfig, Task } from './data/labels.ts';
import type { Scaler } from './data/scaler.ts';

/** What a predictor reads and gives. W rows a window, F columns, K outputs. */
export interface ModelShape {
  readonly task: Task;
  /** [F] */
  readonly columns: readonly string[];
  /** [K] for classification; empty for regression, where K is 1 */
  readonly classNames: readonly string[];
}

/** M rows of the table, their targets and how much each counts. */
export interface TrainingPart {
  /** [M] ascending */
  readonly rows: Int32Array;
  /** [M] class or value */
  readonly targets: Float64Array;
  /** [M] ≥ 0, of mean 1 in the part that is fitted */
  readonly weights: Float64Array;
}

export interface TrainingContext {
  readonly shape: ModelShape;
  /** Scaled where the kind asks for it. Rows outside the parts serve as history of windows only. */
  readonly table: FeatureTable;
  readonly fit: TrainingPart;
  /** Later rows, purged, to stop early by; absent where nothing was set aside. */
  readonly validation?: TrainingPart;
  /** The one seed decides it. */
  readonly rng: Rng;
  /** How matrix products are computed; absent: portable, on one thread. */
  readonly kernels?: KernelOptions;
  /** Told of each epoch or round; for progress. */
  readonly onProgress?: (round: number, numRounds: number, validationLoss: number | undefined) => void;
}

/** The fitted part of a model. */
export interface Predictor {
  /**
   * @param inputs [B, W·F], oldest row of each window first
   * @returns [B, K] class probabilities, or predicted values; a view that the next call overwrites. Row b depends on
   *   input row b alone, to the bit
   */
  predict(inputs: Float32Array, batch: number): Float32Array | Float64Array;
  /** Everything that `load` needs. */
  save(): PredictorState;
  /** How training went: rounds, losses. */
  readonly summary: Readonly<Record<string, number>>;
  /** How much each column matters by the kind's own measure, [F] ≥ 0, where it has one. */
  importance?(): Float64Array;
}

/** A predictor as plain data; nothing in it is ever executed. */
export interface PredictorState {
  readonly arrays: Readonly<Record<string, NumericArray>>;
  readonly values: Readonly<Record<string, Json>>;
  /** Texts by file name, in formats other programs read. */
  readonly files: Readonly<Record<string, string>>;
}

export interface ModelPlugin<Schema extends ConfigSchema = ConfigSchema> {
  /** Set by `defineModel`. */
  readonly kind?: string;
  readonly name: string;
  /** One sentence for listings. */
  readonly description: string;
  readonly config: Schema;
  /** Whether columns are brought to mean 0 and deviation 1 first. */
  readonly scales: boolean;
  /** Whether missing values may come; otherwise they are refused. */
  readonly acceptsMissing: boolean;
  /** W, the rows that the model sees at once, the present one included. */
  window(config: ConfigOf<Schema>): number;
  train(context: TrainingContext, config: ConfigOf<Schema>): Predictor | Promise<Predictor>;
  /** @throws StorageError `snapshot-mismatch` for a state that does not fit shape or configuration */
  load(shape: ModelShape, state: PredictorState, config: ConfigOf<Schema>): Predictor | Promise<Predictor>;
}

export const modelShape: PluginShape = {
  kind: 'model kind',
  define: 'defineModel',
  methods: ['window', 'train', 'load'],
  flags: ['scales', 'acceptsMissing'],
};

/**
 * Makes a kind of model.
 * @throws ConfigError `invalid-plugin` for one that is not whole
 * @example
 * export const stronger = defineModel({ ...linear, name: 'stronger', description: 'Linear on five bars', window: () => 5 });
 */
export function defineModel<Schema extends ConfigSchema>(plugin: ModelPlugin<Schema>): ModelPlugin<Schema> {
  requirePlugin(modelShape, plugin);
  return { ...plugin, kind: modelShape.kind, config: plugin.config ?? noSettings };
}

/** The settings that all kinds have; those of the kind come beside them. */
export const trainingConfig = z.object({
  seed: z
    .number()
    .int()
    .min(0)
    .default(1)
    .describe('decides initial weights, order of rows and dropout, ≥ 0'),
  validationShare: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.15)
    .describe('last part of the training rows, set aside to stop early by, in [0, 0.5]'),
  calibration: z
    .enum(['none', 'platt', 'isotonic'])
    .default('platt')
    .describe('how class probabilities are corrected, on rows that nothing was fitted to'),
  calibrationShare: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.15)
    .describe(
      'part of the training rows after the validation part that calibration is fitted on, in (0, 0.5]',
    ),
  embargo: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('rows left out between those parts beside the purged ones, ≥ 0'),
  classWeights: z
    .enum(['none', 'balanced'])
    .default('none')
    .describe('`balanced`: rows of rare classes count for more, so that all classes count the same'),
  uniquenessWeights: z
    .boolean()
    .default(true)
    .describe('whether rows count for less where their labels share bars with others'),
});

/** Which bars a model knows the outcome of. */
export interface TrainingRecord {
  readonly dataHash: string;
  readonly numRows: number;
  /** `time`: spans in UTC epoch milliseconds; `row`: in rows of the data with this hash. */
  readonly unit: 'time' | 'row';
  /** [from, to] of neighbouring training rows and their labels, inclusive, ascending. */
  readonly spans: readonly (readonly [from: number, to: number])[];
  /** Of tables without times: what was in each row, so that it is known in another file; absent where many rows are alike. */
  readonly rowHashes?: string;
  /** [C] shares of the classes among the training rows, or [1] their mean; absent in models of older versions. */
  readonly baseRate?: readonly number[];
  /** Set where nothing is known of it, as of models from other programs: every row counts as learnt. */
  readonly isUnknown?: boolean;
}

export interface TrainedModel {
  readonly kind: string;
  /** Complete: the settings of training and of the kind. */
  readonly config: Readonly<Record<string, Json>>;
  readonly shape: ModelShape;
  readonly window: number; // W
  readonly acceptsMissing: boolean;
  readonly predictor: Predictor;
  readonly scaler: Scaler | undefined;
  readonly calibration: Calibration | undefined;
  /** How to make the columns of candles; absent where the table came from elsewhere. */
  readonly pipeline: PipelineSpec | undefined;
  /** Features beside the built-in ones that the pipeline may name. */
  readonly knownFeatures?: Iterable<Feature>;
  /** What the labels were; absent where they came with the table. */
  readonly label: LabelConfig | undefined;
  readonly trainedOn: TrainingRecord;
}
