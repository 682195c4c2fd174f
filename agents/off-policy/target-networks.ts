/** Keeps target networks: slowly following copies of networks that learn, for bootstrapped targets. */
import {
  joinSnapshots,
  restoreArrayInto,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { polyakInto } from '../../networks/kernels/polyak.ts';
import type { Network } from '../../networks/network.ts';
import { ClippedAdam } from './clipped-adam.ts';

export interface TargetNetworksOptions {
  /** Whose they are, for messages: `TD3's critics`. */
  readonly name: string;
  readonly count: number;
  /** Makes network `i`, or its copy, which is given the network's parameters. */
  readonly create: (i: number) => Network;
  /** Global norm the gradient of all is clipped to; 0: not at all. */
  readonly maxGradientNorm: number;
}

export class TargetNetworks implements Snapshotable {
  readonly networks: readonly Network[];
  readonly targets: readonly Network[];
  readonly #kernels: Kernels;
  readonly #optimizer: ClippedAdam;

  constructor(kernels: Kernels, { name, count, create, maxGradientNorm }: TargetNetworksOptions) {
    this.networks = Array.from({ length: count }, (_, i) => create(i));
    this.targets = Array.from({ length: count }, (_, i) => create(i));
    this.targets.forEach((target, i) => {
      target.parameters.set(this.networks[i].parameters);
    });
    this.#kernels = kernels;
    this.#optimizer = new ClippedAdam(name, kernels, this.networks, maxGradientNorm);
  }

  /**
   * Moves the networks against their gradients.
   * @returns as `ClippedAdam.step`
   * @throws TrainingError `non-finite-loss`
   */
  step(loss: number, learningRate: number, envStep: number): number {
    return this.#optimizer.step(loss, learningRate, envStep);
  }

  /** θ'_i ← τ·θ_i + (1 − τ)·θ'_i */
  softUpdate(tau: number): void {
    for (let i = 0; i < this.networks.length; i++) {
      polyakInto(this.#kernels, this.targets[i].parameters, this.networks[i].parameters, tau);
    }
  }

  save(): Snapshot {
    const arrays: Record<string, Float32Array> = {};
    this.networks.forEach((network, i) => {
      arrays[`network${i}`] = network.parameters.slice();
      arrays[`target${i}`] = this.targets[i].parameters.slice();
    });
    return joinSnapshots({ parameters: { arrays, values: {} }, optimizer: this.#optimizer.save() });
  }

  load(snapshot: Snapshot): void {
    this.networks.forEach((network, i) => {
      restoreArrayInto(network.parameters, snapshot, `parameters/network${i}`);
      restoreArrayInto(this.targets[i].parameters, snapshot, `parameters/target${i}`);
    });
    this.#optimizer.load(snapshotPart(snapshot, 'optimizer'));
  }
}
