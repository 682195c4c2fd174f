/** Describes a trained model as plain data: everything that predicting needs, and nothing that is ever executed. */
import { resolveConfig, z } from '../core/config.ts';
import { StorageError } from '../core/errors.ts';
import type { Json, NumericArray } from '../core/snapshot.ts';
import type { Calibration } from './data/calibration.ts';
import type { PipelineSpec } from './data/dataset.ts';
import type { LabelConfig } from './data/labels.ts';
import { findModelKind } from './kinds.ts';
import type { ModelPlugin, ModelShape, TrainedModel, TrainingRecord } from './model.ts';
import { modelSchema, settingsOfKind } from './train.ts';

/** Version of the form below; a saved model of another one is refused. */
export const MODEL_KIND_VERSION = 1;

/** The whole way from market data to predictions but for the fitted part: JSON. */
export interface ModelPipeline {
  readonly shape: ModelShape;
  /** Rows the model sees at once. */
  readonly window: number;
  /** How the columns are made of candles; null where they come as a table. */
  readonly features: PipelineSpec | null;
  readonly scaler: { readonly means: readonly number[]; readonly deviations: readonly number[] } | null;
  readonly calibration: Calibration | null;
  readonly label: LabelConfig | null;
  readonly trainedOn: TrainingRecord;
  /** What the kind keeps beside its arrays and files. */
  readonly values: Readonly<Record<string, Json>>;
}

export interface ModelArtifact {
  readonly kind: string;
  readonly kindVersion: number;
  /** Complete: the settings of training and of the kind. */
  readonly config: Readonly<Record<string, Json>>;
  readonly pipeline: ModelPipeline;
  /** Weights, for safetensors. */
  readonly arrays: Readonly<Record<string, NumericArray>>;
  /** Texts by file name, e.g. XGBoost's own JSON. */
  readonly files: Readonly<Record<string, string>>;
}

export function saveModel(model: TrainedModel): ModelArtifact {
  const { kind, config, shape, window, scaler, calibration, pipeline, label, trainedOn, predictor } = model;
  const { arrays, values, files } = predictor.save();
  return {
    kind,
    kindVersion: MODEL_KIND_VERSION,
    config,
    pipeline: {
      shape,
      window,
      features: pipeline ?? null,
      scaler: scaler === undefined ? null : { means: [...scaler.means], deviations: [...scaler.deviations] },
      calibration: calibration ?? null,
      label: label ?? null,
      trainedOn,
      values,
    },
    arrays,
    files,
  };
}

/** A saved model as storage gives it back, not yet checked. */
export interface StoredArtifact extends Pick<ModelArtifact, 'kind' | 'kindVersion' | 'arrays' | 'files'> {
  readonly config: unknown;
  readonly pipeline: unknown;
}

/**
 * @param kinds plugins beside the built-in ones
 * @throws StorageError `unsupported-version`, `corrupt` naming what is wrong, `snapshot-mismatch`
 * @throws ConfigError `unknown-name` for a kind there is not
 */
export async function loadModel(
  artifact: StoredArtifact,
  kinds: Iterable<ModelPlugin> = [],
): Promise<TrainedModel> {
  const { kind, kindVersion, arrays, files } = artifact;
  if (kindVersion !== MODEL_KIND_VERSION) {
    throw new StorageError(
      'unsupported-version',
      `The ${kind} model has version ${kindVersion}, this program reads ${MODEL_KIND_VERSION}; use the version that wrote it.`,
    );
  }
  const { shape, scaler, window, values, ...pipeline } = checkPipeline(artifact.pipeline);
  const plugin = findModelKind(kind, kinds);
  const config = resolveConfig(
    modelSchema(plugin),
    (artifact.config ?? {}) as Record<string, unknown>,
    `model "${plugin.name}"`,
  );
  const configured = plugin.window(settingsOfKind(plugin, config));
  if (window !== configured)
    throw corrupt(`its window is ${window}, but its configuration says ${configured}`);
  return {
    kind: plugin.name,
    config: config as Record<string, Json>,
    shape,
    window,
    acceptsMissing: plugin.acceptsMissing,
    predictor: await plugin.load(shape, { arrays, values, files }, settingsOfKind(plugin, config)),
    scaler:
      scaler === null
        ? undefined
        : { means: Float64Array.from(scaler.means), deviations: Float64Array.from(scaler.deviations) },
    calibration: pipeline.calibration ?? undefined,
    pipeline: pipeline.features ?? undefined,
    label: pipeline.label ?? undefined,
    trainedOn: pipeline.trainedOn,
  };
}

const numbers = z.array(z.number());

const curveSchema = z.discriminatedUnion('method', [
  z.object({ method: z.literal('platt'), slope: z.number(), intercept: z.number() }),
  z
    .object({ method: z.literal('isotonic'), from: numbers.min(1), to: numbers.min(1) })
    .refine(({ from, to }) => from.length === to.length, 'its points do not pair'),
]);

const pipelineSchema = z.object({
  shape: z.object({
    task: z.enum(['classification', 'regression']),
    columns: z.array(z.string()).min(1),
    classNames: z.array(z.string()),
  }),
  window: z.number().int().min(1),
  scaler: z.object({ means: numbers, deviations: z.array(z.number().positive()) }).nullable(),
  calibration: z
    .object({ method: z.enum(['platt', 'isotonic']), curves: z.array(curveSchema).min(1) })
    .nullable(),
  features: z
    .object({
      features: z.array(z.string()),
      normalize: z.enum(['rolling', 'none']),
      normalizationBars: z.number(),
      clip: z.number(),
    })
    .nullable(),
  label: z.record(z.string(), z.json()).nullable(),
  trainedOn: z.object({
    dataHash: z.string(),
    numRows: z.number().int().min(0),
    unit: z.enum(['time', 'row']),
    spans: z.array(z.tuple([z.number(), z.number()])),
    rowHashes: z.string().optional(),
    baseRate: numbers.optional(),
    isUnknown: z.boolean().optional(),
  }),
  values: z.record(z.string(), z.json()),
});

/** @throws StorageError `corrupt` */
function checkPipeline(pipeline: unknown): ModelPipeline {
  const result = pipelineSchema.safeParse(pipeline);
  if (!result.success) {
    const [{ path, message }] = result.error.issues;
    throw corrupt(`"pipeline.${path.join('.')}": ${message}`);
  }
  const { shape, scaler, calibration } = result.data;
  const numClasses = shape.classNames.length;
  if ((shape.task === 'classification') !== numClasses >= 2)
    throw corrupt(`its task has ${numClasses} classes`);
  const numColumns = shape.columns.length;
  if (scaler !== null && (scaler.means.length !== numColumns || scaler.deviations.length !== numColumns)) {
    throw corrupt(`it scales ${scaler.means.length} columns and has ${numColumns}`);
  }
  if (calibration !== null && calibration.curves.length !== (numClasses === 2 ? 1 : numClasses)) {
    throw corrupt(`it calibrates ${calibration.curves.length} of ${numClasses} classes`);
  }
  return pipeline as ModelPipeline;
}

const corrupt = (what: string): StorageError =>
  new StorageError('corrupt', `The model is damaged: ${what}. Train or fetch it again.`);
