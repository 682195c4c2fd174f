/** Builds agents and policies from models of the registry. */
import type { Agent } from '../agents/agent.ts';
import { ConfigError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import type { Json } from '../core/snapshot.ts';
import type { ActionSpace, Box } from '../envs/spaces.ts';
import type { Catalog } from '../experiments/plugins/catalog.ts';
import { agentPolicy, type LivePolicy } from '../live/session/policy.ts';
import { type AgentModel, unpackAgentModel } from '../storage/agent-model.ts';
import type { ModelRegistry } from '../storage/model-registry.ts';

/** What an agent acts in: an env, or a live market. */
export interface AgentHome {
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly actionMask?: unknown;
}

/**
 * @param steps planned env steps of all its training, for schedules; absent: it only acts
 * @param settings in place of its own
 * @throws ConfigError `unknown-name` for an agent there is not
 */
export function buildStoredAgent(
  { agent, numEnvs, network }: AgentModel,
  { actionMask, observationSpace, actionSpace }: AgentHome,
  catalog: Catalog,
  {
    steps = Infinity,
    seed = 0,
    settings = {},
  }: { steps?: number; seed?: number; settings?: Readonly<Record<string, Json>> } = {},
): Agent {
  if (network !== undefined) {
    throw new ConfigError(
      'unfit-model',
      `The agent "${agent.name}" learns with networks of --network, which cannot go on learning live; trade it without "learn".`,
    );
  }
  return catalog.agents.get(agent.name).build(
    {
      observationSpace,
      actionSpace,
      numEnvs,
      masksActions: actionMask !== undefined,
      rng: createRng(seed),
      totalSteps: steps,
      signalRules: catalog.signalRules,
    },
    { ...agent.config, ...settings },
  );
}

/** @throws StorageError `snapshot-mismatch` when the model was trained in other spaces */
export function buildPolicy(
  model: AgentModel,
  { id, createdMs }: { id: string; createdMs: number },
  home: AgentHome,
  catalog: Catalog,
): LivePolicy {
  const agent = buildStoredAgent(model, home, catalog);
  agent.load(model.state);
  return agentPolicy(agent, home.actionSpace, id, createdMs);
}

/** @throws StorageError as `ModelRegistry.load` and `unpackAgentModel` */
export function loadPolicy(
  registry: ModelRegistry,
  reference: string,
  home: AgentHome,
  catalog: Catalog,
): LivePolicy {
  const artifact = registry.load(reference);
  const { id, manifest } = artifact.record;
  return buildPolicy(unpackAgentModel(artifact), { id, createdMs: manifest.createdMs }, home, catalog);
}
