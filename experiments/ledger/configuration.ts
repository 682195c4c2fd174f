/** Tells trials apart by their settings: a hash of all that decides a run but its seed. */
import { sha256 } from '../../storage/exact-json.ts';
import { codeOfRun, type RunSpec } from '../run/spec.ts';

/** SHA-256 of anything that JSON holds; keys in any order. */
export function hashSettings(settings: unknown): string {
  return sha256(JSON.stringify(settings, sortKeys));
}

/**
 * The same for runs that differ in their seed alone, wherever their files lie and however they were carried out: threads,
 * logs and checkpoints on the way change nothing of what is learnt.
 * @param checkpoint name of the one that is judged, where it is not the one that a run is judged by on its own
 */
export function configurationOf(spec: RunSpec, checkpoint?: string): string {
  const { agent, env, numEnvs, totalSteps, evaluateEvery, evaluateEpisodes, patience, targetReturn } = spec;
  const { data, network } = spec;
  return hashSettings({
    agent,
    env,
    numEnvs,
    totalSteps,
    evaluateEvery,
    evaluateEpisodes,
    patience,
    targetReturn,
    validateFrom: data?.validateFrom,
    testFrom: data?.testFrom,
    network: network && ('name' in network ? network : network.config),
    code: codeOfRun(spec),
    checkpoint,
  });
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
