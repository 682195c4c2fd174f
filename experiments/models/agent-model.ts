/** A trained agent, apart from its run: what it was trained as, its env's settings, and its state. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent, AgentContext } from '../../agents/agent.ts';
import { ConfigError, StorageError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { hashSnapshot, type Json, type Snapshot } from '../../core/snapshot.ts';
import { builtInEnvs } from '../../envs/built-in.ts';
import type { ActionSpace, Box } from '../../envs/spaces.ts';
import { describeSpace } from '../../envs/spaces.ts';
import { type AgentModel, packAgentModel, unpackAgentModel } from '../../storage/agent-model.ts';
import { currentDirectory } from '../../storage/atomic.ts';
import { loadCheckpoint } from '../../storage/checkpoint.ts';
import { sha256, stringifyExact } from '../../storage/exact-json.ts';
import type { ModelData, ModelDetails, ModelFiles } from '../../storage/model-artifact.ts';
import { ModelRegistry } from '../../storage/model-registry.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { type Catalog, openCatalog } from '../plugins/catalog.ts';
import { chooseCheckpoint } from '../run/judge-runs.ts';
import { usualBarMs } from '../run/market.ts';
import { openCheckpoint } from '../run/open-checkpoint.ts';
import { loadRunData, type Run, type RunSpec, readRunSpec, trainedSpan } from '../run/spec.ts';

/** A model with what tells it from others. */
export interface TrainedAgent extends AgentModel {
  /** UTC epoch. */
  readonly createdMs: number;
  /** Identifies its state, 12 hexadecimal digits. */
  readonly hash: string;
  /** What it was trained on, where that is known. */
  readonly data?: ModelData;
}

/** The agent of a checkpoint. @throws as `openTrainedRun` does, but for the data: they need not be there any more */
export async function readRunModel(
  path: string,
  checkpoint?: string,
  access: PluginAccess = {},
): Promise<TrainedAgent> {
  const directory = new RunDirectory(path);
  const spec = readRunSpec(directory);
  const entry = chooseCheckpoint(directory, checkpoint);
  const state = openCheckpoint(entry.path, spec).part('run/agent');
  const { manifest } = loadCheckpoint(entry.path);
  const run = await reopened(spec, access, `The run "${path}"`);
  const { observationSpace: observation = '', actionSpace: action = '', steps } = manifest;
  return {
    agent: spec.agent,
    env: spec.env,
    plugins: spec.plugins,
    ...(spec.network && { network: spec.network as Json }),
    numEnvs: spec.numEnvs,
    steps,
    barMs: run?.market && usualBarMs(run.market.candles),
    data: dataOf(spec, run),
    spaces: { observation, action },
    createdMs: Math.floor(statSync(join(currentDirectory(entry.path), 'manifest.json')).mtimeMs),
    state,
    hash: hashState(state),
  };
}

/** @throws StorageError as `ModelRegistry.load`, `not-a-policy` for a model that is no agent */
export function readRegistryModel(registryPath: string, reference: string): TrainedAgent & { id: string } {
  const registry = new ModelRegistry(registryPath);
  try {
    const artifact = registry.load(reference);
    const model = unpackAgentModel(artifact);
    const { createdMs } = artifact.manifest;
    return { ...model, createdMs, hash: hashState(model.state), id: artifact.record.id };
  } finally {
    registry.close();
  }
}

/** What the registry keeps of a trained agent. */
export function agentArtifact(
  { hash: _, createdMs, data, ...model }: TrainedAgent,
  name: string,
  codeVersion: string,
): { details: ModelDetails; files: ModelFiles } {
  return packAgentModel(model, { name, codeVersion, createdMs, ...(data && { data }) });
}

/**
 * Builds the agent for the market it is to decide on.
 * @throws ConfigError `unfit-model` when it was trained for other spaces
 */
export function instantiate(
  { agent, numEnvs, state, spaces }: AgentModel,
  market: { observationSpace: Box; actionSpace: ActionSpace; actionMask?: () => Uint8Array },
  plugin: ReturnType<Catalog['agents']['get']>,
  code: Pick<AgentContext, 'createNetwork' | 'signalRules'> = {},
): Agent {
  const { observationSpace, actionSpace } = market;
  for (const [what, wanted, given] of [
    ['observations', spaces?.observation ?? '', describeSpace(observationSpace)],
    ['actions', spaces?.action ?? '', describeSpace(actionSpace)],
  ]) {
    if (wanted === '' || wanted === given) continue;
    throw new ConfigError(
      'unfit-model',
      `The agent "${agent.name}" was trained on ${what} ${wanted}, but this session has ${given}; ` +
        'keep the env settings it was trained with.',
    );
  }
  const built = plugin.build(
    {
      observationSpace,
      actionSpace,
      masksActions: market.actionMask !== undefined,
      numEnvs,
      // It only acts: greedy actions draw nothing.
      rng: createRng(0),
      totalSteps: Number.POSITIVE_INFINITY,
      ...code,
    },
    agent.config,
  );
  try {
    built.load(state);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw new ConfigError('unfit-model', `The agent's state does not fit this session: ${error.message}`, {
      cause: error,
    });
  }
  return built;
}

/** A run's data; undefined where they are gone, or not what they were. Code is run only to learn what an own env needs. */
async function reopened(
  { env, plugins, data }: RunSpec,
  access: PluginAccess,
  owner: string,
): Promise<Pick<Run, 'market' | 'books'> | undefined> {
  if (data === undefined) return undefined;
  const builtIn = builtInEnvs.find(({ name }) => name === env.name);
  const { needsBooks } = builtIn ?? (await openCatalog(plugins, access, owner)).envs.get(env.name);
  try {
    return await loadRunData(data, needsBooks, access);
  } catch {
    return undefined;
  }
}

/** As the run noted it; a run of an older version is asked for its data. */
function dataOf({ data }: RunSpec, run: Pick<Run, 'market' | 'books'> | undefined): ModelData | undefined {
  const trained = data?.trained ?? (run && trainedSpan(run));
  return data && trained && { hash: data.sha256, ...trained };
}

function hashState(snapshot: Snapshot): string {
  return sha256(hashSnapshot(snapshot) + stringifyExact(snapshot.values, 'an agent')).slice(0, 12);
}
