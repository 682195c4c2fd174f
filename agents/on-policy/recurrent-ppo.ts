/**
 * Proximal policy optimisation with a memory: policy and critic each carry the state of an LSTM or a GRU from step to
 * step, and learn from sequences of steps.
 *
 * Source: Schulman et al. (2017), arXiv:1707.06347, as in agents/ppo.ts; back-propagation through time cut off at the
 * ends of sequences: Williams & Peng (1990), https://doi.org/10.1162/neco.1990.2.4.490.
 * Differences from the source, beside those of agents/ppo.ts:
 *   - sequences of equal length, each within one env; where an episode begins inside of one, the state is zero and
 *     nothing flows back;
 *   - a sequence starts in the state that was carried when it was collected, in every epoch;
 *   - a truncated episode bootstraps from its last observation in the state that the critic has come to there.
 */
import type { Rng } from '../../core/rng.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';
import type { ActionBatch } from '../../envs/spaces.ts';
import type { StepContext, TransitionBatch } from '../../envs/transition.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import { clearStarted } from '../../networks/layers/recurrent-sequence.ts';
import { createSequenceNetwork, type SequenceNetwork } from '../../networks/layers/sequence-network.ts';
import { createAdam } from '../../networks/optimizer.ts';
import { copyRow } from '../../replay/rows.ts';
import type { Agent, AgentContext, Metrics } from '../agent.ts';
import { requireOwnNetworks } from '../custom-network.ts';
import type { PolicyDescription } from '../policy-description.ts';
import { createPolicyHead } from './create-policy-head.ts';
import type { PpoConfig } from './ppo-config.ts';
import type { PpoMinibatch, PpoNetworks } from './ppo-loss.ts';
import { PpoRollout } from './ppo-rollout.ts';
import { PpoUpdate } from './ppo-update.ts';
import { RolloutSequences } from './rollout-sequences.ts';

export interface RecurrentPpoConfig extends PpoConfig {
  readonly network: 'lstm' | 'gru';
  readonly recurrentUnits: number;
  readonly layerNorm: boolean;
  readonly sequenceLength: number;
}

/** T steps a rollout, N envs, M envs that are evaluated, D observation elements, A action elements, S numbers of state. */
export class RecurrentPpo implements Agent {
  readonly #networks: PpoNetworks & { readonly policy: SequenceNetwork; readonly critic: SequenceNetwork };
  readonly #rollout: PpoRollout;
  readonly #sequences: RolloutSequences;
  readonly #sequenceLength: number;
  readonly #update: PpoUpdate;
  readonly #rng: Rng;
  readonly #policyStates: Float32Array; // [N, S], after the last exploring act
  readonly #criticStates: Float32Array; // [N, S], after the last observe
  readonly #states: readonly Float32Array[]; // both
  readonly #nextStates: Float32Array; // [N, S], the critic's, to look a step ahead with
  readonly #starts: Uint8Array; // [N], of the last exploring act
  readonly #drawn: ActionBatch; // [N, A], what the last exploring act drew, before clipping
  readonly #drawnLogProbs: Float32Array; // [N]
  readonly #finalObservation: Float32Array; // [D]
  readonly #finalState: Float32Array; // [S]
  #evaluatedStates: Float32Array; // [M, S], of the policy; not saved
  #greedy: ActionBatch; // [M, A]
  #step = 0;

  /** @throws ConfigError `invalid-value` unless rollouts and minibatches consist of whole sequences */
  constructor(context: AgentContext, config: RecurrentPpoConfig) {
    const { observationSpace, actionSpace, numEnvs, rng, totalSteps } = context;
    const { network, recurrentUnits, sequenceLength, rolloutSteps, gamma, lambda } = config;
    requireOwnNetworks(context, `network "${network}"`);
    const kernels = createKernels(context.kernels);
    const head = createPolicyHead(kernels, actionSpace, config.initialLogStd);
    const create = (outputDim: number, outputScale: number, rng: Rng): SequenceNetwork =>
      createSequenceNetwork(kernels, {
        cell: network,
        memory: {
          inputDim: observationSpace.dim,
          hiddenDim: recurrentUnits,
          // An LSTM that starts with an open forget gate learns less surely: docs/decisions/recurrent-ppo.md.
          init: network === 'lstm' ? 'uniform' : 'orthogonal',
          rng,
        },
        dense: {
          hidden: config.hidden,
          activation: config.activation,
          layerNorm: config.layerNorm,
          outputDim,
          outputScale,
          init: 'orthogonal',
          rng,
        },
      });
    const policy = create(head.outputDim, 0.01, rng.fork('policy'));
    const critic = create(1, 1, rng.fork('critic'));
    this.#networks = { policy, critic, head };
    this.#sequences = new RolloutSequences({
      numSteps: rolloutSteps,
      numEnvs,
      length: sequenceLength,
      stateDims: [policy.stateDim, critic.stateDim],
      minibatchSize: config.minibatchSize,
    });
    this.#sequenceLength = sequenceLength;
    const minibatchSize = this.#sequences.sequencesPerMinibatch * sequenceLength;
    this.#update = new PpoUpdate(
      kernels,
      this.#networks,
      (kernels, blocks) => createAdam(kernels, blocks, { epsilon: config.adamEpsilon }),
      config,
      minibatchSize,
      totalSteps,
    );
    this.#rollout = new PpoRollout(kernels, head, {
      numSteps: rolloutSteps,
      numEnvs,
      observationDim: observationSpace.dim,
      minibatchSize,
      gamma,
      lambda,
    });
    this.#rng = rng.fork('ppo');
    this.#policyStates = new Float32Array(numEnvs * policy.stateDim);
    this.#criticStates = new Float32Array(numEnvs * critic.stateDim);
    this.#states = [this.#policyStates, this.#criticStates];
    this.#nextStates = new Float32Array(numEnvs * critic.stateDim);
    this.#starts = new Uint8Array(numEnvs);
    this.#drawn = head.createActions(numEnvs);
    this.#drawnLogProbs = new Float32Array(numEnvs);
    this.#finalObservation = new Float32Array(observationSpace.dim);
    this.#finalState = new Float32Array(critic.stateDim);
    this.#evaluatedStates = new Float32Array(0);
    this.#greedy = head.createActions(0);
  }

  act(observations: Float32Array, numEnvs: number, explore: boolean, stepContext?: StepContext): ActionBatch {
    const { policy, head } = this.#networks;
    const masks = stepContext?.actionMasks;
    const episodeStarts = stepContext?.episodeStarts;
    if (explore) {
      if (episodeStarts === undefined) this.#starts.fill(0);
      else this.#starts.set(episodeStarts);
      this.#sequences.record(this.#rollout.buffer.stepsStored, this.#starts, this.#states);
      clearStarted(this.#policyStates, 0, policy.stateDim, this.#starts, 0, numEnvs);
      const outputs = policy.step(observations, this.#policyStates, numEnvs);
      head.sampleInto(this.#drawn, this.#drawnLogProbs, outputs, numEnvs, this.#rng, masks);
      return head.toEnvActions(this.#drawn);
    }
    if (this.#evaluatedStates.length !== numEnvs * policy.stateDim) {
      this.#evaluatedStates = new Float32Array(numEnvs * policy.stateDim);
      this.#greedy = head.createActions(numEnvs);
    }
    const states = this.#evaluatedStates;
    if (episodeStarts !== undefined) clearStarted(states, 0, policy.stateDim, episodeStarts, 0, numEnvs);
    head.modeInto(this.#greedy, policy.step(observations, states, numEnvs), numEnvs, masks);
    return head.toEnvActions(this.#greedy);
  }

  /** The policy's state while it is evaluated. */
  readonly evaluation: Snapshotable = {
    save: () => ({ arrays: { states: this.#evaluatedStates.slice() }, values: {} }),
    load: ({ arrays }) => {
      const { states } = arrays;
      const { policy, head } = this.#networks;
      this.#evaluatedStates = new Float32Array(states as Float32Array);
      this.#greedy = head.createActions(states.length / policy.stateDim);
    },
  };

  observe(transition: TransitionBatch): Metrics | undefined {
    const { observations, rewards, nextObservations, terminated, truncated, actionMasks } = transition;
    const { critic } = this.#networks;
    const rollout = this.#rollout.buffer;
    const { numEnvs } = rollout;
    const row = rollout.push(
      observations,
      this.#drawn,
      this.#drawnLogProbs,
      rewards,
      terminated,
      truncated,
      actionMasks,
    );
    const states = this.#criticStates;
    clearStarted(states, 0, critic.stateDim, this.#starts, 0, numEnvs);
    this.#rollout.values.set(critic.step(observations, states, numEnvs), row);
    for (let n = 0; n < numEnvs; n++) {
      if (truncated[n] !== 0 && terminated[n] === 0) {
        copyRow(this.#finalObservation, 0, nextObservations, n, this.#finalObservation.length);
        copyRow(this.#finalState, 0, states, n, critic.stateDim);
        rollout.finalValues[row + n] = critic.step(this.#finalObservation, this.#finalState, 1)[0];
      }
    }
    this.#step += numEnvs;
    if (!rollout.isFull) return undefined;
    this.#nextStates.set(states);
    this.#rollout.estimate(critic.step(nextObservations, this.#nextStates, numEnvs));
    const { numSequences, sequencesPerMinibatch } = this.#sequences;
    const minibatches = {
      numUnits: numSequences,
      unitsPerMinibatch: sequencesPerMinibatch,
      gather: (sequences: Int32Array) => this.#gather(sequences),
    };
    const metrics = this.#update.run(minibatches, this.#rng, this.#step);
    rollout.clear();
    return { ...metrics, explainedVariance: this.#rollout.explainedVariance };
  }

  /** The steps of a rollout that is not full go: their last values would be those of another episode. */
  dropPartialRollout(): void {
    this.#rollout.buffer.clear();
  }

  /** Has the networks read the minibatch as the sequences that it consists of. */
  #gather(sequences: Int32Array): PpoMinibatch {
    const { policy, critic } = this.#networks;
    const numSteps = this.#sequenceLength;
    const { rows, starts, initialStates } = this.#sequences.gather(sequences);
    policy.readAs({ numSteps, starts, initialStates: initialStates[0] });
    critic.readAs({ numSteps, starts, initialStates: initialStates[1] });
    return this.#rollout.gather(rows);
  }

  describePolicy(): PolicyDescription | undefined {
    const { policy, head } = this.#networks;
    const steps = policy.describe?.();
    return steps && { steps, decision: head.decision };
  }

  save(borrow = false): Snapshot {
    return joinSnapshots({
      ...this.#update.saveParts(),
      rollout: this.#rollout.save(borrow),
      sequences: this.#sequences.save(),
      memory: {
        arrays: {
          policy: this.#policyStates.slice(),
          critic: this.#criticStates.slice(),
          values: this.#rollout.values.slice(),
        },
        values: {},
      },
      rng: this.#rng.save(),
      progress: { arrays: {}, values: { step: this.#step } },
    });
  }

  /** What is remembered of an evaluation is forgotten. */
  load(snapshot: Snapshot): void {
    this.#update.loadParts(snapshot);
    this.#rollout.load(snapshotPart(snapshot, 'rollout'));
    this.#sequences.load(snapshotPart(snapshot, 'sequences'));
    restoreArrayInto(this.#policyStates, snapshot, 'memory/policy');
    restoreArrayInto(this.#criticStates, snapshot, 'memory/critic');
    restoreArrayInto(this.#rollout.values, snapshot, 'memory/values');
    this.#rng.load(snapshotPart(snapshot, 'rng'));
    this.#step = restoreNumber(snapshot, 'progress/step');
    this.#evaluatedStates.fill(0);
  }
}
