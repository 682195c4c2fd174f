/** Tests the agent of one split: a pass through each of its test groups, with a fresh account in each. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../../core/config.ts';
import { StorageError } from '../../core/errors.ts';
import { mean } from '../../core/statistics.ts';
import { attempt, writeFileAtomic } from '../../storage/atomic.ts';
import { latestCheckpoint } from '../../storage/checkpoint.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import type { TrialSeries } from '../../storage/trials/trial.ts';
import { judgeCandidates } from '../../trainers/judge.ts';
import { seriesOf } from '../ledger/run-entry.ts';
import type { Trial } from '../plan.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { testGroupsOf } from '../run/fold.ts';
import { loadTrainedRun } from '../run/judge-runs.ts';
import { judgedTask, namingEnv } from '../run/judged-task.ts';
import { createSpanEnv } from '../run/parts.ts';
import { readRunSpec, reopenRun } from '../run/spec.ts';

const numbers = z.array(z.number()).transform((values) => Float64Array.from(values));
const foldGroups = z.array(
  z.object({
    group: z.int(),
    timeMs: numbers,
    price: numbers,
    returns: numbers,
    exposure: z.number(),
  }),
);

/** What a split's agent did on one of its test groups. */
export interface GroupSeries extends TrialSeries {
  readonly group: number;
}

/** What the result of its trial says. */
export interface FoldResult {
  readonly steps: number;
  readonly checkpoint: string;
  /** Mean of the groups' total returns. */
  readonly meanReturn: number;
  readonly deviation: null;
  readonly returns: number[];
}

/** Judges the trained agent of a split, and keeps its returns by group. */
export async function judgeFold(trial: Trial, access: PluginAccess): Promise<FoldResult> {
  const { seed, directory: path } = trial;
  const directory = new RunDirectory(path);
  const run = await reopenRun(readRunSpec(directory), access, `The split "${path}"`);
  const trained = loadTrainedRun(run, directory, 'latest');
  const whole = judgedTask(run);
  const judged = {
    ...whole,
    createEnv: (span: { fromRow: number; toRow: number }) => createSpanEnv(run, span, seed, true),
  };
  const groups = testGroupsOf(run.spec.data!.fold!).map(({ group, fromRow, toRow }) => {
    const span = { name: 'test' as const, fromRow, toRow };
    const candidate = { seed, agent: trained.agent };
    const { backtest } = namingEnv(run, () => judgeCandidates([candidate], judged, span)).judged[0];
    const series = seriesOf(backtest);
    if (series !== undefined) return { group, ...series, total: backtest.metrics.totalReturn };
    throw new StorageError(
      'not-storable',
      `"${path}" has a return on group ${group} that is no finite number.`,
    );
  });
  const plain = groups.map(({ group, timeMs, price, returns, exposure }) => ({
    group,
    timeMs: [...timeMs],
    price: [...price],
    returns: [...returns],
    exposure,
  }));
  writeFileAtomic(fileIn(path), `${JSON.stringify(plain)}\n`);
  const totals = groups.map(({ total }) => total);
  return {
    steps: latestCheckpoint(directory.checkpoints)!.steps,
    checkpoint: trained.checkpoint.name,
    meanReturn: mean(totals),
    deviation: null,
    returns: totals,
  };
}

/** @throws StorageError `corrupt-result` where they are missing or damaged */
export function readFold(path: string): GroupSeries[] {
  const file = fileIn(path);
  try {
    if (existsSync(file))
      return foldGroups.parse(JSON.parse(attempt('read', file, () => readFileSync(file, 'utf8'))));
  } catch (error) {
    if (error instanceof StorageError) throw error;
  }
  throw new StorageError(
    'corrupt-result',
    `"${file}" is missing or damaged; remove its folder and run it again.`,
  );
}

const fileIn = (path: string): string => join(path, 'fold.json');
