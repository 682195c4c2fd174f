/** A trained model as plain data: everything that predicting needs, and nothing that is ever executed. */
import { resolveConfig, z } from '../core/config.ts';
import { StorageError } from '../core/errors.ts';
import type { Json, NumericArray } from '../core/snapshot.ts';
import type { Calibration } from './calibration.ts';
import type { PipelineSpec } from './dataset.ts';
import { findModelKind } from './kinds.ts';
import type { LabelConfig } from './labels.ts';
import type { ModelPlugin, ModelShape, TrainedModel, TrainingRecord } from './model.ts';
import { modelSchema, settingsOfKind } from './train-model.ts';

export const MODEL_FORMAT = 'market-gym-model';
export const MODEL_FORMAT_VERSION = 1;

/** The part that is JSON. */
export interface ModelManifest {
  readonly format: typeof MODEL_FORMAT;
  readonly formatVersion: typeof MODEL_FORMAT_VERSION;
  readonly kind: string;
  /** Complete: the settings of training and of the kind. */
  readonly config: Readonly<Record<string, Json>>;
  readonly shape: ModelShape;
  /** Rows the model sees at once. */
  readonly window: number;
  readonly scaler: { readonly means: readonly number[]; readonly deviations: readonly number[] } | null;
  readonly calibration: Calibration | null;
  readonly pipeline: PipelineSpec | null;
  readonly label: LabelConfig | null;
  readonly trainedOn: TrainingRecord;
  /** What the kind keeps beside its arrays and files. */
  readonly values: Readonly<Record<string, Json>>;
}

export interface ModelArtifact {
  readonly manifest: ModelManifest;
  /** Weights, for safetensors. */
  readonly arrays: Readonly<Record<string, NumericArray>>;
  /** Texts by file name, e.g. XGBoost's own JSON. */
  readonly files: Readonly<Record<string, string>>;
}

export function saveModel(model: TrainedModel): ModelArtifact {
  const { kind, config, shape, window, scaler, calibration, pipeline, label, trainedOn, predictor } = model;
  const { arrays, values, files } = predictor.save();
  return {
    manifest: {
      format: MODEL_FORMAT,
      formatVersion: MODEL_FORMAT_VERSION,
      kind,
      config,
      shape,
      window,
      scaler: scaler === undefined ? null : { means: [...scaler.means], deviations: [...scaler.deviations] },
      calibration: calibration ?? null,
      pipeline: pipeline ?? null,
      label: label ?? null,
      trainedOn,
      values,
    },
    arrays,
    files,
  };
}

/**
 * @param kinds plugins beside the built-in ones
 * @throws StorageError `foreign`, `unsupported-version`, `corrupt` naming what is wrong, `snapshot-mismatch`
 * @throws ConfigError `unknown-name` for a kind there is not
 */
export async function loadModel(
  artifact: ModelArtifact,
  kinds: Iterable<ModelPlugin> = [],
): Promise<TrainedModel> {
  const manifest = checkManifest(artifact.manifest);
  const plugin = findModelKind(manifest.kind, kinds);
  const config = resolveConfig(modelSchema(plugin), manifest.config, `model "${plugin.name}"`);
  const { shape, scaler } = manifest;
  const { arrays, files } = artifact;
  const window = plugin.window(config);
  if (window !== manifest.window) {
    throw corrupt(`its window is ${manifest.window}, but its configuration says ${window}`);
  }
  return {
    kind: plugin.name,
    config: config as Record<string, Json>,
    shape,
    window,
    acceptsMissing: plugin.acceptsMissing,
    predictor: await plugin.load(
      shape,
      { arrays, values: manifest.values, files },
      settingsOfKind(plugin, config),
    ),
    scaler:
      scaler === null
        ? undefined
        : { means: Float64Array.from(scaler.means), deviations: Float64Array.from(scaler.deviations) },
    calibration: manifest.calibration ?? undefined,
    pipeline: manifest.pipeline ?? undefined,
    label: manifest.label ?? undefined,
    trainedOn: manifest.trainedOn,
  };
}

const numbers = z.array(z.number());

const curveSchema = z.discriminatedUnion('method', [
  z.object({ method: z.literal('platt'), slope: z.number(), intercept: z.number() }),
  z
    .object({ method: z.literal('isotonic'), from: numbers.min(1), to: numbers.min(1) })
    .refine(({ from, to }) => from.length === to.length, 'its points do not pair'),
]);

const manifestSchema = z.object({
  kind: z.string().min(1),
  config: z.record(z.string(), z.json()),
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
  pipeline: z
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
  }),
  values: z.record(z.string(), z.json()),
});

/** @throws StorageError `foreign`, `unsupported-version`, `corrupt` */
function checkManifest(manifest: unknown): ModelManifest {
  const { format, formatVersion } = (manifest ?? {}) as Partial<ModelManifest>;
  if (format !== MODEL_FORMAT) {
    throw new StorageError(
      'foreign',
      `This is no market-gym model: its format is ${JSON.stringify(format)}.`,
    );
  }
  if (formatVersion !== MODEL_FORMAT_VERSION) {
    throw new StorageError(
      'unsupported-version',
      `The model has format version ${formatVersion}, this program reads ${MODEL_FORMAT_VERSION}; use the version that wrote it.`,
    );
  }
  const result = manifestSchema.safeParse(manifest);
  if (!result.success) {
    const [{ path, message }] = result.error.issues;
    throw corrupt(`"${path.join('.')}": ${message}`);
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
  return manifest as ModelManifest;
}

const corrupt = (what: string): StorageError =>
  new StorageError('corrupt', `The model is damaged: ${what}. Train or fetch it again.`);
