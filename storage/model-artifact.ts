/** Keeps a trained model on disk: a directory of data files and a manifest that names, explains and verifies them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import { attempt, makeDirectory, writeDirectoryAtomic } from './atomic.ts';
import { sha256, stringifyExact } from './exact-json.ts';
import { readRegularFile } from './regular-file.ts';

const FORMAT = 'market-gym-model';
const FORMAT_VERSION = 1;
/** The manifest's name in an artifact's directory. */
export const MODEL_MANIFEST = 'model.json';

/** The data that a model was trained on. */
export interface ModelData {
  /** Identifies the content. */
  readonly hash: string;
  /** Span, UTC epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is known of a model when it is saved, and never changes. */
export interface ModelDetails {
  /** Models of one name are versions of each other: `btc-direction`. */
  readonly name: string;
  /** What reads its files: `xgboost`, `lstm`, `agent:ppo`. */
  readonly kind: string;
  /** Version of the kind's own files. */
  readonly kindVersion: number;
  /** The id of the model it was made from, where there is one. */
  readonly parent?: string;
  readonly config: Json;
  /** The whole way from market data to the model's inputs: inference needs nothing else. */
  readonly pipeline: Json;
  readonly data?: ModelData;
  readonly metrics: Readonly<Record<string, number>>;
  readonly codeVersion: string;
  /** UTC epoch. */
  readonly createdMs: number;
}

/** File contents by plain name; safetensors and JSON only, so that nothing in a model is code. */
export type ModelFiles = Readonly<Record<string, Uint8Array>>;

/** The content of `model.json`. */
export interface ModelManifest extends ModelDetails {
  readonly format: typeof FORMAT;
  readonly formatVersion: typeof FORMAT_VERSION;
  /** SHA-256 of each file, hexadecimal, by name. */
  readonly files: Readonly<Record<string, string>>;
}

export interface ModelArtifact {
  readonly manifest: ModelManifest;
  readonly files: ModelFiles;
}

/** A manifest as it is written, and the hash by which the artifact is known. */
export interface SealedManifest {
  readonly text: string;
  /** SHA-256 of the text: it covers every file by way of its own hash. */
  readonly hash: string;
}

/**
 * @throws StorageError `invalid-name` for a model's or a file's name, `not-storable` for details that JSON cannot hold
 */
export function sealModel(details: ModelDetails, files: ModelFiles): SealedManifest {
  requireModelName(details.name);
  for (const file of Object.keys(files)) {
    if (/^[A-Za-z0-9][\w-]*\.(safetensors|json)$/.test(file) && file !== MODEL_MANIFEST) continue;
    throw new StorageError(
      'invalid-name',
      `A model cannot hold a file "${file}": name it NAME.safetensors or NAME.json, so that it is data and not code.`,
    );
  }
  const hashes = Object.entries(files).map(([name, data]) => [name, sha256(data)]);
  const manifest = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    ...details,
    files: Object.fromEntries(hashes),
  };
  const text = `${stringifyExact(manifest, 'a model')}\n`;
  return { text, hash: sha256(text) };
}

/** @throws StorageError `invalid-name` */
export function requireModelName(name: string): void {
  if (/^[A-Za-z0-9][\w.-]*$/.test(name)) return;
  throw new StorageError(
    'invalid-name',
    `A model cannot be named "${name}": use letters, digits, "-", "_" and ".", beginning with a letter or digit.`,
  );
}

/**
 * Writes an artifact's directory, whole or not at all.
 * @param path replaced, with all it holds, when there
 * @throws StorageError `write-failed`
 */
export function writeArtifact(path: string, { text }: SealedManifest, files: ModelFiles): void {
  makeDirectory(join(path, '..'));
  writeDirectoryAtomic(path, { ...files, [MODEL_MANIFEST]: text });
}

/**
 * Reads a model and verifies every byte of it.
 * @param expectedHash of the manifest, where it is known
 * @throws StorageError `read-failed` where it is missing, `foreign` for another program's files, `unsupported-version`,
 *   `corrupt` when a byte has changed, or a file is missing or was added
 */
export function readArtifact(path: string, expectedHash?: string): ModelArtifact & { hash: string } {
  const file = join(path, MODEL_MANIFEST);
  const text = readRegularFile(file, 'utf8');
  const manifest = parseManifest(text, file);
  const hash = sha256(text);
  if (expectedHash !== undefined && hash !== expectedHash) throw corrupt(file, 'it is not what was written');
  const extra = attempt('read', path, () => readdirSync(path)).find(
    (name) => name !== MODEL_MANIFEST && !Object.hasOwn(manifest.files, name),
  );
  if (extra !== undefined) throw corrupt(path, `"${extra}" does not belong to it`);
  const files: Record<string, Uint8Array> = {};
  for (const [name, expected] of Object.entries(manifest.files)) {
    const part = join(path, name);
    const data = readRegularFile(part);
    if (sha256(data) !== expected) throw corrupt(part, 'it is not what was written');
    files[name] = data;
  }
  return { manifest, files, hash };
}

function parseManifest(text: string, file: string): ModelManifest {
  let manifest: Partial<ModelManifest> = {};
  try {
    manifest = { ...JSON.parse(text) };
  } catch {
    throw corrupt(file, 'it is not JSON');
  }
  if (manifest.format !== FORMAT) {
    throw new StorageError('foreign', `"${file}" is not the manifest of a market-gym model.`);
  }
  if (manifest.formatVersion !== FORMAT_VERSION) {
    throw new StorageError(
      'unsupported-version',
      `"${file}" has format version ${manifest.formatVersion}, this program reads ${FORMAT_VERSION}. Use the version that wrote it.`,
    );
  }
  const { files, name } = manifest;
  if (typeof files !== 'object' || typeof name !== 'string') throw corrupt(file, 'it is incomplete');
  requireModelName(name);
  const outside = Object.keys(files).find((part) => part.includes('/') || part.includes('\\'));
  if (outside !== undefined) throw corrupt(file, `it names a file elsewhere, "${outside}"`);
  return manifest as ModelManifest;
}

function corrupt(file: string, what: string): StorageError {
  return new StorageError(
    'corrupt',
    `"${file}" is damaged: ${what}. Import the model again, or use another version of it.`,
  );
}
