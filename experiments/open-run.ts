/** Opens a trained run from a script: its agent, an env to try it in, and what was logged. */
import type { Agent } from '../agents/agent.ts';
import type { Env } from '../envs/env.ts';
import type { CheckpointEntry } from '../storage/checkpoint.ts';
import type { LogRow } from '../storage/run-directory.ts';
import type { SpanName } from '../trainers/spans.ts';
import type { PluginAccess } from './plugins/access.ts';
import { openTrainedRun } from './run/judge-runs.ts';
import { createEvaluationEnv } from './run/parts.ts';
import type { RunSpec } from './run/spec.ts';

export interface OpenRunOptions {
  /** A checkpoint's name, `best` or `latest`. Default: the best, or the latest where none was evaluated. */
  readonly checkpoint?: string;
  /** Which part of the market data the env passes through. Default: `test`, which training has not seen. */
  readonly span?: SpanName;
  /** Which plugin files may be run. Default: what was named on this machine before; any other is refused. */
  readonly access?: PluginAccess;
}

export interface OpenRun {
  /** As the checkpoint has it; `act(observations, 1, false)` decides greedily. */
  readonly agent: Agent;
  /** Made by the env's own plugin, as for judging: on market data one pass of the span, elsewhere an episode as any. */
  readonly env: Env;
  /** Everything that decides the run, as `run.json` has it. */
  readonly spec: RunSpec;
  /** The rows of `log.jsonl` in their order: of kind `update` (losses, mean return) and `evaluation`. */
  readonly metrics: readonly LogRow[];
  /** The checkpoint that the agent was restored from; `steps` are env steps of training. */
  readonly checkpoint: CheckpointEntry;
}

/**
 * Opens a run that `market-gym train`, an experiment or a training session has left on the disk.
 * @param path the run's directory: a trial of an experiment is one too
 * @returns parts of its own at each call: nothing done to them changes the run
 * @throws ConfigError `no-checkpoint`; StorageError where the directory holds no run, a file in it is damaged, the data
 * are no longer what the run was made with, or a plugin file has changed (`plugin-changed`) or may not be run (`plugin-untrusted`)
 * @example
 * const { agent, env } = await openRun('runs/ppo-trading-seed1');
 * let { observation } = env.reset();
 * for (let over = false; !over; ) {
 *   const step = env.step(agent.act(observation, 1, false)[0]);
 *   observation = step.observation;
 *   over = step.terminated || step.truncated;
 * }
 */
export async function openRun(
  path: string,
  { checkpoint: wanted, span = 'test', access }: OpenRunOptions = {},
): Promise<OpenRun> {
  const { run, directory, checkpoint, agent } = await openTrainedRun(path, wanted, access);
  const env = createEvaluationEnv(run, span);
  return { agent, env, spec: run.spec, metrics: directory.readLog(), checkpoint };
}
