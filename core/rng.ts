/** Draws seeded random numbers whose state can be saved: the only source of chance in the framework. */
import seedrandom from 'seedrandom';
import { log } from './math.ts';
import { restoreNumber, type Snapshot, type Snapshotable } from './snapshot.ts';

/** The largest seed that a user may give; leaves room above for those that are derived from one. */
export const MAX_SEED = 4_294_967_295;

/** Draws from one stream. Source of the generator: Baagøe's Alea, from the `seedrandom` package. */
export class Rng implements Snapshotable {
  readonly #seed: string;
  #next: seedrandom.StatefulPRNG<seedrandom.State.Alea>;
  #spareGaussian = Number.NaN;

  constructor(seed: number | string) {
    this.#seed = String(seed);
    this.#next = seedrandom.alea(this.#seed, { state: true });
  }

  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number {
    return this.#next();
  }

  /** Uniform integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.#next() * bound);
  }

  /** Standard normal. Source: Marsaglia's polar method (1964). */
  gaussian(): number {
    if (!Number.isNaN(this.#spareGaussian)) {
      const spare = this.#spareGaussian;
      this.#spareGaussian = Number.NaN;
      return spare;
    }
    let u: number;
    let v: number;
    let s: number;
    do {
      u = 2 * this.#next.double() - 1;
      v = 2 * this.#next.double() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const scale = Math.sqrt((-2 * log(s)) / s);
    this.#spareGaussian = v * scale;
    return u * scale;
  }

  /** Permutes `values` in place (Fisher–Yates). */
  shuffle(values: Int32Array | Uint32Array | Float32Array | Float64Array): void {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = values[i];
      values[i] = values[j];
      values[j] = held;
    }
  }

  /**
   * An independent stream, decided by this one's seed and `label` alone: it neither consumes draws nor
   * depends on how many were made.
   */
  fork(label: string | number): Rng {
    return new Rng(`${this.#seed}/${label}`);
  }

  save(): Snapshot {
    const spare = this.#spareGaussian;
    return {
      arrays: {},
      values: { ...this.#next.state(), spareGaussian: Number.isNaN(spare) ? null : spare },
    };
  }

  load(snapshot: Snapshot): void {
    const state = {
      c: restoreNumber(snapshot, 'c'),
      s0: restoreNumber(snapshot, 's0'),
      s1: restoreNumber(snapshot, 's1'),
      s2: restoreNumber(snapshot, 's2'),
    };
    this.#next = seedrandom.alea('', { state });
    const spare = snapshot.values.spareGaussian;
    this.#spareGaussian = typeof spare === 'number' ? spare : Number.NaN;
  }
}

/**
 * A stream of randomness that the seed decides.
 * @example
 * const rng = createRng(1);
 * const policy = rng.fork('policy'); // a stream of its own, decided by the same seed
 */
export function createRng(seed: number | string): Rng {
  return new Rng(seed);
}
