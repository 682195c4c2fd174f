/** A trained agent, apart from its run: what it was trained as, its env's settings, and its state. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent } from '../agents/agent.ts';
import { ConfigError, StorageError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import { hashSnapshot, type Json, type Snapshot } from '../core/snapshot.ts';
import { median } from '../core/statistics.ts';
import type { ActionSpace, Box } from '../envs/spaces.ts';
import { describeSpace } from '../envs/spaces.ts';
import { currentDirectory } from '../storage/atomic.ts';
import { loadCheckpoint } from '../storage/checkpoint.ts';
import { sha256, stringifyExact } from '../storage/exact-json.ts';
import type { ModelDetails, ModelFiles } from '../storage/model-artifact.ts';
import { ModelRegistry } from '../storage/model-registry.ts';
import { RunDirectory } from '../storage/run-directory.ts';
import { decodeSafetensors, encodeSafetensors } from '../storage/safetensors.ts';
import { type Catalog, loadCatalog } from './catalog.ts';
import { chooseCheckpoint } from './judge-runs.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { readRunSpec, reopenRun } from './run-spec.ts';

const KIND_VERSION = 1;
const STATE = 'state.safetensors';
const VALUES = 'values.json';

export interface AgentModel {
  readonly agent: { readonly name: string; readonly config: Record<string, unknown> };
  readonly env: { readonly name: string; readonly config: Record<string, unknown> };
  /** Files with plugins that it needs. */
  readonly plugins: readonly string[];
  readonly numEnvs: number;
  readonly seed: number;
  /** Milliseconds between two decisions in training; absent where the env's settings say it, or nothing does. */
  readonly barMs?: number;
  /** Short forms of the spaces it was built for. */
  readonly spaces: { readonly observation: string; readonly action: string };
  /** UTC epoch. */
  readonly createdMs: number;
  readonly snapshot: Snapshot;
  /** Identifies its state, 12 hexadecimal digits. */
  readonly hash: string;
}

/** The agent of a checkpoint. @throws as `openTrainedRun` does, but for the data: they need not be there any more */
export async function readRunModel(path: string, checkpoint?: string): Promise<AgentModel> {
  const directory = new RunDirectory(path);
  const spec = readRunSpec(directory);
  const entry = chooseCheckpoint(directory, checkpoint);
  const snapshot = openCheckpoint(entry.path, spec).part('run/agent');
  const { manifest } = loadCheckpoint(entry.path);
  const { observationSpace: observation = '', actionSpace: action = '' } = manifest;
  return {
    agent: spec.agent,
    env: spec.env,
    plugins: spec.plugins,
    numEnvs: spec.numEnvs,
    seed: spec.seed,
    barMs: await barMsOf(path),
    spaces: { observation, action },
    createdMs: Math.floor(statSync(join(currentDirectory(entry.path), 'manifest.json')).mtimeMs),
    snapshot,
    hash: hashState(snapshot),
  };
}

/** @throws StorageError as `ModelRegistry.load`; ConfigError `unfit-model` for a model that is no agent */
export function readRegistryModel(registryPath: string, reference: string): AgentModel & { id: string } {
  const registry = new ModelRegistry(registryPath);
  try {
    const { record, manifest, files } = registry.load(reference);
    if (!manifest.kind.startsWith('agent:') || files[STATE] === undefined) {
      throw new ConfigError(
        'unfit-model',
        `Model ${record.id} is of kind "${manifest.kind}", no agent; add one with market-gym models add RUN.`,
      );
    }
    const { tensors } = decodeSafetensors(Buffer.from(files[STATE]), `${record.id} ${STATE}`);
    const arrays = Object.fromEntries([...tensors].map(([name, { data }]) => [name, data]));
    const snapshot: Snapshot = { arrays, values: JSON.parse(Buffer.from(files[VALUES]).toString()) };
    const rest = manifest.config as unknown as Omit<AgentModel, 'snapshot' | 'hash' | 'createdMs'>;
    const { createdMs } = manifest;
    return { ...rest, createdMs, snapshot, hash: hashState(snapshot), id: record.id };
  } finally {
    registry.close();
  }
}

/** What the registry keeps of a trained agent. */
export function agentArtifact(
  model: AgentModel,
  name: string,
  codeVersion: string,
): { details: ModelDetails; files: ModelFiles } {
  const { snapshot, hash: _, createdMs, ...config } = model;
  const files = {
    [STATE]: encodeSafetensors(snapshot.arrays),
    [VALUES]: Buffer.from(stringifyExact(snapshot.values, 'an agent')),
  };
  const kept = JSON.parse(JSON.stringify(config)) as Json;
  const details: ModelDetails = {
    name,
    kind: `agent:${model.agent.name}`,
    kindVersion: KIND_VERSION,
    config: kept,
    pipeline: JSON.parse(JSON.stringify(model.env)) as Json,
    metrics: {},
    codeVersion,
    createdMs,
  };
  return { details, files };
}

/**
 * Builds the agent for the market it is to decide on.
 * @throws ConfigError `unfit-model` when it was trained for other spaces
 */
export async function buildAgentModel(
  model: AgentModel,
  market: { observationSpace: Box; actionSpace: ActionSpace; actionMask?: () => Uint8Array },
  catalog?: Catalog,
): Promise<Agent> {
  const { agents } = catalog ?? (await loadCatalog(model.plugins));
  return instantiate(model, market, agents.get(model.agent.name));
}

/** As `buildAgentModel`, with the plugin at hand. */
export function instantiate(
  { agent, numEnvs, seed, snapshot, spaces }: AgentModel,
  market: { observationSpace: Box; actionSpace: ActionSpace; actionMask?: () => Uint8Array },
  plugin: ReturnType<Catalog['agents']['get']>,
): Agent {
  const { observationSpace, actionSpace } = market;
  for (const [what, wanted, given] of [
    ['observations', spaces.observation, describeSpace(observationSpace)],
    ['actions', spaces.action, describeSpace(actionSpace)],
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
      rng: createRng(seed),
      totalSteps: Number.POSITIVE_INFINITY,
    },
    agent.config,
  );
  try {
    built.load(snapshot);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw new ConfigError('unfit-model', `The agent's state does not fit this session: ${error.message}`, {
      cause: error,
    });
  }
  return built;
}

/** The usual length of the bars that a run was trained on; undefined where the data are gone or are no candles. */
async function barMsOf(path: string): Promise<number | undefined> {
  try {
    const { market } = await reopenRun(readRunSpec(new RunDirectory(path)));
    if (market === undefined) return undefined;
    const { timeMs, length } = market.candles;
    return median(Array.from({ length: length - 1 }, (_, i) => timeMs[i + 1] - timeMs[i]));
  } catch {
    return undefined;
  }
}

function hashState(snapshot: Snapshot): string {
  return sha256(hashSnapshot(snapshot) + stringifyExact(snapshot.values, 'an agent')).slice(0, 12);
}
