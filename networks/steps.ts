/** Describes a network as plain steps, for whoever writes it down in another form. */
import type { Activation } from './kernels/kernels.ts';

/** B rows a batch; the arrays are views of the network's parameters. */
export type NetworkStep =
  | {
      /** activation(x·W + b), [B, I] to [B, O]. */
      readonly kind: 'dense';
      readonly weights: Float32Array; // [I, O]
      readonly bias: Float32Array; // [O]
      readonly activation: Activation;
    }
  | {
      /** Each row to mean 0 and variance 1, times a gain, plus a bias. */
      readonly kind: 'layer-norm';
      readonly gain: Float32Array; // [D]
      readonly bias: Float32Array; // [D]
      readonly epsilon: number;
    }
  | { readonly kind: 'activation'; readonly activation: Activation }
  | {
      /** Windows of rows, [B, W·F], to patches, [B, P·C], as `conv1dLayer`. */
      readonly kind: 'conv1d';
      readonly weights: Float32Array; // [K·F, C]
      readonly bias: Float32Array; // [C]
      readonly window: number;
      readonly features: number;
      readonly channels: number;
      readonly kernelSize: number;
      readonly stride: number;
      readonly dilation: number;
      readonly activation: Activation;
    }
  | ({
      /** Windows of rows, [B, T·I], to the output after the last one, [B, H]. */
      readonly kind: 'recurrent-window';
      readonly window: number;
    } & RecurrentStep)
  | ({
      /** One row, [B, I], and a state, [B, S], to the output, [B, H], and the state after it; first of its network. */
      readonly kind: 'memory';
    } & RecurrentStep)
  | { readonly kind: 'columns'; readonly from: number; readonly to: number }
  /** The same rows through each branch; their outputs lie side by side. */
  | { readonly kind: 'branches'; readonly branches: readonly (readonly NetworkStep[])[] }
  /** V, then the advantages, to Q = V + A − mean A. */
  | { readonly kind: 'dueling' }
  | { readonly kind: 'clip'; readonly low: number; readonly high: number }
  /** clip((x − mean)·scale, −bound, bound), in f64. */
  | {
      readonly kind: 'normalize';
      readonly mean: Float64Array; // [D]
      readonly scale: Float64Array; // [D]
      readonly bound: number;
    };

/** Gates side by side in the columns: i, f, g, o of an LSTM, r, z, n of a GRU. */
export interface RecurrentStep {
  readonly cell: 'lstm' | 'gru';
  readonly input: Float32Array; // [I, G·H]
  readonly recurrent: Float32Array; // [H, G·H]
  /** [4H]; LSTM: one for each gate; GRU: r, z, the inputs' part of n, the state's part of n. */
  readonly biases: Float32Array;
  readonly inputDim: number;
  readonly hiddenDim: number;
}

/** The steps of all networks one after the other; undefined where one of them does not describe itself. */
export function describeAll(
  networks: readonly { describe?(): readonly NetworkStep[] | undefined }[],
): readonly NetworkStep[] | undefined {
  const steps: NetworkStep[] = [];
  for (const network of networks) {
    const described = network.describe?.();
    if (described === undefined) return undefined;
    steps.push(...described);
  }
  return steps;
}
