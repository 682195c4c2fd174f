/** Where supervised models are written to and read from: a folder, or a name in the registry. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from '../../core/config.ts';
import { ConfigError, StorageError } from '../../core/errors.ts';
import type { Json } from '../../core/snapshot.ts';
import { systemClock } from '../../live/connection/clock.ts';
import { loadModel, saveModel } from '../../models/artifact.ts';
import type { TrainedModel } from '../../models/model.ts';
import {
  MODEL_MANIFEST,
  type ModelArtifact,
  type ModelDetails,
  type ModelFiles,
  readArtifact,
  requireModelName,
  sealModel,
  writeArtifact,
} from '../../storage/model-artifact.ts';
import { ModelRegistry } from '../../storage/model-registry.ts';
import { type PluginFile, recordedPluginSchema } from '../../storage/plugin-file.ts';
import { decodeSafetensors, encodeSafetensors } from '../../storage/safetensors.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { type Catalog, openCatalog } from '../plugins/catalog.ts';
import { version } from '../version.ts';
import { addTfjsFor } from './kinds.ts';

const WEIGHTS = 'weights.safetensors';

/** Where a model is to go: a folder, the registry, or both. */
export interface ModelTarget {
  readonly out?: string;
  readonly save?: string;
  readonly registry: string;
  /** Id of the model that it is to succeed. */
  readonly parent?: string;
}

/**
 * What can be known before a long training.
 * @throws ConfigError `no-target`; StorageError `invalid-name`, `not-a-model` where the folder holds something else
 */
export function requireTarget({ out, save }: ModelTarget): void {
  if (out === undefined && save === undefined) {
    throw new ConfigError(
      'no-target',
      'Say where the model is to go: --out FOLDER, or --save NAME for the registry.',
    );
  }
  if (save !== undefined) requireModelName(save);
  if (out === undefined) return;
  requireModelName(basename(out));
  if (!existsSync(out) || existsSync(join(out, MODEL_MANIFEST)) || isEmptyFolder(out)) return;
  throw new StorageError('not-a-model', `"${out}" is there and is no model; choose another --out.`);
}

/**
 * @param plugins files of code that it needs
 * @returns what to call the model from now on, a place each
 */
export function storeModel(
  { out, save, registry: path, parent }: ModelTarget,
  model: TrainedModel,
  metrics: Readonly<Record<string, number>>,
  plugins: readonly PluginFile[] = [],
): string[] {
  const { kind, kindVersion, config, pipeline, arrays, files: texts } = saveModel(model);
  const files: Record<string, Uint8Array> = {};
  if (Object.keys(arrays).length > 0) files[WEIGHTS] = encodeSafetensors(arrays);
  for (const [name, text] of Object.entries(texts)) files[name] = new TextEncoder().encode(text);
  const { unit, spans, dataHash } = model.trainedOn;
  const details = (name: string): ModelDetails => ({
    name,
    kind,
    kindVersion,
    ...(parent !== undefined && { parent }),
    config,
    pipeline: (plugins.length === 0 ? pipeline : { ...pipeline, plugins }) as unknown as Json,
    ...(unit === 'time' && {
      data: { hash: dataHash, fromMs: spans[0][0], toMs: spans[spans.length - 1][1] },
    }),
    metrics: Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value))),
    codeVersion: version,
    createdMs: systemClock.nowMs(),
  });
  const places: string[] = [];
  if (out !== undefined) {
    writeArtifact(out, sealModel(details(basename(out)), files), files);
    places.push(out);
  }
  if (save !== undefined) {
    const registry = new ModelRegistry(path, { create: true });
    try {
      places.push(registry.save(details(save), files).id);
    } finally {
      registry.close();
    }
  }
  return places;
}

/** A supervised model with the plugins that it needs. */
export interface OpenModel {
  readonly model: TrainedModel;
  readonly catalog: Catalog;
}

/**
 * @param reference a model's folder, or `NAME`, `NAME@VERSION`, `NAME@champion` in the registry
 * @param access which code the user lets it bring along
 * @throws StorageError for what is missing, foreign, of another version or damaged; as `openCatalog`, before any code is run
 */
export async function openModel(
  reference: string,
  registryPath: string,
  access: PluginAccess = {},
): Promise<OpenModel> {
  const { manifest, files } = readStored(reference, registryPath);
  const { kind, kindVersion, config, pipeline } = manifest;
  const { plugins } = z
    .object({ plugins: z.array(recordedPluginSchema).default([]) })
    .catch({ plugins: [] })
    .parse(pipeline);
  const catalog = await openCatalog(plugins, access, `The model "${reference}"`);
  const artifact = { kind, kindVersion, config, pipeline, ...decode(files, reference) };
  const model = await loadModel(artifact, await addTfjsFor(kind, catalog.models));
  return { model: { ...model, knownFeatures: catalog.features }, catalog };
}

function readStored(reference: string, registryPath: string): ModelArtifact {
  if (existsSync(reference)) return readArtifact(reference);
  if (!existsSync(join(registryPath, 'registry.db'))) {
    throw new StorageError(
      'no-model',
      `There is no model "${reference}": neither a folder of that name nor a registry in "${registryPath}". Check the name.`,
    );
  }
  const registry = new ModelRegistry(registryPath);
  try {
    return registry.load(reference);
  } finally {
    registry.close();
  }
}

function decode(
  files: ModelFiles,
  source: string,
): Pick<Parameters<typeof loadModel>[0], 'arrays' | 'files'> {
  const { [WEIGHTS]: weights, ...texts } = files;
  const tensors = weights === undefined ? [] : [...decodeSafetensors(weights, join(source, WEIGHTS)).tensors];
  return {
    arrays: Object.fromEntries(tensors.map(([name, { data }]) => [name, data])),
    files: Object.fromEntries(
      Object.entries(texts).map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]),
    ),
  };
}

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch {
    return false;
  }
}
