/** Reads a checkpoint of a run, and tells which one it was when it does not fit. */
import { StorageError } from '../../core/errors.ts';
import { requireHeldWidths } from '../../core/held-widths.ts';
import { type Snapshot, type Snapshotable, snapshotPart } from '../../core/snapshot.ts';
import { type CheckpointDetails, loadCheckpoint } from '../../storage/checkpoint.ts';
import type { RunSpec } from './spec.ts';

type Decisions = Pick<CheckpointDetails, 'agent' | 'env' | 'seed'>;

export interface OpenCheckpoint {
  /** Env steps taken when it was saved. */
  readonly steps: number;
  /** What was saved under this name; empty where there is nothing. */
  part(name: string): Snapshot;
  /** @throws StorageError `snapshot-mismatch`, naming the checkpoint */
  restore(name: string, target: Snapshotable): void;
}

/**
 * @param path the checkpoint's directory
 * @param spec of the run it must belong to
 * @throws StorageError `snapshot-mismatch` for one of another agent, env or seed, and as `loadCheckpoint`
 */
export function openCheckpoint(path: string, spec: RunSpec): OpenCheckpoint {
  const { snapshot, manifest } = loadCheckpoint(path);
  const [saved, wanted] = [decisionsOf(manifest), decisionsOf(spec)];
  for (const key of new Set([...saved.keys(), ...wanted.keys()])) {
    if (saved.get(key) === wanted.get(key)) continue;
    throw new StorageError(
      'snapshot-mismatch',
      `"${path}" was saved with ${key} ${saved.get(key)}, but run.json has ${wanted.get(key)}. ` +
        'Restore run.json, or start a new run.',
    );
  }
  requireHeldWidths(spec.agent.config, manifest.stateBytes / 4, `"${path}"`);
  const part = (name: string): Snapshot => snapshotPart(snapshot, name);
  return {
    steps: manifest.steps,
    part,
    restore(name, target) {
      try {
        target.load(part(name));
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        throw new StorageError(
          error.code,
          `"${path}" does not fit this run. ${error.message} Use the plugins and settings it was saved with.`,
          { cause: error },
        );
      }
    },
  };
}

/** What the shapes of a state depend on, by the names that `--set` gives the settings, each as JSON. */
function decisionsOf({ agent, env, seed }: Decisions): Map<string, string> {
  const decisions = new Map([
    ['agent', JSON.stringify(agent.name)],
    ['env', JSON.stringify(env.name)],
    ['seed', JSON.stringify(seed)],
  ]);
  for (const [part, { config }] of Object.entries({ agent, env })) {
    for (const [key, value] of Object.entries(config as object)) {
      decisions.set(`${part}.${key}`, JSON.stringify(value));
    }
  }
  return decisions;
}
