/**
 * Sums returns over n steps when a batch is sampled, so that transitions are stored once and as they came.
 *
 * Source: Sutton & Barto (2018), "Reinforcement Learning: An Introduction", eq. 7.1:
 *   R = Σ_{k<m} γ^k·r_{t+k},   target = R + γ^m·V(s_{t+m}),   m ≤ n
 * Differences from the source: m < n where the episode ends or where the newest stored step comes first. A
 * terminated episode does not bootstrap; a truncated one does, from its last observation.
 */
import type { ReplayBatch } from './replay-batch.ts';
import { ENDED, TERMINATED, type TransitionStore } from './transition-store.ts';

/**
 * Fills `rewards`, `discounts`, `terminated` and `nextRows` of the batch's first `size` rows from its `indices`.
 * @param numSteps n, ≥ 1
 * @param gamma discount per step, [0, 1]
 * @param scaleReward what is made of a stored reward; absent: itself
 */
export function nStepReturnsInto(
  batch: ReplayBatch,
  size: number,
  store: TransitionStore,
  numSteps: number,
  gamma: number,
  scaleReward?: (reward: number) => number,
): void {
  const { flags, rewards, numEnvs, observations, writtenRow } = store;
  const { indices, nextRows, terminated, discounts } = batch;
  // Short loops let the processor fetch many rows of a large buffer at a time; the sum is overwritten below.
  let touched = 0;
  for (let i = 0; i < size; i++) touched += rewards[indices[i]] + flags[indices[i]];
  batch.rewards[0] = touched;
  for (let i = 0; i < size; i++) {
    let row = indices[i];
    let sum = scaleReward === undefined ? rewards[row] : scaleReward(rewards[row]);
    let discount = gamma;
    for (let k = 1; k < numSteps && (flags[row] & ENDED) === 0; k++) {
      const next = store.nextRow(row);
      if (next >= writtenRow && next < writtenRow + numEnvs) break;
      row = next;
      sum += discount * (scaleReward === undefined ? rewards[row] : scaleReward(rewards[row]));
      discount *= gamma;
    }
    batch.rewards[i] = sum;
    discounts[i] = discount;
    nextRows[i] = row;
  }
  for (let i = 0; i < size; i++) {
    terminated[i] = flags[nextRows[i]] & TERMINATED;
    if (terminated[i] !== 0) discounts[i] = 0;
  }
  for (let i = 0; i < size; i++) nextRows[i] = observations.rowAfter(nextRows[i], store.nextRow(nextRows[i]));
}
