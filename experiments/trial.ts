/** Carries one trial out: trains it or goes on training it, judges it, and keeps the result beside the run. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../core/config.ts';
import { StorageError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import { attempt, writeFileAtomic } from '../storage/atomic.ts';
import { latestCheckpoint } from '../storage/checkpoint.ts';
import { RunDirectory } from '../storage/run-directory.ts';
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
 * @param options `onEvent` is told how training goes; once `signal` is aborted, the trial saves and stops
 * @returns whether the trial is finished; an interrupted one goes on from its checkpoint the next time
 * @throws MarketGymError as `train` and `evaluate` do
 */
export async function runTrial(trial: Trial, options: CarryOutOptions): Promise<boolean> {
  const directory = new RunDirectory(trial.directory);
  const run = await reopenRun(trial.spec, accessOf(trial), `The trial "${trial.directory}"`);
  const session = openSession(run, directory);
  if (!session.isFinished) {
    try {
      const { interrupted } = await session.carryOut(options);
      if (interrupted) return false;
    } finally {
      if (latestCheckpoint(directory.checkpoints) === undefined) directory.abandon();
    }
  }
  const result = await judgeTrial(trial);
  writeFileAtomic(resultFile(trial.directory), `${JSON.stringify(result, null, 2)}\n`);
  return true;
}

/** Goes on from the last checkpoint, or begins anew where there is none to go on from. */
function openSession(run: Run, directory: RunDirectory): TrainingSession {
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
function accessOf({ spec: { plugins, network } }: Trial): PluginAccess {
  return {
    plugins: plugins.map(({ path }) => path),
    ...(network !== undefined && 'path' in network && { network: network.path }),
  };
}

async function judgeTrial(trial: Trial): Promise<TrialResult> {
  const { task, agent, seed, directory, judging } = trial;
  const checkpoint = judging.checkpoint === 'final' ? 'latest' : undefined;
  const trained = await openTrainedRun(directory, checkpoint, accessOf(trial));
  const code = codeOfRun(trained.run.spec);
  const { meanReturn, deviation, returns } = evaluateEpisodes(trained, judging.episodes, judging.seed);
  const account = testAccount(trained);
  return {
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
