/**
 * Stores a trained policy as a model of the registry: its agent, the env that it was trained in, and its whole state.
 */
import { z } from '../core/config.ts';
import { StorageError } from '../core/errors.ts';
import { requireHeldWidths } from '../core/held-widths.ts';
import type { Json, Snapshot } from '../core/snapshot.ts';
import { stringifyExact } from './exact-json.ts';
import type { ModelArtifact, ModelData, ModelDetails, ModelFiles } from './model-artifact.ts';
import { type PluginFile, recordedPluginSchema } from './plugin-file.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

/** Version of the files and the pipeline below. */
const KIND_VERSION = 1;
const KIND = 'agent:';
/** Of a run: its buffers have rows for each. */
const MAX_ENVS = 65_536;
const ARRAYS = 'state.safetensors';
const VALUES = 'values.json';

export interface AgentModel {
  /** The plugin's name and its complete configuration. */
  readonly agent: { readonly name: string; readonly config: { readonly [key: string]: Json } };
  /** The env that it was trained in, likewise. */
  readonly env: { readonly name: string; readonly config: { readonly [key: string]: Json } };
  /** Envs that it learnt in at a time: its buffers have this many rows. */
  readonly numEnvs: number;
  /** Env steps that it has learnt from, over all envs. */
  readonly steps: number;
  /** Files with plugins that it needs. */
  readonly plugins?: readonly PluginFile[];
  /** What makes its networks in place of the agent's own, as `run.json` has it. */
  readonly network?: Json;
  /** Milliseconds between two decisions in training; absent where the env's settings say it, or nothing does. */
  readonly barMs?: number;
  /** Short forms of the spaces it was built for. */
  readonly spaces?: { readonly observation: string; readonly action: string };
  readonly state: Snapshot;
}

/** What is known of it beside what it is. */
export interface AgentModelDetails {
  readonly name: string;
  readonly parent?: string;
  readonly data?: ModelData;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly codeVersion: string;
  /** UTC epoch. */
  readonly createdMs: number;
}

/** @returns what `ModelRegistry.save` takes */
export function packAgentModel(
  { agent, state, ...pipeline }: AgentModel,
  details: AgentModelDetails,
): { details: ModelDetails; files: ModelFiles } {
  return {
    details: {
      metrics: {},
      ...details,
      kind: `${KIND}${agent.name}`,
      kindVersion: KIND_VERSION,
      config: agent.config,
      pipeline: JSON.parse(JSON.stringify(pipeline)),
    },
    files: {
      [ARRAYS]: encodeSafetensors(state.arrays),
      [VALUES]: new TextEncoder().encode(stringifyExact(state.values, 'a policy')),
    },
  };
}

/** Whether a model of the registry is a policy; others are supervised models. */
export function isPolicy({ kind }: { readonly kind: string }): boolean {
  return kind.startsWith(KIND);
}

/** @throws StorageError `not-a-policy` for a model of another kind, `unsupported-version`, `malformed` */
export function unpackAgentModel({ manifest, files }: ModelArtifact): AgentModel {
  const { name, kind, kindVersion, config, pipeline } = manifest;
  if (!isPolicy(manifest)) {
    throw new StorageError('not-a-policy', `Model "${name}" is of kind ${kind}; name a policy, agent:NAME.`);
  }
  if (kindVersion !== KIND_VERSION) {
    throw new StorageError(
      'unsupported-version',
      `Policy "${name}" has version ${kindVersion}, this program reads ${KIND_VERSION}. Use the version that wrote it.`,
    );
  }
  const { tensors } = decodeSafetensors(files[ARRAYS], `${name}/${ARRAYS}`);
  const numSaved = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  requireHeldWidths(config as object, numSaved, `policy "${name}"`);
  const rest = pipeline as unknown as Omit<AgentModel, 'agent' | 'state'>;
  const recorded = z.array(recordedPluginSchema).safeParse(rest.plugins ?? []);
  if (!recorded.success) {
    throw new StorageError(
      'malformed',
      `Policy "${name}" names its plugin files in a form that is not known.`,
    );
  }
  if (!(Number.isInteger(rest.numEnvs) && rest.numEnvs >= 1 && rest.numEnvs <= MAX_ENVS)) {
    throw new StorageError('malformed', `Policy "${name}" learnt in ${rest.numEnvs} envs, which cannot be.`);
  }
  return {
    ...rest,
    ...(recorded.data.length > 0 && { plugins: recorded.data }),
    agent: { name: kind.slice(KIND.length), config: config as AgentModel['agent']['config'] },
    state: {
      arrays: Object.fromEntries([...tensors].map(([key, { data }]) => [key, data])),
      values: JSON.parse(new TextDecoder().decode(files[VALUES])),
    },
  };
}
