/** `--trades`, `--fills`, `--curves`: what was traded as files. */

import { type RecordFiles, writeRecords } from '../../../experiments/records/files.ts';
import {
  curvesTable,
  fillsTable,
  type RecordedAccount,
  tripsTable,
} from '../../../trainers/records/account-tables.ts';
import type { Console } from '../console.ts';

export const RECORD_OPTIONS = {
  trades: { type: 'string', describe: 'File for the round trips: .csv, .json or .parquet' },
  fills: { type: 'string', describe: 'File for the fills, likewise' },
  curves: { type: 'string', describe: 'File for equity, exposure, actions and rewards, likewise' },
} as const;

/** Writes the files that are asked for, and says so. */
export function sayRecords(
  files: RecordFiles,
  accounts: readonly RecordedAccount[],
  console: Pick<Console, 'say'>,
): void {
  const lines = writeRecords(files, {
    trades: () => tripsTable(accounts),
    fills: () => fillsTable(accounts),
    curves: () => curvesTable(accounts),
  });
  for (const line of lines) console.say(line);
}
