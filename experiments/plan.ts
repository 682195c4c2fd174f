/** Lays an experiment out as trials: one task, one agent, one seed, one run directory each. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigSchema } from '../core/config.ts';
import { ConfigError, MarketGymError, StorageError } from '../core/errors.ts';
import type { PluginFile } from '../storage/plugin-file.ts';
import { RunDirectory } from '../storage/run-directory.ts';
import type { Experiment } from './file.ts';
import { requireNoLookAhead } from './leaks/require-sound.ts';
import type { PluginAccess } from './plugins/access.ts';
import { newSettings } from './run/age.ts';
import { requireSoundAgent, requireSoundEnv } from './run/parts.ts';
import { codeOfRun, planRun, type Run, type RunSpec, readRunSpec } from './run/spec.ts';

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
 * @param access which code may be run beside the experiment's own, and whether a run may go on with other code
 * @throws ConfigError `other-trial` when a folder holds a run with other settings, and as `planRun`; StorageError
 * `plugin-changed` when it holds one of other code
 */
export async function planExperiment(
  experiment: Experiment,
  out: string,
  access: PluginAccess = {},
): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const cell of cellsOf(experiment)) {
    const { spec, catalog } = await planCell(experiment, cell, access);
    const { judge: checkpoint, judgeEpisodes, judgeSeed } = experiment;
    const judging = { checkpoint, episodes: spec.data === undefined ? judgeEpisodes : 1, seed: judgeSeed };
    for (const seed of experiment.seeds) {
      const { task, agent } = cell;
      const directory = join(out, task, agent, `seed-${seed}`);
      const planned = { ...spec, seed };
      const continued = continueRun(directory, planned, catalog, access);
      trials.push({ task, agent, seed, directory, spec: continued, judging });
    }
  }
  return trials;
}

/** One pair of task and agent, with the settings that hold for it. */
export interface Cell {
  readonly task: string;
  readonly agent: string;
  readonly settings: Experiment['overrides'][number] &
    Experiment['tasks'][number] &
    Experiment['agents'][number];
}

export function cellsOf(experiment: Experiment): Cell[] {
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

/** @throws ConfigError naming the pair */
export async function planCell(
  { plugins, seeds }: Experiment,
  { task, agent, settings }: Cell,
  access: PluginAccess,
): Promise<Run> {
  try {
    const request = {
      agent: settings.agent,
      env: settings.env,
      plugins: [...plugins, ...(access.plugins ?? [])],
      settings: {
        agent: settings.config ?? {},
        env: settings.envConfig ?? {},
        network: settings.networkConfig,
      },
      data: settings.data,
      funding: settings.funding,
      validateFrom: settings.validateFrom,
      testFrom: settings.testFrom,
      numEnvs: settings.envs ?? 8,
      totalSteps: settings.steps ?? 100_000,
      seed: seeds[0],
      evaluateEvery: settings.evaluateEvery ?? 10_000,
      evaluateEpisodes: settings.evaluateEpisodes,
      checkpointEvery: settings.checkpointEvery ?? 50_000,
      keepCheckpoints: settings.keepCheckpoints,
      patience: settings.patience,
      targetReturn: settings.targetReturn,
      log: settings.log,
      backend: settings.kernels,
      envWorkers: settings.envWorkers,
      network: settings.network,
    };
    const run = await planRun(request, access);
    requireSoundEnv(run);
    requireSoundAgent(run);
    return await requireNoLookAhead(run);
  } catch (error) {
    if (!(error instanceof MarketGymError)) throw error;
    throw new ConfigError(error.code, `${task} ${agent}: ${error.message}`, { cause: error });
  }
}

/**
 * The specification of a trial, with what a folder already holds of it. The version may differ: a trial goes on with a newer
 * one as any run does, and settings that came with it have their defaults.
 */
export function continueRun(
  directory: string,
  spec: RunSpec,
  catalog: Run['catalog'],
  { acceptChangedPlugin = false }: PluginAccess,
): RunSpec {
  if (!existsSync(join(directory, 'run.json'))) return spec;
  const found = readRunSpec(new RunDirectory(directory));
  for (const part of ['agent', 'env'] as const) {
    const { config: schema } = catalog[`${part}s`].get(spec[part].name);
    const difference = differenceOf(found[part], spec[part], schema);
    if (difference === undefined) continue;
    throw new ConfigError(
      'other-trial',
      `"${directory}" holds a run with another ${part}: ${difference}${sayVersions(found, spec)}. Remove it, choose another --out, or set what it had.`,
    );
  }
  const { version, agent, env, plugins, network, keepCheckpoints, ...rest } = spec;
  for (const key of Object.keys(rest) as (keyof typeof rest)[]) {
    if (JSON.stringify(found[key]) === JSON.stringify(rest[key])) continue;
    throw new ConfigError(
      'other-trial',
      `"${directory}" holds a run with another ${key}: remove it, or choose another --out.`,
    );
  }
  const marked = markCode(found, spec);
  const isSameNetwork = nameOfNetwork(found) === nameOfNetwork(spec);
  if (!isSameNetwork || found.plugins.length !== plugins.length) {
    const what = isSameNetwork ? 'plugin files' : 'network';
    throw new ConfigError(
      'other-trial',
      `"${directory}" holds a run with another ${what}: remove it, or choose another --out.`,
    );
  }
  if (codeOfRun(marked) !== codeOfRun(found) && !acceptChangedPlugin) {
    throw new StorageError(
      'plugin-changed',
      `"${directory}" holds a run that was made with other code, ${codeOfRun(found)}; the files hold ${codeOfRun(spec)} now. Restore ` +
        'them, choose another --out, or go on with --accept-changed-plugin, which marks results by the code and keeps them apart.',
    );
  }
  return { ...marked, agent: found.agent, env: found.env };
}

/** What differs first between two configurations; a setting that came since and has its default does not. */
function differenceOf(
  found: RunSpec['agent'],
  planned: RunSpec['agent'],
  schema: ConfigSchema,
): string | undefined {
  if (found.name !== planned.name) return `"${found.name}" there, "${planned.name}" here`;
  const added = newSettings(found.config, schema);
  const keys = new Set([...Object.keys(found.config), ...Object.keys(planned.config)]);
  for (const key of keys) {
    const there = added.has(key) ? added.get(key) : found.config[key];
    if (JSON.stringify(there) === JSON.stringify(planned.config[key])) continue;
    return `${key} is ${JSON.stringify(found.config[key])} there, ${JSON.stringify(planned.config[key])} here`;
  }
  return undefined;
}

function sayVersions(found: RunSpec, planned: RunSpec): string {
  if (found.version === planned.version) return '';
  return ` (it was made by market-gym ${found.version}, this is ${planned.version}: a default may have changed)`;
}

/** The planned run, its files marked by the code that the one found was made with. */
function markCode(found: RunSpec, spec: RunSpec): RunSpec {
  const mark = <File extends PluginFile>(file: File, old: PluginFile | undefined): File => {
    if (old === undefined) return file;
    const before = [...(old.before ?? []), ...(old.sha256 === file.sha256 ? [] : [old.sha256])];
    return before.length === 0 ? file : { ...file, before };
  };
  const { plugins, network } = spec;
  const old = found.network;
  return {
    ...spec,
    plugins: plugins.map((file, i) => mark(file, found.plugins[i])),
    ...(network !== undefined &&
      'path' in network && {
        network: mark(network, old !== undefined && 'path' in old ? old : undefined),
      }),
  };
}

/** What a network is, apart from its code. */
function nameOfNetwork({ network }: RunSpec): string {
  if (network === undefined) return '';
  return JSON.stringify(['name' in network ? network.name : 'file', network.config]);
}
