/**
 * Covariance matrix adaptation. Source: Hansen, "The CMA Evolution Strategy: A Tutorial" (2016), with its default parameters. Its state is
 * made anew from the trials that are known, so that a search can be continued from its records alone.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { z } from '../../../core/config.ts';
import { ConfigError } from '../../../core/errors.ts';
import { exp, log } from '../../../core/math.ts';
import type { Rng } from '../../../core/rng.ts';
import { defineSampler } from '../sampler.ts';
import { pointAt, type Space, shareOf } from '../space.ts';
import { rankTrials, type TrialRecord } from '../trial-record.ts';

/** Draws outside the ranges are drawn again so many times, then moved to the edge. */
const MAX_REDRAWS = 100;
/** A point at the upper end belongs to the last value of a range. */
const BELOW_ONE = 1 - 1e-12;

export const cmaEsSampler = defineSampler({
  name: 'cma-es',
  description: 'adapts a normal distribution over the ranges of numbers; choices by chance',
  config: z.object({
    deviation: z
      .number()
      .gt(0)
      .max(1)
      .default(0.2)
      .describe('of the first generation, as a share of each range'),
  }),
  create: ({ space }, { deviation }) => {
    const numbers = space.flatMap((parameter, d) => (parameter.kind === 'number' ? [d] : []));
    if (numbers.length === 0) {
      throw new ConfigError(
        'invalid-space',
        'The cma-es sampler needs a range of numbers; use tpe or random.',
      );
    }
    const size = populationOf(numbers.length);
    return {
      needs: (index) => Math.floor(index / size) * size,
      propose: (index, known, rng) => {
        const strategy = new Strategy(numbers.length, deviation);
        for (let first = 0; first + size <= index; first += size) {
          strategy.learn(
            rankTrials(known.slice(first, first + size)).map((trial) => sharesOf(trial, space, numbers)),
          );
        }
        const unit = space.map(() => rng.uniform());
        const drawn = strategy.draw(rng);
        numbers.forEach((d, i) => {
          unit[d] = drawn[i];
        });
        return pointAt(space, unit);
      },
    };
  },
});

const populationOf = (dimension: number): number => 4 + Math.floor(3 * log(dimension));

function sharesOf({ point }: TrialRecord, space: Space, numbers: readonly number[]): number[] {
  return numbers.map((d) => {
    const value = point[space[d].name];
    return value === undefined ? 0.5 : shareOf(space[d], value);
  });
}

/** In the unit cube of D dimensions. */
class Strategy {
  readonly #weights: Float64Array;
  readonly #massOfWeights: number;
  #mean: Float64Array;
  #deviation: number;
  #covariance: Matrix;
  #pathOfDeviation: Float64Array;
  #pathOfCovariance: Float64Array;
  #generation = 0;
  /** Columns are the axes. */
  #axes: Matrix;
  #lengths: Float64Array;

  constructor(dimension: number, deviation: number) {
    const numParents = Math.floor(populationOf(dimension) / 2);
    const raw = Float64Array.from({ length: numParents }, (_, i) => log(numParents + 0.5) - log(i + 1));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    this.#weights = raw.map((weight) => weight / sum);
    this.#massOfWeights = 1 / this.#weights.reduce((total, weight) => total + weight * weight, 0);
    this.#mean = new Float64Array(dimension).fill(0.5);
    this.#deviation = deviation;
    this.#covariance = Matrix.eye(dimension);
    this.#pathOfDeviation = new Float64Array(dimension);
    this.#pathOfCovariance = new Float64Array(dimension);
    this.#axes = Matrix.eye(dimension);
    this.#lengths = new Float64Array(dimension).fill(1);
  }

  draw(rng: Rng): number[] {
    for (let i = 0; ; i++) {
      const z = this.#lengths.map((length) => length * rng.gaussian());
      const step = multiply(this.#axes, z);
      const place = Array.from(this.#mean, (value, d) => value + this.#deviation * step[d]);
      if (place.every((share) => share >= 0 && share < 1)) return place;
      if (i === MAX_REDRAWS) return place.map((share) => Math.min(BELOW_ONE, Math.max(0, share)));
    }
  }

  /** @param places of one generation, the best first */
  learn(places: readonly (readonly number[])[]): void {
    const n = this.#mean.length;
    const mass = this.#massOfWeights;
    const rateOfDeviation = (mass + 2) / (n + mass + 5);
    const damping = 1 + 2 * Math.max(0, Math.sqrt((mass - 1) / (n + 1)) - 1) + rateOfDeviation;
    const rateOfPath = (4 + mass / n) / (n + 4 + (2 * mass) / n);
    const rateOfOne = 2 / ((n + 1.3) * (n + 1.3) + mass);
    const rateOfRank = Math.min(1 - rateOfOne, (2 * (mass - 2 + 1 / mass)) / ((n + 2) * (n + 2) + mass));
    const expected = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));

    const steps = Array.from(this.#weights, (_, i) =>
      this.#mean.map((value, d) => (places[i][d] - value) / this.#deviation),
    );
    const move = this.#mean.map((_, d) =>
      steps.reduce((total, step, i) => total + this.#weights[i] * step[d], 0),
    );
    this.#mean = this.#mean.map((value, d) => value + this.#deviation * move[d]);

    const whitened = multiply(
      this.#axes,
      multiply(this.#axes.transpose(), move).map((value, d) => value / this.#lengths[d]),
    );
    const gain = Math.sqrt(rateOfDeviation * (2 - rateOfDeviation) * mass);
    this.#pathOfDeviation = this.#pathOfDeviation.map(
      (value, d) => (1 - rateOfDeviation) * value + gain * whitened[d],
    );
    const length = Math.sqrt(this.#pathOfDeviation.reduce((total, value) => total + value * value, 0));
    this.#generation++;
    const fading = 1 - exp(2 * this.#generation * log(1 - rateOfDeviation));
    const isSteady = length / Math.sqrt(fading) < (1.4 + 2 / (n + 1)) * expected;
    const gainOfPath = isSteady ? Math.sqrt(rateOfPath * (2 - rateOfPath) * mass) : 0;
    this.#pathOfCovariance = this.#pathOfCovariance.map(
      (value, d) => (1 - rateOfPath) * value + gainOfPath * move[d],
    );

    const kept = 1 - rateOfOne - rateOfRank + (isSteady ? 0 : rateOfOne * rateOfPath * (2 - rateOfPath));
    const covariance = this.#covariance;
    const path = this.#pathOfCovariance;
    const next = Matrix.zeros(n, n);
    for (let a = 0; a < n; a++) {
      for (let b = 0; b < n; b++) {
        const rank = steps.reduce((total, step, i) => total + this.#weights[i] * step[a] * step[b], 0);
        next.set(a, b, kept * covariance.get(a, b) + rateOfOne * path[a] * path[b] + rateOfRank * rank);
      }
    }
    this.#covariance = next;
    this.#deviation *= exp((rateOfDeviation / damping) * (length / expected - 1));
    const decomposition = new EigenvalueDecomposition(next, { assumeSymmetric: true });
    this.#axes = decomposition.eigenvectorMatrix;
    this.#lengths = Float64Array.from(decomposition.realEigenvalues, (value) =>
      Math.sqrt(Math.max(value, 1e-20)),
    );
  }
}

function multiply(matrix: Matrix, vector: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: matrix.rows }, (_, row) => {
    let sum = 0;
    for (let column = 0; column < matrix.columns; column++) sum += matrix.get(row, column) * vector[column];
    return sum;
  });
}
