/**
 * Enters when the spread between two venues is wide and has begun to fall, and leaves when it has come back far enough.
 *
 * Source: the rule of the Blackbird arbitrage bot (public implementation, 2015–): entry spread, trailing limit, exit target.
 * Differences from the source: the venue that sells gives base it owns, nothing is borrowed, so the sale is limited by
 * the balance there; the position is the pair that is open, of one pair of venues at a time; it trails the entry alone,
 * the exit is taken as soon as it is reached; after the longest holding time it leaves at whatever spread there is.
 */
import { type ConfigOf, z } from '../../core/config.ts';
import { restoreArrayInto, type Snapshot } from '../../core/snapshot.ts';
import { type ActionBatch, type ActionSpace, createActionBatch, numChoices } from '../../envs/spaces.ts';
import type { StepContext } from '../../envs/transition.ts';
import { type Agent, type AgentContext, defineAgent } from '../agent.ts';
import { edgeBps, findVenuePairs, type VenuePair, writeTrade } from './venue-pairs.ts';

const trailingConfig = z.object({
  entryBps: z.number().default(80).describe('spread, before fees, from which a pair is entered, bp'),
  trailingBps: z
    .number()
    .min(0)
    .default(8)
    .describe('how far the spread must have fallen from its peak before entry, bp, ≥ 0'),
  targetBps: z.number().default(50).describe('profit that is aimed at, after all fees, bp'),
  feeRate: z.number().min(0).lt(0.5).default(0.0025).describe('taker fee of a leg, as the env charges it'),
  maxHoldingSteps: z
    .int()
    .min(1)
    .default(100_000)
    .describe('decisions after which it leaves at any spread, ≥ 1'),
});

/**
 * Spread of the way out, bid to ask, at or below which a pair is left:
 * spreadIn − target − 2·(feeLong + feeShort), all fractions.
 */
export function exitTarget(spreadIn: number, target: number, feeLong: number, feeShort: number): number {
  return spreadIn - target - 2 * (feeLong + feeShort);
}

export const edgeTrailing = defineAgent({
  name: 'edge-trailing',
  description: 'Arbitrage that enters once a wide spread begins to fall, and leaves at a target',
  config: trailingConfig,
  build: (context, config) => new EdgeTrailing(context, config),
});

const PEAK = 0;
const HELD = 1;
const EXIT = 2;
const STEPS = 3;
const NUM_STATE = 4;

class EdgeTrailing implements Agent {
  readonly #config: ConfigOf<typeof trailingConfig>;
  readonly #space: ActionSpace;
  readonly #dim: number;
  readonly #pairs: readonly VenuePair[];
  /** Of each pair the one that goes the other way. */
  readonly #opposites: readonly number[];
  /** Per env: highest spread of the pair that is closest to entry, 1 + pair held or 0, exit target, steps held. */
  #state: Float64Array; // [N, NUM_STATE]

  constructor(context: AgentContext, config: ConfigOf<typeof trailingConfig>) {
    this.#config = config;
    this.#space = context.actionSpace;
    this.#dim = context.observationSpace.dim;
    this.#pairs = findVenuePairs(context, 'edge-trailing');
    this.#opposites = this.#pairs.map(({ name }) =>
      this.#pairs.findIndex((other) => other.name === name.split('>').reverse().join('>')),
    );
    this.#state = new Float64Array(context.numEnvs * NUM_STATE);
  }

  act(
    observations: Float32Array,
    numEnvs: number,
    _explore: boolean,
    stepContext?: StepContext,
  ): ActionBatch {
    const actions = createActionBatch(this.#space, numEnvs);
    if (this.#state.length !== numEnvs * NUM_STATE) this.#state = new Float64Array(numEnvs * NUM_STATE);
    for (let n = 0; n < numEnvs; n++) {
      if (stepContext?.episodeStarts[n] === 1) this.#state.fill(0, n * NUM_STATE, (n + 1) * NUM_STATE);
      this.#actFor(n, observations, actions, stepContext?.actionMasks);
    }
    return actions;
  }

  observe(): undefined {}

  save(): Snapshot {
    return { arrays: { state: this.#state.slice() }, values: {} };
  }

  load(snapshot: Snapshot): void {
    this.#state = new Float64Array(snapshot.arrays.state?.length ?? 0);
    restoreArrayInto(this.#state, snapshot, 'state');
  }

  #actFor(n: number, observations: Float32Array, actions: ActionBatch, mask: Uint8Array | undefined): void {
    const { entryBps, trailingBps, targetBps, feeRate, maxHoldingSteps } = this.#config;
    const state = this.#state;
    const at = n * NUM_STATE;
    const held = state[at + HELD] - 1;
    if (held >= 0) {
      state[at + STEPS]++;
      // Sold dear and bought cheap before: the way out is bought where it was sold.
      const opposite = this.#opposites[held];
      const spreadOut = -this.#grossBps(observations, n, this.#pairs[opposite]);
      if (spreadOut > state[at + EXIT] && state[at + STEPS] < maxHoldingSteps) return;
      if (this.#write(actions, n, opposite, mask)) state.fill(0, at, at + NUM_STATE);
      return;
    }
    let best = 0;
    for (let p = 1; p < this.#pairs.length; p++) {
      if (
        this.#grossBps(observations, n, this.#pairs[p]) > this.#grossBps(observations, n, this.#pairs[best])
      )
        best = p;
    }
    const spread = this.#grossBps(observations, n, this.#pairs[best]);
    if (spread < entryBps) {
      state[at + PEAK] = 0;
      return;
    }
    state[at + PEAK] = Math.max(state[at + PEAK], spread);
    if (spread > state[at + PEAK] - trailingBps) return;
    if (!this.#write(actions, n, best, mask)) return;
    state[at + HELD] = best + 1;
    state[at + EXIT] = exitTarget(spread / 1e4, targetBps / 1e4, feeRate, feeRate) * 1e4;
    state[at + STEPS] = 0;
  }

  /** Bid of the dear venue over ask of the cheap one, less 1, before fees, bp. */
  #grossBps(observations: Float32Array, n: number, pair: VenuePair): number {
    const { feeRate } = this.#config;
    const net = 1 + edgeBps(observations, this.#dim, n, pair) / 1e4;
    return ((net * (1 + feeRate)) / (1 - feeRate) - 1) * 1e4;
  }

  #write(actions: ActionBatch, n: number, pair: number, mask: Uint8Array | undefined): boolean {
    const width = this.#space.kind === 'box' ? this.#space.dim : numChoices(this.#space);
    return writeTrade(actions, n, width, this.#pairs[pair], mask);
  }
}
