/** Counts what a command has just tried: appends its accounts to the ledger, and says what the trials leave of the judged one. */

import type { TrialLedger } from '../../storage/trial-ledger.ts';
import type { TrialEntry, TrialKind, TrialPlace, TrialSeries } from '../../storage/trials/trial.ts';
import { hashSettings } from './configuration.ts';
import { countTrials, type TrialCount } from './count-trials.ts';
import { describeNoTrials, describeTrials } from './sentences.ts';
import { type LedgerChoice, useLedger } from './use-ledger.ts';

/** One setting with one seed. */
export interface TriedAccount {
  /** All that decides it but the seed and the data. */
  readonly settings: unknown;
  readonly seed: number;
  /** On the test span; absent where nothing was traded. */
  readonly test?: TrialSeries;
}

export interface TriedAccounts {
  readonly kind: TrialKind;
  /** In words: `xgboost`, `ppo with a prior`. */
  readonly label: string;
  /** UTC epoch. */
  readonly timeMs: number;
  readonly place: TrialPlace;
  /** File of the data. */
  readonly source: string;
  readonly ledTo: string;
  readonly tried: readonly TriedAccount[];
  /** The settings that the verdict is about, all of their seeds; each of `tried` is kept as looked at. */
  readonly judged: unknown;
  readonly periodsPerYear: number;
  /** In a few words. */
  readonly verdict: string;
  /** By whose settings they are told: what was fitted and then judged again is one trial. Default: `kind`. */
  readonly family?: TrialKind;
  /** A row that is there already is not appended again: the same trial is only looked at. */
  readonly onlyNew?: boolean;
}

/** @returns a sentence for each figure, or why nothing was counted */
export function countAccounts(
  choice: LedgerChoice,
  given: TriedAccounts,
): { readonly count?: TrialCount; readonly sentences: readonly string[] } {
  const use = useLedger(choice, (ledger) => {
    const { kind, label, timeMs, place, source, ledTo, tried, verdict, periodsPerYear } = given;
    const { family = kind, onlyNew = false } = given;
    const rows = tried.map(({ settings, seed, test }) => ({
      ...{ timeMs, kind, label, place, source, ledTo, test },
      configuration: hashSettings([family, settings]),
      seeds: [seed],
    }));
    ledger.append(...(onlyNew ? rows.filter((row) => !isKnown(ledger, row)) : rows));
    const configuration = hashSettings([family, given.judged]);
    const own = rows.filter((row) => row.configuration === configuration);
    const accounts = own.map(({ test }) => test).filter((test) => test !== undefined);
    const seeds = own.flatMap((row) => row.seeds);
    const count =
      accounts.length === 0
        ? undefined
        : countTrials(ledger, { place, configuration, seeds, accounts, periodsPerYear });
    for (const each of new Set(rows.map((row) => row.configuration))) {
      ledger.look({ timeMs, place, configuration: each, seeds, verdict });
    }
    return count;
  });
  if (!use.counted) return { sentences: [describeNoTrials(use.reason).sentence] };
  if (use.result === undefined) return { sentences: [] };
  return { count: use.result, sentences: describeTrials(use.result).map(({ sentence }) => sentence) };
}

function isKnown(ledger: TrialLedger, { place, configuration, seeds }: TrialEntry): boolean {
  const { sample } = ledger.trialsOn(place!, { sampleSize: 0, include: [configuration] });
  const found = sample.find((entry) => entry.configuration === configuration);
  return found?.trials.some((trial) => seeds.every((seed) => trial.seeds.includes(seed))) ?? false;
}
