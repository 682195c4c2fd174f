/** Writes manifests as text: spelt in one way only, so that a hash of the text stands for the content. */
import { createHash } from 'node:crypto';
import { StorageError } from '../core/errors.ts';

/** SHA-256, hexadecimal, of one array or text, or of several, one after the other. */
export function sha256(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/**
 * JSON that gives back every double, negative zero included, and refuses what JSON cannot hold.
 * @param owner what the value belongs to, for messages: `a checkpoint`
 * @throws StorageError `not-storable`, naming the place
 */
export function stringifyExact(value: unknown, owner: string, path = '', indent = '\n'): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return `[${value.map((item, i) => stringifyExact(item, owner, `${path}[${i}]`, deeper)).join(', ')}]`;
  }
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    if (fields.length === 0) return '{}';
    const lines = fields.map(
      ([key, field]) =>
        `${deeper}${JSON.stringify(key)}: ${stringifyExact(field, owner, path === '' ? key : `${path}.${key}`, deeper)}`,
    );
    return `{${lines.join(',')}${indent}}`;
  }
  const shown = typeof value === 'object' ? value.constructor.name : String(value);
  throw new StorageError(
    'not-storable',
    `"${path}" of ${owner} is ${shown}, which JSON cannot hold: store finite numbers, texts, lists and plain objects.`,
  );
}
