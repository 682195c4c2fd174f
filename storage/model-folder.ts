/** A trained model as a folder: a manifest that verifies all of it, weights as safetensors, texts of other formats. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StorageError } from '../core/errors.ts';
import type { NumericArray } from '../core/snapshot.ts';
import { attempt, currentDirectory, writeDirectoryAtomic } from './atomic.ts';
import { exactJson } from './exact-json.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const MANIFEST = 'model.json';
const WEIGHTS = 'weights.safetensors';
const FORMAT = 'market-gym-model';

/** What is stored: JSON, arrays, and texts by file name. */
export interface StoredModel<Manifest = object> {
  readonly manifest: Manifest;
  readonly arrays: Readonly<Record<string, NumericArray>>;
  readonly files: Readonly<Record<string, string>>;
}

/** The files of a model by name; `decodeModelFiles` verifies each of them. */
export function encodeModelFiles({ manifest, arrays, files }: StoredModel): Record<string, Uint8Array> {
  const encoded: Record<string, Uint8Array> = {};
  if (Object.keys(arrays).length > 0) encoded[WEIGHTS] = encodeSafetensors(arrays);
  for (const [name, text] of Object.entries(files)) {
    if (!/^[A-Za-z0-9][\w.-]*$/.test(name) || name === MANIFEST || name === WEIGHTS) {
      throw new StorageError('invalid-name', `A model's file cannot be named "${name}".`);
    }
    encoded[name] = new TextEncoder().encode(text);
  }
  const sha256OfFiles = Object.fromEntries(
    Object.entries(encoded).map(([name, bytes]) => [name, sha256(bytes)]),
  );
  const content = { ...manifest, sha256OfFiles };
  const text = exactJson({ ...content, manifestSha256: sha256(exactJson(content, 'a model')) }, 'a model');
  return { [MANIFEST]: new TextEncoder().encode(`${text}\n`), ...encoded };
}

/**
 * @param source where the files are from, for messages
 * @throws StorageError `foreign`, `corrupt` naming the file that is missing, unknown or changed; `malformed`
 */
export function decodeModelFiles<Manifest = object>(
  files: Readonly<Record<string, Uint8Array>>,
  source: string,
): StoredModel<Manifest> {
  const bytes = files[MANIFEST];
  if (bytes === undefined)
    throw new StorageError('foreign', `"${source}" is no model: it has no ${MANIFEST}.`);
  let content: Record<string, unknown>;
  let respelled: string;
  const text = new TextDecoder().decode(bytes);
  try {
    content = JSON.parse(text);
    respelled = `${exactJson(content, 'a model')}\n`;
  } catch {
    throw corrupt(source, MANIFEST, 'is not JSON of finite numbers');
  }
  if (content === null || typeof content !== 'object' || content.format !== FORMAT) {
    throw new StorageError(
      'foreign',
      `"${join(source, MANIFEST)}" is not the manifest of a market-gym model.`,
    );
  }
  const { manifestSha256, ...rest } = content;
  if (manifestSha256 !== sha256(exactJson(rest, 'a model')) || text !== respelled) {
    throw corrupt(source, MANIFEST, 'is not what was written');
  }
  const { sha256OfFiles, ...manifest } = rest as Record<string, unknown> & {
    sha256OfFiles: Record<string, string>;
  };
  const named = new Set([MANIFEST, ...Object.keys(sha256OfFiles)]);
  const unknown = Object.keys(files).find((name) => !named.has(name));
  if (unknown !== undefined) throw corrupt(source, unknown, 'does not belong to the model');
  for (const [name, expected] of Object.entries(sha256OfFiles)) {
    if (files[name] === undefined) throw corrupt(source, name, 'is missing');
    if (sha256(files[name]) !== expected) throw corrupt(source, name, 'is not what was written');
  }
  const tensors =
    files[WEIGHTS] === undefined
      ? []
      : [...decodeSafetensors(files[WEIGHTS], join(source, WEIGHTS)).tensors].map(([name, { data }]) => [
          name,
          data,
        ]);
  const texts = Object.keys(sha256OfFiles).filter((name) => name !== WEIGHTS);
  return {
    manifest: manifest as Manifest,
    arrays: Object.fromEntries(tensors),
    files: Object.fromEntries(texts.map((name) => [name, new TextDecoder().decode(files[name])])),
  };
}

/**
 * Writes the folder whole or not at all; a model that was there is replaced, anything else is refused.
 * @throws StorageError `not-a-model` where something else is at `path`, `not-storable`, `write-failed`
 */
export function writeModelFolder(path: string, model: StoredModel): void {
  requireReplaceable(path);
  const files = encodeModelFiles(model);
  attempt('write', path, () => mkdirSync(dirname(path), { recursive: true }));
  writeDirectoryAtomic(path, files);
}

/**
 * @throws StorageError `not-a-model` where `writeModelFolder` would overwrite something that is no model: to ask
 * before a long training
 */
export function requireReplaceable(path: string): void {
  if (!existsSync(path)) return;
  const isFolder = statSync(path).isDirectory();
  if (isFolder && (existsSync(join(path, MANIFEST)) || readdirSync(path).length === 0)) return;
  throw new StorageError('not-a-model', `"${path}" is there and is no model; choose another --out.`);
}

/** @throws StorageError as `decodeModelFiles`; `read-failed` */
export function readModelFolder<Manifest = object>(path: string): StoredModel<Manifest> {
  const directory = currentDirectory(path);
  const names = attempt('read', path, () => readdirSync(directory).filter((name) => !name.startsWith('.')));
  const files = Object.fromEntries(
    names.map((name) => [name, attempt('read', join(path, name), () => readFileSync(join(directory, name)))]),
  );
  return decodeModelFiles<Manifest>(files, path);
}

function corrupt(source: string, file: string, what: string): StorageError {
  return new StorageError(
    'corrupt',
    `"${join(source, file)}" ${what}: the model is damaged. Train or fetch it again.`,
  );
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}
