/**
 * Moves target networks slowly towards those that learn.
 * Source: Polyak & Juditsky (1992), https://doi.org/10.1137/0330046; as the "soft" update of Lillicrap et al. (2016),
 * https://arxiv.org/abs/1509.02971, algorithm 1.
 */
import type { Kernels } from './kernels.ts';

/**
 * target ← target + tau · (source − target), for two arrays of one length in the kernels' memory.
 * @param tau [0, 1]; 0 leaves the target
 */
export function polyakInto(kernels: Kernels, target: Float32Array, source: Float32Array, tau: number): void {
  const { polyak } = kernels.exports as unknown as Exports;
  polyak(target.byteOffset, source.byteOffset, target.length, tau);
}

interface Exports {
  polyak(target: number, source: number, length: number, rate: number): void;
}
