/** Finds the files that `--data` names: paths by comma, and patterns such as `dir/*.parquet`. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../../core/errors.ts';

/**
 * @param data paths by comma; `*` and `?` stand for any letters and for one letter of a file's name
 * @returns in the order given, the files of a pattern by name
 * @throws DataError `file-not-found` for a pattern that no file fits
 */
export function expandFiles(data: string): string[] {
  return data.split(',').flatMap((name) => (/[*?]/.test(basename(name)) ? filesOf(name) : [name]));
}

function filesOf(pattern: string): string[] {
  const folder = dirname(pattern);
  const escaped = basename(pattern).replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const expression = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => expression.test(name) && !name.startsWith('.'));
  } catch (error) {
    throw new DataError(
      'file-not-found',
      `There is no folder "${folder}" for "${pattern}"; check the path.`,
      { cause: error },
    );
  }
  if (names.length === 0) throw new DataError('file-not-found', `No file fits "${pattern}"; check the path.`);
  return names.sort().map((name) => join(folder, name));
}
