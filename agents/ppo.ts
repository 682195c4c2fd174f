/**
 * Proximal policy optimisation, for discrete, multi-discrete and continuous actions.
 *
 * Source: Schulman et al. (2017), "Proximal Policy Optimization Algorithms", arXiv:1707.06347, algorithm 1.
 * Differences from the source, all common to the reference implementations:
 *   - separate policy and value networks, orthogonal initialisation with gain 0.01 on the policy head;
 *   - gradients clipped by their global norm, Adam's epsilon 1e-5;
 *   - a truncated episode bootstraps from its last observation, a terminated one does not;
 *   - continuous actions: a diagonal Gaussian whose log deviation does not depend on the state, unless exploration
 *     is to be state-dependent; actions are clipped to the box only on their way to the env, the learner keeps what
 *     it drew.
 */
import type { Rng } from '../core/rng.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../core/snapshot.ts';
import type { ActionBatch } from '../envs/spaces.ts';
import type { StepContext, TransitionBatch } from '../envs/transition.ts';
import { createKernels } from '../networks/kernels/create.ts';
import { createAdam } from '../networks/optimizer.ts';
import { copyRow } from '../replay/rows.ts';
import { type Agent, type AgentContext, defineAgent, type Metrics } from './agent.ts';
import { createCustomNetwork } from './custom-network.ts';
import { normalizeAgent } from './normalization.ts';
import { type Demonstration, Imitation, type Imitator } from './on-policy/imitation.ts';
import { createOnPolicyNetwork } from './on-policy/own-network.ts';
import { createPolicy } from './on-policy/policy.ts';
import { type PpoConfig, ppoConfig } from './on-policy/ppo-config.ts';
import type { PpoNetworks } from './on-policy/ppo-loss.ts';
import { PpoRollout } from './on-policy/ppo-rollout.ts';
import { type OptimizerFactory, PpoUpdate } from './on-policy/ppo-update.ts';
import { onPolicyPrior } from './on-policy/prior.ts';
import { RecurrentPpo } from './on-policy/recurrent-ppo.ts';
import { requireNoMemory } from './on-policy/state-dependent-exploration.ts';
import type { PolicyDescription } from './policy-description.ts';
import { withWindowNetworks } from './window-network.ts';

export const ppo = defineAgent({
  name: 'ppo',
  description: 'Proximal policy optimisation (Schulman et al. 2017), for any action space',
  config: ppoConfig,
  prior: onPolicyPrior,
  build(context, config) {
    const { network } = config;
    const hasMemory = network === 'lstm' || network === 'gru';
    if (hasMemory) requireNoMemory(network, config.stateDependentExploration);
    const agent = hasMemory
      ? new RecurrentPpo(context, { ...config, network })
      : new Ppo(withWindowNetworks('ppo', context, config, 'orthogonal'), config);
    return normalizeAgent(agent, context, config);
  },
});

/** T steps a rollout, N envs, D observation elements, A action elements. */
export class Ppo implements Agent, Imitator {
  readonly #minibatchSize: number;
  readonly #networks: PpoNetworks;
  readonly #rollout: PpoRollout;
  readonly #update: PpoUpdate;
  readonly #imitation: Imitation;
  readonly #rng: Rng;
  readonly #drawn: ActionBatch; // [N, A], what the last exploring act drew, before clipping
  readonly #drawnLogProbs: Float32Array; // [N]
  readonly #finalObservation: Float32Array; // [D]
  #greedy: ActionBatch; // [N, A], grows with the number of envs that are evaluated
  #step = 0;

  /** @param createOptimizer absent: Adam */
  constructor(
    context: AgentContext,
    config: PpoConfig,
    createOptimizer: OptimizerFactory = (kernels, blocks) =>
      createAdam(kernels, blocks, { epsilon: config.adamEpsilon }),
  ) {
    const { observationSpace, numEnvs, rng, totalSteps } = context;
    const { rolloutSteps, gamma, lambda } = config;
    const kernels = createKernels(context.kernels);
    const { policy, head } = createPolicy(kernels, context, config, rng.fork('policy'));
    const request = {
      role: 'critic',
      inputDim: observationSpace.dim,
      outputDim: 1,
      rng: rng.fork('critic'),
    } as const;
    const critic =
      createCustomNetwork(context, kernels, request) ?? createOnPolicyNetwork(request, kernels, config);
    const minibatchSize = Math.min(config.minibatchSize, rolloutSteps * numEnvs);
    this.#minibatchSize = minibatchSize;
    this.#networks = { policy, critic, head };
    this.#update = new PpoUpdate(kernels, this.#networks, createOptimizer, config, minibatchSize, totalSteps);
    this.#imitation = new Imitation(kernels, this.#networks);
    this.#rollout = new PpoRollout(kernels, head, {
      numSteps: rolloutSteps,
      numEnvs,
      observationDim: observationSpace.dim,
      minibatchSize,
      gamma,
      lambda,
    });
    this.#rng = rng.fork('ppo');
    this.#drawn = head.createActions(numEnvs);
    this.#drawnLogProbs = new Float32Array(numEnvs);
    this.#finalObservation = new Float32Array(observationSpace.dim);
    this.#greedy = head.createActions(numEnvs);
  }

  act(observations: Float32Array, numEnvs: number, explore: boolean, stepContext?: StepContext): ActionBatch {
    const { policy, head } = this.#networks;
    const outputs = policy.forward(observations, numEnvs);
    const masks = stepContext?.actionMasks;
    if (explore) {
      head.sampleInto(this.#drawn, this.#drawnLogProbs, outputs, numEnvs, this.#rng, masks);
      return head.toEnvActions(this.#drawn);
    }
    if (this.#greedy.length !== numEnvs * head.actionDim) this.#greedy = head.createActions(numEnvs);
    head.modeInto(this.#greedy, outputs, numEnvs, masks);
    return head.toEnvActions(this.#greedy);
  }

  observe(transition: TransitionBatch): Metrics | undefined {
    const { observations, rewards, nextObservations, terminated, truncated, actionMasks } = transition;
    const { critic } = this.#networks;
    const rollout = this.#rollout.buffer;
    const row = rollout.push(
      observations,
      this.#drawn,
      this.#drawnLogProbs,
      rewards,
      terminated,
      truncated,
      actionMasks,
    );
    for (let n = 0; n < rollout.numEnvs; n++) {
      if (truncated[n] !== 0 && terminated[n] === 0) {
        copyRow(this.#finalObservation, 0, nextObservations, n, this.#finalObservation.length);
        rollout.finalValues[row + n] = critic.forward(this.#finalObservation, 1)[0];
      }
    }
    this.#step += rollout.numEnvs;
    if (!rollout.isFull) return undefined;
    const { values } = this.#rollout;
    copyRow(values, 0, critic.forward(rollout.observations, values.length), 0, values.length);
    this.#rollout.estimate(critic.forward(nextObservations, rollout.numEnvs));
    const minibatches = {
      numUnits: values.length,
      unitsPerMinibatch: this.#minibatchSize,
      gather: (rows: Int32Array) => this.#rollout.gather(rows),
    };
    const metrics = this.#update.run(minibatches, this.#rng, this.#step);
    rollout.clear();
    return { ...metrics, explainedVariance: this.#rollout.explainedVariance };
  }

  /** The steps of a rollout that is not full go: their last values would be those of another episode. */
  dropPartialRollout(): void {
    this.#rollout.buffer.clear();
  }

  imitate(demonstration: Demonstration, learningRate: number): number {
    return this.#imitation.step(demonstration, learningRate);
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
      rng: this.#rng.save(),
      progress: { arrays: {}, values: { step: this.#step } },
    });
  }

  load(snapshot: Snapshot): void {
    this.#update.loadParts(snapshot);
    this.#rollout.load(snapshotPart(snapshot, 'rollout'));
    this.#rng.load(snapshotPart(snapshot, 'rng'));
    this.#step = restoreNumber(snapshot, 'progress/step');
  }
}
