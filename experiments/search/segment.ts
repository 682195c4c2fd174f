/** Carries a part of a trial out: trains it up to a rung, or to its end, and keeps what it came to beside the run. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../../core/config.ts';
import { StorageError } from '../../core/errors.ts';
import { systemClock } from '../../live/connection/clock.ts';
import { attempt, writeFileAtomic } from '../../storage/atomic.ts';
import { latestCheckpoint } from '../../storage/checkpoint.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import type { TrialSeries } from '../../storage/trials/trial.ts';
import { configurationOf } from '../ledger/configuration.ts';
import { recordTrials } from '../ledger/record.ts';
import { placeOf } from '../ledger/run-entry.ts';
import type { LedgerSpool } from '../ledger/spool.ts';
import type { LedgerChoice } from '../ledger/use-ledger.ts';
import type { Trial } from '../plan.ts';
import { loadTrainedRun } from '../run/judge-runs.ts';
import { reopenRun } from '../run/spec.ts';
import type { CarryOutOptions } from '../run/training-session.ts';
import { accessOf, openSession, type TrialEnd } from '../trial.ts';
import { scoreTrial } from './objectives.ts';

/** How far a trial goes before it is looked at again. */
export interface Segment {
  /** Env steps; absent: to the end, and to its scores. */
  readonly until?: number;
  readonly objectives: readonly string[];
}

const reports = z.array(z.object({ step: z.number(), value: z.number() }));
const stored = z.object({
  /** In order; `until` is null for the last. */
  segments: z.array(z.object({ until: z.number().nullable(), reports })),
  scores: z.array(z.number().nullable()).optional(),
  /** Of the account on the validation span, per period. */
  returns: z.array(z.number()).optional(),
  /** Why it came to no end. */
  failure: z.string().optional(),
});

/** `search.json` */
export type TrialProgress = z.output<typeof stored>;

/** @throws StorageError `corrupt-result` */
export function readProgress(directory: string): TrialProgress {
  const file = fileIn(directory);
  if (!existsSync(file)) return { segments: [] };
  try {
    return stored.parse(JSON.parse(attempt('read', file, () => readFileSync(file, 'utf8'))));
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError('corrupt-result', `"${file}" is damaged; remove its folder.`, { cause: error });
  }
}

/** @throws StorageError `write-failed` */
export function writeProgress(directory: string, progress: TrialProgress): void {
  writeFileAtomic(fileIn(directory), `${JSON.stringify(progress)}\n`);
}

/**
 * @returns `interrupted` where the segment is not finished: it goes on from its checkpoint the next time
 * @throws MarketGymError as `train` does, and for a figure that the trial does not have
 */
export async function runSegment(
  trial: Trial,
  { until, objectives }: Segment,
  { ledger, ...options }: CarryOutOptions & { readonly ledger: LedgerChoice | LedgerSpool },
): Promise<TrialEnd> {
  const directory = new RunDirectory(trial.directory);
  const run = await reopenRun(trial.spec, accessOf(trial), `The trial "${trial.directory}"`);
  const session = openSession(run, directory);
  if (!session.isFinished) {
    try {
      await session.carryOut({ ...options, untilStep: until });
      if (options.signal?.aborted) return { kind: 'interrupted' };
    } finally {
      if (latestCheckpoint(directory.checkpoints) === undefined) directory.abandon();
    }
  }
  const found = directory
    .readLog()
    .filter(({ kind }) => kind === 'evaluation')
    .map(({ step, meanReturn }) => ({ step, value: Number(meanReturn) }));
  const before = readProgress(trial.directory);
  const segments = [...before.segments, { until: until ?? null, reports: found }];
  const count = (validation?: TrialSeries): TrialEnd => {
    const use = recordTrials(ledger, () => [
      {
        timeMs: systemClock.nowMs(),
        kind: 'experiment',
        label: `${run.spec.agent.name} on ${run.spec.env.name}`,
        place: placeOf(run),
        source: run.spec.data?.path ?? '',
        configuration: configurationOf(run.spec, trial.judging.checkpoint === 'final' ? 'final' : undefined),
        seeds: [trial.seed],
        ledTo: directory.path,
        validation,
      },
    ]);
    return { kind: 'finished', ...(!use.counted && { uncounted: use.reason }) };
  };
  if (until !== undefined) {
    // Who has looked at a trial has tried it, also where it ends here.
    const end: TrialEnd = before.segments.length === 0 ? count() : { kind: 'finished' };
    writeProgress(trial.directory, { segments });
    return end;
  }
  const checkpoint = trial.judging.checkpoint === 'final' ? 'latest' : undefined;
  const trained = loadTrainedRun(run, directory, checkpoint);
  const { scores, validation } = scoreTrial(trained, objectives, found, trial.judging);
  const end = count(validation);
  writeProgress(trial.directory, {
    segments,
    scores: scores.map((score) => (Number.isFinite(score) ? score : null)),
    ...(validation && { returns: [...validation.returns] }),
  });
  return end;
}

const fileIn = (directory: string): string => join(directory, 'search.json');
