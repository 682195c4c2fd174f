/** Lays an experiment out as trials: one task, one agent, one seed, one run directory each. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, MarketGymError } from '../core/errors.ts';
import { RunDirectory } from '../storage/run-directory.ts';
import type { Experiment } from './file.ts';
import { requireSoundEnv } from './run/parts.ts';
import { planRun, type RunSpec, readRunSpec } from './run/spec.ts';

/** How a finished trial is scored. */
export interface Judging {
  readonly checkpoint: 'best' | 'final';
  readonly episodes: number;
  /** Of the first episode. */
  readonly seed: number;
}

/** Plain data: it is sent to the process that carries it out. */
export interface Trial {
  /** Labels. */
  readonly task: string;
  readonly agent: string;
  readonly seed: number;
  readonly directory: string;
  readonly spec: RunSpec;
  readonly judging: Judging;
}

/** `cartpole ppo seed 3` */
export function nameOf({ task, agent, seed }: Trial): string {
  return `${task} ${agent} seed ${seed}`;
}

/**
 * Checks all of an experiment before any of it runs.
 * @param out the experiment's folder; a trial's is `TASK/AGENT/seed-N` in it
 * @throws ConfigError `other-trial` when a folder holds a run with other settings, and as `planRun`
 */
export async function planExperiment(experiment: Experiment, out: string): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const cell of cellsOf(experiment)) {
    const spec = await planCell(experiment, cell);
    const { judge: checkpoint, judgeEpisodes, judgeSeed } = experiment;
    const judging = { checkpoint, episodes: spec.data === undefined ? judgeEpisodes : 1, seed: judgeSeed };
    for (const seed of experiment.seeds) {
      const { task, agent } = cell;
      const directory = join(out, task, agent, `seed-${seed}`);
      const trial = { task, agent, seed, directory, spec: { ...spec, seed }, judging };
      requireSameRun(trial);
      trials.push(trial);
    }
  }
  return trials;
}

/** One pair of task and agent, with the settings that hold for it. */
interface Cell {
  readonly task: string;
  readonly agent: string;
  readonly settings: Experiment['overrides'][number] &
    Experiment['tasks'][number] &
    Experiment['agents'][number];
}

function cellsOf(experiment: Experiment): Cell[] {
  return experiment.tasks.flatMap((taskEntry) => {
    const task = taskEntry.label ?? taskEntry.env;
    const agents = experiment.agents.filter(({ tasks = [task] }) => tasks.includes(task));
    return agents.map((agentEntry) => {
      const agent = agentEntry.label ?? agentEntry.agent;
      const layers = [
        experiment,
        taskEntry,
        agentEntry,
        ...experiment.overrides.filter((o) => (o.task ?? task) === task && (o.agent ?? agent) === agent),
      ].map(withoutUndefined);
      const settings = Object.assign({}, ...layers, {
        env: taskEntry.env,
        agent: agentEntry.agent,
        config: Object.assign({}, ...layers.map(({ config }) => config)),
        envConfig: Object.assign({}, ...layers.map(({ envConfig }) => envConfig)),
      });
      return { task, agent, settings };
    });
  });
}

/** A key that is there without a value leaves the level above it as it is. */
function withoutUndefined(layer: object): Partial<Cell['settings']> {
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined));
}

async function planCell({ plugins, seeds }: Experiment, { task, agent, settings }: Cell): Promise<RunSpec> {
  try {
    const run = await planRun({
      agent: settings.agent,
      env: settings.env,
      plugins,
      settings: { agent: settings.config ?? {}, env: settings.envConfig ?? {} },
      data: settings.data,
      validateFrom: settings.validateFrom,
      testFrom: settings.testFrom,
      numEnvs: settings.envs ?? 8,
      totalSteps: settings.steps ?? 100_000,
      seed: seeds[0],
      evaluateEvery: settings.evaluateEvery ?? 10_000,
      evaluateEpisodes: settings.evaluateEpisodes,
      checkpointEvery: settings.checkpointEvery ?? 50_000,
      patience: settings.patience,
      targetReturn: settings.targetReturn,
      log: settings.log,
      backend: settings.kernels,
      envWorkers: settings.envWorkers,
      network: settings.network,
    });
    requireSoundEnv(run);
    return run.spec;
  } catch (error) {
    if (!(error instanceof MarketGymError)) throw error;
    throw new ConfigError(error.code, `${task} ${agent}: ${error.message}`, { cause: error });
  }
}

/** The version may differ: a trial goes on with a newer one as any run does. */
function requireSameRun({ directory, spec }: Trial): void {
  if (!existsSync(join(directory, 'run.json'))) return;
  const found = readRunSpec(new RunDirectory(directory));
  const keys = new Set([...Object.keys(found), ...Object.keys(spec)]) as Set<keyof RunSpec>;
  keys.delete('version');
  for (const key of keys) {
    if (JSON.stringify(found[key]) === JSON.stringify(spec[key])) continue;
    throw new ConfigError(
      'other-trial',
      `"${directory}" holds a run with another ${key}: remove it, or choose another --out.`,
    );
  }
}
