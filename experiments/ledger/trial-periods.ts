/** Keeps what a trial's account did, period by period, beside its result: for what is said of all settings together. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../../core/config.ts';
import { StorageError } from '../../core/errors.ts';
import { attempt, writeFileAtomic } from '../../storage/atomic.ts';
import type { TrialEntry, TrialPlace, TrialSeries } from '../../storage/trials/trial.ts';

const numbers = z.array(z.number()).transform((values) => Float64Array.from(values));
const periods = z.object({
  place: z.object({ data: z.string(), fromMs: z.number(), toMs: z.number() }),
  configuration: z.string(),
  test: z.object({ timeMs: numbers, price: numbers, returns: numbers, exposure: z.number() }),
});

/** `periods.json` */
export interface TrialPeriods {
  readonly place: TrialPlace;
  readonly configuration: string;
  readonly test: TrialSeries;
}

/** Nothing is written of a trial without an account. @throws StorageError `write-failed` */
export function writePeriods(directory: string, { place, configuration, test }: TrialEntry): void {
  if (place === undefined || test === undefined) return;
  const { timeMs, price, returns, exposure } = test;
  const plain = { timeMs: [...timeMs], price: [...price], returns: [...returns], exposure };
  writeFileAtomic(fileIn(directory), `${JSON.stringify({ place, configuration, test: plain })}\n`);
}

/** @returns undefined where there are none @throws StorageError `corrupt-result` */
export function readPeriods(directory: string): TrialPeriods | undefined {
  const file = fileIn(directory);
  if (!existsSync(file)) return undefined;
  const text = attempt('read', file, () => readFileSync(file, 'utf8'));
  try {
    return periods.parse(JSON.parse(text));
  } catch (error) {
    throw new StorageError('corrupt-result', `"${file}" is damaged; remove it.`, { cause: error });
  }
}

const fileIn = (directory: string): string => join(directory, 'periods.json');
