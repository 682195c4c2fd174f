/** Clones behaviour: teaches an agent to act as another one would, before it learns by itself. */
import type { Agent } from '../agents/agent.ts';
import { randomChoice } from '../agents/off-policy/choices.ts';
import { canImitate, type Demonstration, type Imitator } from '../agents/on-policy/imitation.ts';
import { ConfigError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { actionDim, createActionBatch, numChoices } from '../envs/spaces.ts';
import type { VectorEnv } from '../envs/vector/vector-env.ts';
import { copyRow } from '../replay/rows.ts';

export interface CloningOptions {
  readonly envs: VectorEnv;
  readonly student: Agent;
  readonly teacher: Agent;
  /** Env steps that are demonstrated, over all envs. */
  readonly steps: number;
  /** Passes over the demonstration. */
  readonly epochs: number;
  readonly learningRate: number;
  readonly minibatchSize: number;
  /** Discount per step of the returns that the critic learns. */
  readonly gamma: number;
  /**
   * Share of the steps, in [0, 1], at which something random is done in place of what the teacher says, so that
   * it is also seen what to do after a mistake. Of discrete actions only; 0 for others.
   */
  readonly randomActionShare: number;
  readonly rng: Rng;
}

/**
 * The teacher acts, the student learns to do the same.
 * @returns the mean negative log-probability of the teacher's actions, over the last pass
 * @throws ConfigError `cannot-imitate`
 */
export function cloneBehaviour(options: CloningOptions): number {
  const { student, epochs, learningRate, minibatchSize, rng } = options;
  requireStudent(student);
  const demonstration = demonstrate(options);
  const rows = demonstration.size;
  const { dim } = options.envs.observationSpace;
  const width = demonstration.actions.length / rows;
  const choices = demonstration.actionMasks === undefined ? 0 : demonstration.actionMasks.length / rows;
  const batch = Math.min(minibatchSize, rows);
  const observations = new Float32Array(batch * dim);
  const actions = createActionBatch(options.envs.actionSpace, batch);
  const actionMasks = demonstration.actionMasks && new Uint8Array(batch * choices);
  const returns = new Float32Array(batch);
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  let loss = Number.NaN;
  for (let epoch = 0; epoch < epochs; epoch++) {
    rng.shuffle(order);
    const numBatches = Math.floor(rows / batch);
    let sum = 0;
    for (let m = 0; m < numBatches; m++) {
      for (let b = 0; b < batch; b++) {
        const row = order[m * batch + b];
        copyRow(observations, b, demonstration.observations, row, dim);
        copyRow(actions, b, demonstration.actions, row, width);
        if (actionMasks !== undefined) copyRow(actionMasks, b, demonstration.actionMasks!, row, choices);
        returns[b] = demonstration.returns[row];
      }
      // Falls to 0, so that the last steps settle what the first ones found.
      const remaining = 1 - (epoch * numBatches + m) / (epochs * numBatches);
      sum += student.imitate(
        { size: batch, observations, actions, actionMasks, returns },
        learningRate * remaining,
      );
    }
    loss = sum / numBatches;
  }
  return loss;
}

/** @throws ConfigError `cannot-imitate` for an agent that has no way to learn from what another does */
export function requireStudent(agent: Agent): asserts agent is Agent & Imitator {
  if (canImitate(agent)) return;
  throw new ConfigError(
    'cannot-imitate',
    'This agent cannot be taught by example: PPO without a memory can, with normalizeObservations and normalizeRewards off.',
  );
}

/** What the teacher does in the envs, with the returns of what was done. */
function demonstrate({ envs, teacher, steps, gamma, randomActionShare, rng }: CloningOptions): Demonstration {
  const { numEnvs, observationSpace, actionSpace } = envs;
  const numSteps = Math.max(1, Math.ceil(steps / numEnvs));
  const size = numSteps * numEnvs;
  const { dim } = observationSpace;
  const width = actionDim(actionSpace);
  envs.reset();
  const choices = envs.stepContext.actionMasks === undefined ? 0 : numChoices(actionSpace);
  const observations = new Float32Array(size * dim);
  const actions = createActionBatch(actionSpace, size);
  const actionMasks = choices > 0 ? new Uint8Array(size * choices) : undefined;
  const returns = new Float32Array(size);
  const isOver = new Uint8Array(size);
  for (let t = 0; t < numSteps; t++) {
    const { stepContext } = envs;
    observations.set(envs.observations, t * numEnvs * dim);
    actionMasks?.set(stepContext.actionMasks!, t * numEnvs * choices);
    const advised = teacher.act(envs.observations, numEnvs, false, stepContext);
    actions.set(advised, t * numEnvs * width);
    if (actionSpace.kind === 'discrete' && randomActionShare > 0) {
      for (let n = 0; n < numEnvs; n++) {
        if (rng.uniform() >= randomActionShare) continue;
        advised[n] = randomChoice(rng, actionSpace.n, stepContext.actionMasks, n);
      }
    }
    const { rewards, terminated, truncated } = envs.step(advised);
    for (let n = 0; n < numEnvs; n++) {
      returns[t * numEnvs + n] = rewards[n];
      isOver[t * numEnvs + n] = terminated[n] | truncated[n];
    }
  }
  for (let row = size - numEnvs - 1; row >= 0; row--) {
    if (isOver[row] === 0) returns[row] += gamma * returns[row + numEnvs];
  }
  return { size, observations, actions, actionMasks, returns };
}
