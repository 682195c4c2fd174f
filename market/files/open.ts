/** Opens a file of market data of any format as a table, and says of what kind it is. */

import { DataError } from '../../core/errors.ts';
import { type Container, detectContainer, type Member, openMembers } from './container.ts';
import { openCsv, readHead } from './csv/source.ts';
import type { ReadOptions } from './options.ts';
import { withoutFixedPoint } from './shapes/fixed-point.ts';
import { withoutSigns } from './shapes/signed-prices.ts';
import type { TableSource } from './table.ts';
import { isUnderstood, type Kind, type Understanding, understand } from './understand.ts';

export interface OpenedTable {
  readonly source: TableSource;
  readonly understanding: Understanding;
}

/**
 * The tables of a file: one, or one for every member of a zip.
 * @throws DataError those of `detectContainer`, `openMembers` and the format; `missing-columns` for a table of no known kind
 */
export async function openTables(path: string, options: ReadOptions = {}): Promise<OpenedTable[]> {
  const container = await detectContainer(path);
  const sources = await openSources(path, container, options);
  return sources
    .map((found) => withoutSigns(withoutFixedPoint(found)))
    .map((source) => ({
      source,
      understanding: understandSource(source, options),
    }));
}

async function openSources(path: string, container: Container, options: ReadOptions): Promise<TableSource[]> {
  if (container === 'parquet') return [await (await import('./parquet/source.ts')).openParquet(path)];
  if (container === 'arrow') return [await (await import('./arrow/source.ts')).openArrow(path)];
  if (container === 'feather-1') {
    throw new DataError(
      'unknown-format',
      `${path} is a Feather file of version 1; write it again with pandas' to_feather or as Parquet.`,
    );
  }
  const members = await openMembers(path, container);
  return Promise.all(members.map((member) => openText(member, options)));
}

async function openText(member: Member, options: ReadOptions): Promise<TableSource> {
  const head = await readHead(member);
  const json = await import('./json-source.ts');
  if (json.beginsAsJson(head.text)) return json.openJson(member, head);
  return openCsv(member, head, options.columns ?? {});
}

function understandSource(source: TableSource, { columns = {} }: ReadOptions): Understanding {
  for (const [role, name] of Object.entries(columns)) {
    if (source.names.some((known) => known === name || known.toLowerCase() === name.toLowerCase())) continue;
    throw new DataError(
      'missing-columns',
      `${source.path} has no column "${name}" for ${role}; it has ${list(source.names)}.`,
    );
  }
  const result = understand(source.names, source.sample, columns);
  if (isUnderstood(result)) return result;
  throw new DataError(
    'missing-columns',
    `${source.path}: there is no column for ${result.missing.join(', ')}; there are ${list(source.names)}. Say which is which with ` +
      '--columns time=NAME,close=NAME, or rename them.',
  );
}

const list = (names: readonly string[]): string =>
  names
    .slice(0, 30)
    .map((name) => `"${name.slice(0, 40)}"`)
    .join(', ');

/** What a kind is called in messages. */
export const KIND_WORDS: Readonly<Record<Kind, string>> = {
  candles: 'candles',
  trades: 'trades',
  quotes: 'quotes',
  'book-snapshots': 'order books',
  'book-changes': 'changes of order books',
  funding: 'funding rates',
  wide: 'prices of several series, a column each',
};
