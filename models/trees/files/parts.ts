/** Takes the parts of a model's document, and names what is missing or cannot be read. */
import { StorageError } from '../../../core/errors.ts';
import { NO_PARENT } from '../tree.ts';

export type Dictionary = Record<string, unknown>;

export function isDictionary(value: unknown): value is Dictionary {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

export function part(owner: Dictionary, key: string): Dictionary {
  const value = owner[key];
  if (!isDictionary(value)) throw corrupt(`"${key}" is missing`);
  return value;
}

/** Arrays of JSON, and typed ones of UBJSON. */
export function list(owner: Dictionary, key: string, where = 'the model'): ArrayLike<unknown> {
  const value = owner[key];
  if (Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return value as unknown as ArrayLike<unknown>;
  throw corrupt(`"${key}" of ${where} is missing`);
}

/** A whole number, which XGBoost writes as text. */
export function count(owner: Dictionary, key: string, where = 'the model'): number {
  const value = Number(owner[key] ?? Number.NaN);
  if (!Number.isInteger(value) || value < 0 || value > NO_PARENT) {
    throw corrupt(`"${key}" of ${where} is ${JSON.stringify(owner[key])}`);
  }
  return value;
}

export function corrupt(what: string): StorageError {
  return new StorageError('model-corrupt', `The model of XGBoost is damaged: ${what}.`);
}

export function unsupported(what: string, instead: string): StorageError {
  return new StorageError(
    'model-unsupported',
    `The model of XGBoost has ${what}, which cannot be read; ${instead}.`,
  );
}
