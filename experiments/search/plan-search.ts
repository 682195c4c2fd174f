/** Lays a search out: its space, sampler and pruner for one pair of task and agent, and the trial at a point. */
import { join } from 'node:path';
import { resolveConfig } from '../../core/config.ts';
import { ConfigError, MarketGymError } from '../../core/errors.ts';
import { requirePart } from '../../core/plugin.ts';
import type { Json } from '../../core/snapshot.ts';
import type { Experiment } from '../file.ts';
import { type Cell, continueRun, planCell, type Trial } from '../plan.ts';
import type { PluginAccess } from '../plugins/access.ts';
import type { Catalog } from '../plugins/catalog.ts';
import { DEFAULT_SPACES } from './default-spaces.ts';
import type { Pruner } from './pruner.ts';
import type { Sampler } from './sampler.ts';
import type { SearchSettings } from './settings.ts';
import { type Parameter, type Point, parseSpace, type Space, spaceSchema } from './space.ts';

/** The parts of a run that a parameter may belong to, by what its name begins with. */
const PARTS = { agent: 'config', env: 'envConfig', network: 'networkConfig' } as const;
type Part = keyof typeof PARTS;
/** Settings of a run without a part. */
const OWN_SETTINGS = ['envs', 'network', 'data', 'funding', 'validateFrom', 'testFrom'];

/** The search of one pair of task and agent. */
export interface SearchPlan {
  readonly cell: Cell;
  readonly space: Space;
  readonly sampler: Sampler;
  readonly pruner: Pruner;
  /** Env steps of a whole trial. */
  readonly totalSteps: number;
}

/** What an experiment with a search holds. */
export type SearchedExperiment = Experiment & { readonly search: SearchSettings };

/**
 * Checks all of a search before any of it runs.
 * @throws ConfigError `invalid-space`, `invalid-value`, `unknown-key` naming the parameter, `invalid-setting` without evaluations
 */
export async function planSearch(
  experiment: SearchedExperiment,
  cell: Cell,
  access: PluginAccess,
): Promise<SearchPlan> {
  const { spec, catalog } = await planCell(experiment, cell, access);
  const { search } = experiment;
  const { totalSteps, evaluateEvery } = spec;
  if (evaluateEvery === 0 || evaluateEvery > totalSteps) {
    throw new ConfigError(
      'invalid-setting',
      `${cell.task} ${cell.agent}: a search goes by evaluations, and there is none in ${totalSteps} steps; set "evaluateEvery" to ${totalSteps} or less.`,
    );
  }
  const space = spaceOf(search, cell);
  for (const parameter of space) requireSettings(parameter, cell, catalog);
  const { name: samplerName, ...samplerSettings } = search.sampler;
  const { name: prunerName, ...prunerSettings } = search.pruner;
  const sampler = catalog.samplers
    .get(samplerName)
    .create({ space, numTrials: search.trials, seed: search.seed }, samplerSettings);
  const pruner = catalog.pruners.get(prunerName).create({ totalSteps, evaluateEvery }, prunerSettings);
  return {
    cell,
    space,
    sampler: requirePart(sampler, `sampler "${samplerName}"`, ['needs', 'propose']),
    pruner: requirePart(pruner, `pruner "${prunerName}"`, ['stops']),
    totalSteps,
  };
}

function spaceOf({ space }: SearchSettings, { settings }: Cell): Space {
  if (space !== 'default') return parseSpace(space);
  const known = DEFAULT_SPACES[settings.agent];
  if (known !== undefined) return parseSpace(spaceSchema.parse(known));
  throw new ConfigError(
    'invalid-space',
    `The search: the agent "${settings.agent}" has no space by default; name what is to be varied in "search.space".`,
  );
}

/** The ends of a range, or every choice, must be what the plugin takes. */
function requireSettings(parameter: Parameter, { settings }: Cell, catalog: Catalog): void {
  const { part, key } = partOf(parameter.name);
  if (part === undefined || part === 'network') return;
  const plugin = part === 'agent' ? catalog.agents.get(settings.agent) : catalog.envs.get(settings.env);
  const values = parameter.kind === 'choice' ? parameter.choices : [parameter.low, parameter.high];
  for (const value of values) {
    try {
      resolveConfig(plugin.config, { ...settings[PARTS[part]], [key]: value }, `${part} "${plugin.name}"`);
    } catch (error) {
      if (!(error instanceof MarketGymError)) throw error;
      throw new ConfigError(error.code, `The search: "${parameter.name}": ${error.message}`, {
        cause: error,
      });
    }
  }
}

function partOf(name: string): { part?: Part; key: string } {
  const dot = name.indexOf('.');
  const part = name.slice(0, Math.max(0, dot));
  if (dot > 0 && Object.hasOwn(PARTS, part)) return { part: part as Part, key: name.slice(dot + 1) };
  if (OWN_SETTINGS.includes(name)) return { key: name };
  throw new ConfigError(
    'invalid-space',
    `The search: "${name}" names no setting; begin it with agent., env. or network., or use one of ${OWN_SETTINGS.join(', ')}.`,
  );
}

/** `ppo-t0007` */
export function labelOf(agent: string, index: number): string {
  return `${agent}-t${String(index).padStart(4, '0')}`;
}

/**
 * The trial at a point, with what its folder already holds of it.
 * @throws ConfigError naming the pair, for a point that no run can be made at; `other-trial`
 */
export async function planPoint(
  experiment: SearchedExperiment,
  cell: Cell,
  { index, point, seed, out }: { index: number; point: Point; seed: number; out: string },
  access: PluginAccess,
): Promise<Trial> {
  const settings = { ...cell.settings } as Record<string, unknown>;
  for (const [name, value] of Object.entries(point)) {
    const { part, key } = partOf(name);
    if (part === undefined) settings[key] = value;
    else settings[PARTS[part]] = { ...(settings[PARTS[part]] as Record<string, Json>), [key]: value };
  }
  const agent = labelOf(cell.agent, index);
  const { spec, catalog } = await planCell(
    experiment,
    { ...cell, settings: settings as Cell['settings'] },
    access,
  );
  const { judge: checkpoint, judgeEpisodes, judgeSeed } = experiment;
  const judging = { checkpoint, episodes: spec.data === undefined ? judgeEpisodes : 1, seed: judgeSeed };
  const directory = join(out, cell.task, agent, `seed-${seed}`);
  const planned = continueRun(directory, { ...spec, seed }, catalog, access);
  return { task: cell.task, agent, seed, directory, spec: planned, judging };
}
