/**
 * Estimates generalised advantages over a rollout of N envs.
 *
 * Source: Schulman et al. (2016), "High-Dimensional Continuous Control Using Generalized Advantage
 * Estimation", arXiv:1506.02438, eq. 16:
 *   δ_t = r_t + γ·V(s_{t+1}) − V(s_t),   A_t = δ_t + γλ·A_{t+1}
 * Differences from the source: at a truncation V(s_{t+1}) is the value of the episode's last observation; at
 * a termination it is zero; A_{t+1} does not cross either.
 */

/** T steps, N envs. */
export interface RolloutReturns {
  /** [T, N] */
  readonly rewards: Float32Array;
  /** [T, N], V of the observation acted on */
  readonly values: Float32Array;
  /** [T, N] */
  readonly terminated: Uint8Array;
  /** [T, N] */
  readonly truncated: Uint8Array;
  /** [T, N], V of the last observation of an episode that was truncated at this step; elsewhere unused. */
  readonly finalValues: Float32Array;
  /** [N], V of what each env's last step led to; unused where the episode ended there. */
  readonly lastValues: Float32Array;
}

/**
 * @param advantages receives A, [T, N]
 * @param returns receives A + V, the value function's target, [T, N]
 * @param gamma discount per step, [0, 1]
 * @param lambda weight of longer returns, [0, 1]
 */
export function estimateAdvantagesInto(
  advantages: Float32Array,
  returns: Float32Array,
  rollout: RolloutReturns,
  numSteps: number,
  numEnvs: number,
  gamma: number,
  lambda: number,
): void {
  const { rewards, values, terminated, truncated, finalValues, lastValues } = rollout;
  for (let n = 0; n < numEnvs; n++) {
    let nextValue = lastValues[n];
    let nextAdvantage = 0;
    for (let t = numSteps - 1; t >= 0; t--) {
      const i = t * numEnvs + n;
      const ended = terminated[i] !== 0 || truncated[i] !== 0;
      if (terminated[i] !== 0) nextValue = 0;
      else if (truncated[i] !== 0) nextValue = finalValues[i];
      const delta = rewards[i] + gamma * nextValue - values[i];
      nextAdvantage = ended ? delta : delta + gamma * lambda * nextAdvantage;
      advantages[i] = nextAdvantage;
      returns[i] = nextAdvantage + values[i];
      nextValue = values[i];
    }
  }
}

/** 1 − Var(returns − values)/Var(returns): 1 for a perfect value function, 0 for a constant, below 0 for a worse one. */
export function explainedVariance(values: Float32Array, returns: Float32Array): number {
  const { length } = returns;
  let mean = 0;
  let meanError = 0;
  for (let i = 0; i < length; i++) {
    mean += returns[i] / length;
    meanError += (returns[i] - values[i]) / length;
  }
  let variance = 0;
  let errorVariance = 0;
  for (let i = 0; i < length; i++) {
    const deviation = returns[i] - mean;
    const errorDeviation = returns[i] - values[i] - meanError;
    variance += deviation * deviation;
    errorVariance += errorDeviation * errorDeviation;
  }
  return variance === 0 ? Number.NaN : 1 - errorVariance / variance;
}
