/** Runs an agent with a prior: decides which of the two acts, and how much the prior still counts. */

import type { Rng } from '../../core/rng.ts';
import {
  joinSnapshots,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';
import { type ActionBatch, createActionBatch } from '../../envs/spaces.ts';
import type { StepContext, TransitionBatch } from '../../envs/transition.ts';
import type { Agent, AgentContext, Metrics } from '../agent.ts';
import type { PolicyDescription } from '../policy-description.ts';
import { PriorActions } from './actions.ts';
import type { PriorCloning } from './cloning.ts';
import type { PriorConfig } from './config.ts';
import type { PriorTerms } from './network.ts';
import type { PriorReader } from './reader.ts';

/** N envs, D observation elements. Acting without exploring is the agent's alone. */
export class GuidedAgent implements Agent {
  readonly #agent: Agent;
  readonly #config: PriorConfig;
  readonly #totalSteps: number;
  readonly #terms: PriorTerms;
  readonly #cloning: PriorCloning | undefined;
  readonly #prior: PriorActions;
  readonly #rng: Rng;
  readonly #actions: ActionBatch; // [N]
  #step = 0;

  constructor(
    agent: Agent,
    context: AgentContext,
    config: PriorConfig,
    reader: PriorReader,
    terms: PriorTerms,
    cloning: PriorCloning | undefined,
  ) {
    this.#agent = agent;
    this.#config = config;
    this.#totalSteps = context.totalSteps;
    this.#terms = terms;
    this.#cloning = cloning;
    this.#prior = new PriorActions(reader);
    this.#rng = context.rng.fork('prior');
    this.#actions = createActionBatch(context.actionSpace, context.numEnvs);
  }

  get evaluation(): Snapshotable | undefined {
    return this.#agent.evaluation;
  }

  /** Acting without exploring is the agent's alone. */
  describePolicy(): PolicyDescription | undefined {
    return this.#agent.describePolicy?.();
  }

  act(observations: Float32Array, numEnvs: number, explore: boolean, stepContext?: StepContext): ActionBatch {
    if (!explore) return this.#agent.act(observations, numEnvs, false, stepContext);
    const masks = stepContext?.actionMasks;
    const actions = this.#actions;
    if (this.#isWarmingUp) {
      for (let n = 0; n < numEnvs; n++) this.#prior.draw(actions, n, observations, this.#rng, masks);
      return actions;
    }
    const own = this.#agent.act(observations, numEnvs, true, stepContext);
    const { guidance, guidanceFraction } = this.#config;
    if (guidance === 0) return own;
    const chance = this.#annealed(guidance, guidanceFraction);
    actions.set(own);
    for (let n = 0; n < numEnvs; n++) {
      if (this.#rng.uniform() < chance) this.#prior.draw(actions, n, observations, this.#rng, masks);
    }
    return actions;
  }

  observe(transition: TransitionBatch): Metrics | undefined {
    const numEnvs = transition.rewards.length;
    if (this.#isWarmingUp) {
      this.#cloning?.push(transition.observations, this.#step);
      this.#step += numEnvs;
      if (this.#isWarmingUp) return undefined;
      return { warmStartLoss: this.#cloning!.clone(this.#rng) };
    }
    this.#step += numEnvs;
    this.#weigh();
    const metrics = this.#agent.observe(transition);
    if (metrics === undefined) return undefined;
    const { weight, pullSum, pullRows } = this.#terms;
    this.#terms.pullSum = 0;
    this.#terms.pullRows = 0;
    return pullRows === 0 ? metrics : { ...metrics, priorDistance: pullSum / pullRows, priorWeight: weight };
  }

  get remarks(): readonly string[] {
    return this.#agent.remarks ?? [];
  }

  dropPartialRollout(): void {
    this.#agent.dropPartialRollout?.();
  }

  get #isWarmingUp(): boolean {
    return this.#step < this.#config.warmStartSteps;
  }

  #weigh(): void {
    const { pullWeight, pullFraction } = this.#config;
    this.#terms.weight = this.#annealed(pullWeight, pullFraction);
  }

  /** `initial` on its way to 0, where it is after `fraction` of the run. */
  #annealed(initial: number, fraction: number): number {
    return initial * Math.max(0, 1 - this.#step / (fraction * this.#totalSteps));
  }

  save(borrow = false): Snapshot {
    const { pullSum, pullRows } = this.#terms;
    return joinSnapshots({
      agent: this.#agent.save(borrow),
      rng: this.#rng.save(),
      ...(this.#cloning && { cloning: this.#cloning.save() }),
      prior: { arrays: {}, values: { step: this.#step, pullSum, pullRows } },
    });
  }

  load(snapshot: Snapshot): void {
    this.#agent.load(snapshotPart(snapshot, 'agent'));
    this.#rng.load(snapshotPart(snapshot, 'rng'));
    this.#cloning?.load(snapshotPart(snapshot, 'cloning'));
    this.#step = restoreNumber(snapshot, 'prior/step');
    this.#terms.pullSum = restoreNumber(snapshot, 'prior/pullSum');
    this.#terms.pullRows = restoreNumber(snapshot, 'prior/pullRows');
    this.#weigh();
  }
}
