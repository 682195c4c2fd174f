/**
 * Keeps the weight α of a policy's entropy, fixed or learnt so that the entropy H comes to a target H̄.
 *
 * Source: Haarnoja et al. (2018), "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905, eq. 18:
 *   J(α) = mean α·(H − H̄)
 * Differences from the source: ln α takes α's place in J, as in the authors' code; the gradient for ln α then is
 * mean (H − H̄), whatever α is.
 */
import { exp, log } from '../../core/math.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { ClippedAdam } from './clipped-adam.ts';

export class EntropyCoefficient implements Snapshotable {
  readonly #isLearnt: boolean;
  readonly #fixed: number;
  readonly #logAlpha: Float32Array; // [1]
  readonly #gradient: Float32Array; // [1]
  readonly #optimizer: ClippedAdam;

  /** @param coefficient α, or `'auto'` to learn it from `initial` on */
  constructor(kernels: Kernels, coefficient: number | 'auto', initial: number) {
    this.#isLearnt = coefficient === 'auto';
    this.#fixed = coefficient === 'auto' ? initial : coefficient;
    this.#logAlpha = kernels.allocate(1).fill(this.#isLearnt ? log(initial) : 0);
    this.#gradient = kernels.allocate(1);
    const block = { parameters: this.#logAlpha, gradients: this.#gradient };
    this.#optimizer = new ClippedAdam("sac's entropy coefficient", kernels, [block], 0);
  }

  /** α */
  get value(): number {
    return this.#isLearnt ? exp(this.#logAlpha[0]) : this.#fixed;
  }

  /**
   * One step down the gradient of J, where α is learnt.
   * @param excess mean (H − H̄)
   * @throws TrainingError `non-finite-loss`
   */
  step(excess: number, learningRate: number, envStep: number): void {
    if (!this.#isLearnt) return;
    this.#gradient[0] = excess;
    this.#optimizer.step(this.#logAlpha[0] * excess, learningRate, envStep);
  }

  save(): Snapshot {
    return joinSnapshots({
      coefficient: { arrays: { logAlpha: this.#logAlpha.slice() }, values: {} },
      optimizer: this.#optimizer.save(),
    });
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#logAlpha, snapshot, 'coefficient/logAlpha');
    this.#optimizer.load(snapshotPart(snapshot, 'optimizer'));
  }
}
