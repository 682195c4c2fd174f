/** Acts at random: the floor that every agent has to clear. */
import { type ConfigOf, z } from '../core/config.ts';
import type { Rng } from '../core/rng.ts';
import { joinSnapshots, type Snapshot, snapshotPart } from '../core/snapshot.ts';
import { type ActionBatch, type ActionSpace, createActionBatch, sampleActionsInto } from '../envs/spaces.ts';
import { type Agent, type AgentContext, defineAgent } from './agent.ts';

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
  description: 'Uniform random actions, drawn anew with a given probability per step.',
  config,
  build: (context, config) => new Random(context, config),
});

/** Draws whether it explores or not: it has no greedy action. */
class Random implements Agent {
  readonly #space: ActionSpace;
  readonly #changeProbability: number;
  readonly #rng: Rng;
  readonly #fresh: ActionBatch; // [A]
  #actions: ActionBatch; // [N, A]

  constructor({ actionSpace, numEnvs, rng }: AgentContext, { changeProbability }: ConfigOf<typeof config>) {
    this.#space = actionSpace;
    this.#changeProbability = changeProbability;
    this.#rng = rng.fork('random');
    this.#fresh = createActionBatch(actionSpace, 1);
    this.#actions = this.#drawAll(numEnvs);
  }

  act(_observations: Float32Array, numEnvs: number): ActionBatch {
    const dim = this.#fresh.length;
    if (this.#actions.length !== numEnvs * dim) this.#actions = this.#drawAll(numEnvs);
    for (let n = 0; n < numEnvs; n++) {
      if (this.#changeProbability < 1 && this.#rng.uniform() >= this.#changeProbability) continue;
      sampleActionsInto(this.#fresh, this.#space, this.#rng);
      for (let i = 0; i < dim; i++) this.#actions[n * dim + i] = this.#fresh[i];
    }
    return this.#actions;
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
    this.#actions = (snapshot.arrays['held/actions'] as ActionBatch).slice();
  }

  #drawAll(numEnvs: number): ActionBatch {
    const actions = createActionBatch(this.#space, numEnvs);
    sampleActionsInto(actions, this.#space, this.#rng);
    return actions;
  }
}
