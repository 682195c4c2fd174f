/** Reads a supervised model's opinion out of an observation: what it would do in the env's action space. */
import { ConfigError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import { type ActionSpace, type Box, describeSpace } from '../../envs/spaces.ts';
import { PRIOR_GROUP } from '../../models/signals/prior-columns.ts';

/** No probability counts as less than this before its logarithm is taken. */
const LEAST_PROBABILITY = 1e-6;

export interface PriorReaderConfig {
  /** Power that probabilities are raised to, before they are brought to a sum of 1 again. */
  readonly sharpness: number;
  /** Share of the distribution that is spread over all choices alike. */
  readonly floor: number;
}

/**
 * B rows, D observation elements, K choices, C classes. Class c of C stands for the exposure 2c/(C − 1) − 1 as a part of the
 * largest one: the first class is fully short, the last fully long. Reads the newest bar alone and keeps no state, so that
 * it says the same in training, after a load, and live.
 */
export class PriorReader {
  /** Where prior columns of any bar stand in an observation. */
  readonly columns: readonly number[];
  /** K; 0 for continuous actions. */
  readonly numChoices: number;
  /** Exposure of the target 1, in units of the action; 1 for discrete actions. */
  readonly scale: number;
  readonly #config: PriorReaderConfig;
  readonly #observationDim: number;
  readonly #classColumns: readonly number[]; // [C]
  readonly #places: Float64Array; // [C] in [−1, 1]
  readonly #choices: Int32Array; // [C], the choice nearest to each class; empty for continuous actions
  readonly #probabilities: Float64Array; // [C]

  /**
   * @param who wants to read, for messages
   * @throws ConfigError `missing-feature` without prior columns, `ambiguous-prior` with those of two
   *   models, `unsuitable-space` where actions are no exposures
   */
  constructor(observationSpace: Box, actionSpace: ActionSpace, config: PriorReaderConfig, who: string) {
    const groups = (observationSpace.groups ?? []).filter(({ name }) => name === PRIOR_GROUP);
    const newest = groups.filter(({ bar }) => bar === 0);
    if (newest.length > 1) {
      throw new ConfigError(
        'ambiguous-prior',
        `${who} finds ${newest.length} priors in the observation, where one is read; add the columns of one model alone.`,
      );
    }
    this.columns = groups.flatMap(({ elements }) => elements);
    this.#classColumns = newest[0]?.elements ?? [];
    const numClasses = this.#classColumns.length;
    if (numClasses < 2) {
      throw new ConfigError(
        'missing-feature',
        `${who} needs a prior in the observation, a group "${PRIOR_GROUP}" of the newest bar with two classes or more; add it to ` +
          "the env's features with withPriorColumns.",
      );
    }
    this.#config = config;
    this.#observationDim = observationSpace.dim;
    this.#places = Float64Array.from({ length: numClasses }, (_, c) => (2 * c) / (numClasses - 1) - 1);
    this.#probabilities = new Float64Array(numClasses);
    if (actionSpace.kind === 'discrete' && actionSpace.values !== undefined) {
      const { values } = actionSpace;
      const limit = Math.max(...values.map(Math.abs));
      this.numChoices = values.length;
      this.scale = 1;
      this.#choices = Int32Array.from(this.#places, (place) => nearest(values, place * limit));
    } else if (actionSpace.kind === 'box' && actionSpace.dim === 1 && Number.isFinite(actionSpace.high[0])) {
      this.numChoices = 0;
      this.scale = actionSpace.high[0];
      this.#choices = new Int32Array(0);
    } else {
      throw new ConfigError(
        'unsuitable-space',
        `${who} reads its prior as a target exposure, but the action space is ${describeSpace(actionSpace)} without ` +
          'exposures. Use it with the "trading" env.',
      );
    }
  }

  /**
   * The probability of each choice.
   * @param distribution receives it, [K] from `offset` on
   * @param observations [B, D]
   */
  distributionInto(
    distribution: Float32Array,
    offset: number,
    observations: Float32Array,
    row: number,
  ): void {
    const K = this.numChoices;
    const probabilities = this.#read(observations, row);
    const { floor } = this.#config;
    for (let k = 0; k < K; k++) distribution[offset + k] = floor / K;
    for (let c = 0; c < probabilities.length; c++) {
      distribution[offset + this.#choices[c]] += (1 - floor) * probabilities[c];
    }
  }

  /**
   * The expected exposure as a part of the largest one, in [−1, 1].
   * @param observations [B, D]
   */
  target(observations: Float32Array, row: number): number {
    const probabilities = this.#read(observations, row);
    let target = 0;
    for (let c = 0; c < probabilities.length; c++) target += probabilities[c] * this.#places[c];
    return target;
  }

  /** Class probabilities [C], sharpened. */
  #read(observations: Float32Array, row: number): Float64Array {
    const probabilities = this.#probabilities;
    const { sharpness } = this.#config;
    const from = row * this.#observationDim;
    let sum = 0;
    for (let c = 0; c < probabilities.length; c++) {
      const given = observations[from + this.#classColumns[c]];
      probabilities[c] = exp(sharpness * log(Math.max(given, LEAST_PROBABILITY)));
      sum += probabilities[c];
    }
    for (let c = 0; c < probabilities.length; c++) probabilities[c] /= sum;
    return probabilities;
  }
}

function nearest(values: readonly number[], exposure: number): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) {
    if (Math.abs(values[k] - exposure) < Math.abs(values[best] - exposure)) best = k;
  }
  return best;
}
