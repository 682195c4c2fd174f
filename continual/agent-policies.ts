/** Builds agents and policies from models of the registry. */
import type { Agent } from '../agents/agent.ts';
import { createRng } from '../core/rng.ts';
import type { Json } from '../core/snapshot.ts';
import type { ActionSpace, Box } from '../envs/spaces.ts';
import type { PluginAccess } from '../experiments/plugins/access.ts';
import { type Catalog, openCatalog } from '../experiments/plugins/catalog.ts';
import {
  networkRecordSchema,
  networksOf,
  type RunNetwork,
  reopenNetwork,
} from '../experiments/plugins/network.ts';
import { agentPolicy, type LivePolicy } from '../live/session/policy.ts';
import { type AgentModel, unpackAgentModel } from '../storage/agent-model.ts';
import type { ModelRegistry } from '../storage/model-registry.ts';
import type { PluginFile } from '../storage/plugin-file.ts';

/** The code that the models of a name are built of: all of it was allowed by the user, and has been loaded. */
export interface AgentCode {
  readonly catalog: Catalog;
  /** The file of networks that they learn with, where they do. */
  readonly network?: RunNetwork;
}

/**
 * @param recorded files with plugins that the model needs, and those of the tape that it is to learn from
 * @param owner the model, for messages
 * @throws StorageError as `grantPlugins`, before any file is run
 */
export async function openAgentCode(
  { network }: Pick<AgentModel, 'network'>,
  recorded: readonly PluginFile[],
  access: PluginAccess,
  owner: string,
): Promise<AgentCode> {
  const catalog = await openCatalog(recorded, access, owner);
  if (network === undefined) return { catalog };
  const record = networkRecordSchema.parse(network);
  return { catalog, network: await reopenNetwork(record, catalog, access, owner) };
}

/** What an agent acts in: an env, or a live market. */
export interface AgentHome {
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly actionMask?: unknown;
}

/**
 * @param steps planned env steps of all its training, for schedules; absent: it only acts
 * @param settings in place of its own
 * @throws ConfigError `unknown-name` for an agent there is not, `unfit-model` for networks that were not loaded
 */
export function buildStoredAgent(
  { agent, numEnvs, network }: AgentModel,
  { actionMask, observationSpace, actionSpace }: AgentHome,
  code: AgentCode,
  {
    steps = Infinity,
    seed = 0,
    settings = {},
  }: { steps?: number; seed?: number; settings?: Readonly<Record<string, Json>> } = {},
): Agent {
  const { catalog } = code;
  return catalog.agents.get(agent.name).build(
    {
      observationSpace,
      actionSpace,
      numEnvs,
      masksActions: actionMask !== undefined,
      rng: createRng(seed),
      totalSteps: steps,
      createNetwork: networksOf(network, catalog, code.network),
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
  code: AgentCode,
): LivePolicy {
  const agent = buildStoredAgent(model, home, code);
  agent.load(model.state);
  return agentPolicy(agent, home.actionSpace, id, createdMs);
}

/** @throws StorageError as `ModelRegistry.load` and `unpackAgentModel` */
export function loadPolicy(
  registry: ModelRegistry,
  reference: string,
  home: AgentHome,
  code: AgentCode,
): LivePolicy {
  const artifact = registry.load(reference);
  const { id, manifest } = artifact.record;
  return buildPolicy(unpackAgentModel(artifact), { id, createdMs: manifest.createdMs }, home, code);
}
