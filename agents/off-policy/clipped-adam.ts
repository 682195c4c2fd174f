/** Takes steps of Adam on the networks of one loss: clips gradients by their global norm, and refuses those not finite. */
import { TrainingError } from '../../core/errors.ts';
import type { Snapshot, Snapshotable } from '../../core/snapshot.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { ParameterBlock } from '../../networks/network.ts';
import { clipGradientNorm, createAdam, type Optimizer } from '../../networks/optimizer.ts';

export class ClippedAdam implements Snapshotable {
  readonly #name: string;
  readonly #kernels: Kernels;
  readonly #blocks: readonly ParameterBlock[];
  readonly #maxGradientNorm: number;
  readonly #optimizer: Optimizer;

  /**
   * @param name of the agent and the loss, for messages: `TD3's critics`
   * @param maxGradientNorm global norm the gradient is clipped to; 0: not at all
   */
  constructor(name: string, kernels: Kernels, blocks: readonly ParameterBlock[], maxGradientNorm: number) {
    this.#name = name;
    this.#kernels = kernels;
    this.#blocks = blocks;
    this.#maxGradientNorm = maxGradientNorm === 0 ? Infinity : maxGradientNorm;
    this.#optimizer = createAdam(kernels, blocks);
  }

  /**
   * Moves the parameters against the gradients that have accumulated, and leaves those zero.
   * @param envStep for the message
   * @returns the gradient's global norm before it was clipped; without clipping 0, for it is not needed
   * @throws TrainingError `non-finite-loss`, before anything moves
   */
  step(loss: number, learningRate: number, envStep: number): number {
    const norm = Number.isFinite(loss) ? this.#clip() : Number.NaN;
    if (!Number.isFinite(norm)) {
      const gradientNorm = clipGradientNorm(this.#kernels, this.#blocks, Infinity);
      throw new TrainingError(
        'non-finite-loss',
        `${this.#name} stopped at env step ${envStep}: loss ${loss}, gradient norm ${gradientNorm}. The weights are ` +
          'those before this step. Try a lower learningRate, or normalizeObservations and normalizeRewards.',
      );
    }
    this.#optimizer.step(learningRate);
    return norm;
  }

  /** @returns what `step` does; not finite where an element is not */
  #clip(): number {
    if (this.#maxGradientNorm === Infinity) {
      return this.#blocks.every(({ gradients }) => this.#kernels.allFinite(gradients)) ? 0 : Number.NaN;
    }
    return clipGradientNorm(this.#kernels, this.#blocks, this.#maxGradientNorm);
  }

  save(): Snapshot {
    return this.#optimizer.save();
  }

  load(snapshot: Snapshot): void {
    this.#optimizer.load(snapshot);
  }
}
