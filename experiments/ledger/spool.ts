/** Keeps rows for the ledger beside a run, where another process is to append them. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../../core/config.ts';
import { StorageError } from '../../core/errors.ts';
import { attempt, writeFileAtomic } from '../../storage/atomic.ts';
import { TRIAL_KINDS, type TrialEntry } from '../../storage/trials/trial.ts';

/** Of the file in a run's folder. */
export const SPOOL = 'ledger-rows.json';

/** Says that rows are to be kept in a folder, in place of a ledger. */
export interface LedgerSpool {
  readonly spool: string;
}

const numbers = z.array(z.number()).transform((values) => Float64Array.from(values));
const series = z
  .object({ timeMs: numbers, price: numbers, returns: numbers, exposure: z.number() })
  .optional();
const rows = z.array(
  z.object({
    timeMs: z.number(),
    kind: z.enum(TRIAL_KINDS),
    label: z.string(),
    place: z.object({ data: z.string(), fromMs: z.number(), toMs: z.number() }).optional(),
    source: z.string(),
    configuration: z.string(),
    seeds: z.array(z.number()),
    validation: series,
    test: series,
    ledTo: z.string(),
  }),
);

/** @throws StorageError `write-failed` */
export function spoolRows({ spool }: LedgerSpool, entries: readonly TrialEntry[]): void {
  const plain = (_key: string, value: unknown): unknown =>
    value instanceof Float64Array ? [...value] : value;
  writeFileAtomic(join(spool, SPOOL), JSON.stringify([...readSpool(spool), ...entries], plain));
}

/** @returns none where nothing was kept @throws StorageError `corrupt-result` */
export function readSpool(folder: string): TrialEntry[] {
  const file = join(folder, SPOOL);
  if (!existsSync(file)) return [];
  return parseSpool(
    attempt('read', file, () => readFileSync(file, 'utf8')),
    file,
  );
}

/** @param source for messages @throws StorageError `corrupt-result` */
export function parseSpool(text: string, source: string): TrialEntry[] {
  try {
    return rows.parse(JSON.parse(text));
  } catch (error) {
    throw new StorageError('corrupt-result', `"${source}" is damaged; remove it.`, { cause: error });
  }
}

export function clearSpool(folder: string): void {
  rmSync(join(folder, SPOOL), { force: true });
}
