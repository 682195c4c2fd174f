/** JSON for files that verify themselves: one spelling for one content. */
import { StorageError } from '../core/errors.ts';

/**
 * JSON that gives back every double, negative zero included, and refuses what JSON cannot hold.
 * @param owner what is stored, for messages
 * @throws StorageError `not-storable`, naming the place
 */
export function exactJson(value: unknown, owner: string): string {
  return write(value, owner, '', '\n');
}

function write(value: unknown, owner: string, path: string, indent: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return `[${value.map((item, i) => write(item, owner, `${path}[${i}]`, deeper)).join(', ')}]`;
  }
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    if (fields.length === 0) return '{}';
    const lines = fields.map(
      ([key, field]) =>
        `${deeper}${JSON.stringify(key)}: ${write(field, owner, path === '' ? key : `${path}.${key}`, deeper)}`,
    );
    return `{${lines.join(',')}${indent}}`;
  }
  const shown = typeof value === 'object' ? value.constructor.name : String(value);
  throw new StorageError(
    'not-storable',
    `"${path}" of ${owner} is ${shown}, which JSON cannot hold: store finite numbers, texts, lists and plain objects.`,
  );
}
