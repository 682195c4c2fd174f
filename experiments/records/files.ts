/** Writes the tables of what was traded to the files that were asked for. */
import { dirname } from 'node:path';
import type { Table } from '../../core/table.ts';
import { makeDirectory } from '../../storage/atomic.ts';
import { requireTableName, writeTable } from '../../storage/tables/write-table.ts';

/** Names of files; absent: not written. */
export interface RecordFiles {
  /** Round trips. */
  readonly trades?: string;
  readonly fills?: string;
  /** Equity, exposure, actions, rewards. */
  readonly curves?: string;
}

const KINDS = ['trades', 'fills', 'curves'] as const;

/** Refuses names before anything is done for them. @throws ConfigError `unknown-file-kind` */
export function requireRecordNames(files: RecordFiles): void {
  for (const kind of KINDS) if (files[kind] !== undefined) requireTableName(files[kind]);
}

/**
 * Makes the folders that are not there yet: what was judged is not lost for want of one.
 * @param tables made for those alone that are wanted
 * @returns a line for each file
 * @throws ConfigError `unknown-file-kind`; StorageError `write-failed`
 */
export function writeRecords(
  files: RecordFiles,
  tables: Readonly<Record<(typeof KINDS)[number], () => Table>>,
): string[] {
  const words = { trades: 'round trips', fills: 'fills', curves: 'rows of curves' };
  return KINDS.flatMap((kind) => {
    const file = files[kind];
    if (file === undefined) return [];
    const table = tables[kind]();
    makeDirectory(dirname(file));
    writeTable(file, table);
    return [`${table[0].values.length} ${words[kind]}: ${file}`];
  });
}
