/** Carries one trial out: trains it or goes on training it, judges it, and keeps the result beside the run. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../core/config.ts';
import { StorageError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import { systemClock } from '../live/connection/clock.ts';
import { attempt, writeFileAtomic } from '../storage/atomic.ts';
import { latestCheckpoint } from '../storage/checkpoint.ts';
import { RunDirectory } from '../storage/run-directory.ts';
import type { TrialEntry } from '../storage/trials/trial.ts';
import { judgeFold } from './crossval/judge-fold.ts';
import { recordTrials } from './ledger/record.ts';
import { runEntry } from './ledger/run-entry.ts';
import type { LedgerSpool } from './ledger/spool.ts';
import { writePeriods } from './ledger/trial-periods.ts';
import type { LedgerChoice } from './ledger/use-ledger.ts';
import type { Trial } from './plan.ts';
import type { PluginAccess } from './plugins/access.ts';
import { evaluateEpisodes, openTrainedRun, testAccount } from './run/judge-runs.ts';
import { codeOfRun, type Run, readRunSpec, reopenRun } from './run/spec.ts';
import { type CarryOutOptions, TrainingSession } from './run/training-session.ts';

const trialResult = z.object({
  task: z.string(),
  agent: z.string(),
  seed: z.int(),
  /** Env steps of training. */
  steps: z.int(),
  /** The agent that was judged. */
  checkpoint: z.string(),
  judging: z.strictObject({ checkpoint: z.enum(['best', 'final']), episodes: z.int(), seed: z.int() }),
  meanReturn: z.number(),
  deviation: z.number().nullable(),
  returns: z.array(z.number()),
  /** Of the account over the test span, where bars are traded. */
  metrics: z.record(z.string(), z.number().nullable()).optional(),
  /** Hashes of the user's code that it was made with. */
  code: z.string().optional(),
});

/** `result.json` */
export type TrialResult = z.output<typeof trialResult>;

/**
 * The result of a trial that is finished and was judged as it is to be.
 * @throws StorageError `corrupt-result`
 */
export function readTrialResult({ directory, judging }: Trial): TrialResult | undefined {
  const result = readResult(directory);
  const sameJudging = JSON.stringify(result?.judging) === JSON.stringify(judging);
  return sameJudging ? result : undefined;
}

/**
 * The result in a trial's directory, however it was judged; undefined where there is none yet.
 * @throws StorageError `corrupt-result`
 */
export function readResult(directory: string): TrialResult | undefined {
  const file = resultFile(directory);
  if (!existsSync(file)) return undefined;
  const text = attempt('read', file, () => readFileSync(file, 'utf8'));
  const parsed = trialResult.safeParse(parseJson(text));
  if (!parsed.success) throw new StorageError('corrupt-result', `"${file}" is damaged; remove it.`);
  return parsed.data;
}

/**
 * @param options `onEvent` is told how training goes; once `signal` is aborted, the trial saves and stops; the ledger counts it
 * @returns `interrupted` where it is not finished: it goes on from its checkpoint the next time
 * @throws MarketGymError as `train` and `evaluate` do
 */
export async function runTrial(
  trial: Trial,
  { ledger = false, ...options }: CarryOutOptions & { readonly ledger?: LedgerChoice | LedgerSpool },
): Promise<TrialEnd> {
  const directory = new RunDirectory(trial.directory);
  const run = await reopenRun(trial.spec, accessOf(trial), `The trial "${trial.directory}"`);
  const session = openSession(run, directory);
  if (!session.isFinished) {
    try {
      const { interrupted } = await session.carryOut(options);
      if (interrupted) return { kind: 'interrupted' };
    } finally {
      if (latestCheckpoint(directory.checkpoints) === undefined) directory.abandon();
    }
  }
  const { result, entry } = await judgeTrial(trial);
  if (entry !== undefined) writePeriods(trial.directory, entry);
  // Before the result, which makes it whole: killed in between, it is appended once more, and a seed counts once.
  const use = entry === undefined ? undefined : recordTrials(ledger, () => [entry]);
  writeFileAtomic(resultFile(trial.directory), `${JSON.stringify(result, null, 2)}\n`);
  return { kind: 'finished', ...(use?.counted === false && { uncounted: use.reason }) };
}

export type TrialEnd =
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'finished'; readonly uncounted?: string };

/** Goes on from the last checkpoint, or begins anew where there is none to go on from. */
export function openSession(run: Run, directory: RunDirectory): TrainingSession {
  const checkpoint = latestCheckpoint(directory.checkpoints);
  if (checkpoint !== undefined) {
    const session = new TrainingSession(run, directory, checkpoint.path);
    // With other code, where that was accepted.
    if (codeOfRun(readRunSpec(directory)) !== codeOfRun(run.spec)) {
      directory.amend(run.spec as { [key: string]: Json });
    }
    return session;
  }
  // What was killed while it wrote its first checkpoint left a part of one.
  rmSync(directory.checkpoints, { recursive: true, force: true });
  directory.abandon();
  const session = new TrainingSession(run, directory);
  directory.begin(run.spec as { [key: string]: Json });
  return session;
}

/** What the experiment was planned with may be run, and nothing else. */
export function accessOf({ spec: { plugins, network } }: Trial): PluginAccess {
  return {
    plugins: plugins.map(({ path }) => path),
    ...(network !== undefined && 'path' in network && { network: network.path }),
  };
}

async function judgeTrial(trial: Trial): Promise<{ result: TrialResult; entry?: TrialEntry }> {
  const { task, agent, seed, directory, judging } = trial;
  if (trial.spec.data?.fold !== undefined) {
    return { result: { task, agent, seed, judging, ...(await judgeFold(trial, accessOf(trial))) } };
  }
  const checkpoint = judging.checkpoint === 'final' ? 'latest' : undefined;
  const trained = await openTrainedRun(directory, checkpoint, accessOf(trial));
  const code = codeOfRun(trained.run.spec);
  const { meanReturn, deviation, returns } = evaluateEpisodes(trained, judging.episodes, judging.seed);
  const account = testAccount(trained);
  const entry = runEntry(trained, {
    kind: 'experiment',
    timeMs: systemClock.nowMs(),
    checkpoint: judging.checkpoint === 'final' ? 'final' : undefined,
  });
  const result: TrialResult = {
    task,
    agent,
    seed,
    steps: latestCheckpoint(trained.directory.checkpoints)!.steps,
    checkpoint: trained.checkpoint.name,
    judging,
    meanReturn,
    deviation,
    returns: [...returns],
    ...(account && { metrics: { ...account.metrics } }),
    ...(code !== '' && { code }),
  };
  return { result, entry };
}

function resultFile(directory: string): string {
  return join(directory, 'result.json');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
