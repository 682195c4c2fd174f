/** Acts at random: the floor that every agent has to clear. */
import { type ConfigOf, z } from '../../core/config.ts';
import type { Rng } from '../../core/rng.ts';
import { joinSnapshots, restoreArrayInto, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import {
  type ActionBatch,
  type ActionSpace,
  createActionBatch,
  sampleActionsInto,
} from '../../envs/spaces.ts';
import { type Agent, type AgentContext, defineAgent } from '../agent.ts';

const config = z.object({
  changeProbability: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('chance per step to draw anew; sets the turnover'),
});

export const random = defineAgent({
  name: 'random',
  description: 'Uniform random actions, drawn anew with a given probability per step',
  config,
  build: (context, config) => new Random(context, config),
});

/** Draws whether it explores or not: it has no greedy action. */
class Random implements Agent {
  readonly #space: ActionSpace;
  readonly #changeProbability: number;
  readonly #rng: Rng;
  readonly #fresh: ActionBatch; // [A]
  readonly #actions: ActionBatch; // [N, A]
  #evaluated: ActionBatch; // [M, A], for any other number of envs

  constructor({ actionSpace, numEnvs, rng }: AgentContext, { changeProbability }: ConfigOf<typeof config>) {
    this.#space = actionSpace;
    this.#changeProbability = changeProbability;
    this.#rng = rng.fork('random');
    this.#fresh = createActionBatch(actionSpace, 1);
    this.#actions = this.#drawAll(numEnvs);
    this.#evaluated = this.#fresh.slice();
  }

  act(_observations: Float32Array, numEnvs: number): ActionBatch {
    const dim = this.#fresh.length;
    const length = numEnvs * dim;
    if (length !== this.#actions.length && length !== this.#evaluated.length)
      this.#evaluated = this.#drawAll(numEnvs);
    const actions = length === this.#actions.length ? this.#actions : this.#evaluated;
    for (let n = 0; n < numEnvs; n++) {
      if (this.#changeProbability < 1 && this.#rng.uniform() >= this.#changeProbability) continue;
      sampleActionsInto(this.#fresh, this.#space, this.#rng);
      for (let i = 0; i < dim; i++) actions[n * dim + i] = this.#fresh[i];
    }
    return actions;
  }

  observe(): undefined {}

  save(): Snapshot {
    return joinSnapshots({
      rng: this.#rng.save(),
      held: { arrays: { actions: this.#actions.slice() }, values: {} },
    });
  }

  load(snapshot: Snapshot): void {
    this.#rng.load(snapshotPart(snapshot, 'rng'));
    restoreArrayInto(this.#actions, snapshot, 'held/actions');
  }

  #drawAll(numEnvs: number): ActionBatch {
    const actions = createActionBatch(this.#space, numEnvs);
    sampleActionsInto(actions, this.#space, this.#rng);
    return actions;
  }
}
