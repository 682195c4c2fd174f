/** Lets a policy learn on from where it is, in new envs, and hands back its state: the policy in use stays as it is. */
import type { Agent } from '../agents/agent.ts';
import { TrainingError } from '../core/errors.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { VectorEnv } from '../envs/vector/vector-env.ts';
import { train } from '../trainers/train.ts';

export interface FineTuneOptions {
  /** Built for these envs; its state is replaced. */
  readonly agent: Agent;
  /** Where learning begins: weights, optimizer, counters, buffers. */
  readonly state: Snapshot;
  readonly envs: VectorEnv;
  /** Env steps, over all envs. */
  readonly steps: number;
  readonly seed: number;
}

/**
 * @throws TrainingError `non-finite-weights` when a number of the outcome is not finite, or as the agent's learning
 * @throws StorageError `snapshot-mismatch` for the state of another agent
 */
export function fineTune({ agent, state, envs, steps, seed }: FineTuneOptions): Snapshot {
  agent.load(state);
  train({ agent, envs, totalSteps: steps, seed });
  const outcome = agent.save();
  const defect = stateDefect(outcome);
  if (defect === undefined) return outcome;
  throw new TrainingError('non-finite-weights', `The policy cannot be used after ${steps} steps: ${defect}.`);
}

/** The first number of a state that is not finite, in words. */
export function stateDefect({ arrays }: Snapshot): string | undefined {
  for (const [name, array] of Object.entries(arrays)) {
    for (let i = 0; i < array.length; i++) {
      if (!Number.isFinite(array[i])) return `${name}[${i}] is ${array[i]}`;
    }
  }
  return undefined;
}
