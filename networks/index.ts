/** The public names of the networks: the contract, kernels, layers, optimizers, distributions, and TensorFlow.js models. */
export {
  categoricalEntropiesInto,
  categoricalGradientsInto,
  categoricalLogProbsInto,
  greedyCategoricalInto,
  normalizeLogitsInto,
  sampleCategoricalInto,
} from './distributions/categorical.ts';
export {
  gaussianEntropy,
  gaussianGradientsInto,
  gaussianLogProbsInto,
  sampleGaussianInto,
} from './distributions/diagonal-gaussian.ts';
export {
  squashedGaussianGradientsInto,
  squashedGaussianInto,
  squashedMeansInto,
} from './distributions/squashed-gaussian.ts';
export { createKernels } from './kernels/create.ts';
export type { Activation, KernelBackend, KernelOptions, Kernels } from './kernels/kernels.ts';
export { polyakInto } from './kernels/polyak.ts';
export { type Conv1dLayer, type Conv1dOptions, conv1dLayer } from './layers/conv1d.ts';
export { duelingLayer } from './layers/dueling.ts';
export { createGru } from './layers/gru.ts';
export { heInto, type Initialization, orthogonalInto } from './layers/initialize.ts';
export { tanhLayer, withLastStep } from './layers/last-step.ts';
export { createNetwork, type Layer } from './layers/layer.ts';
export { createLayerNormKernels, type LayerNormKernels, layerNormLayer } from './layers/layer-norm.ts';
export { createLstm } from './layers/lstm.ts';
export { createMlp, type DenseLayout, type Mlp, type MlpOptions, mlpLayer } from './layers/mlp.ts';
export { multiHeadLayer } from './layers/multi-head.ts';
export type { RecurrentLayout, RecurrentNetwork, RecurrentOptions } from './layers/recurrent.ts';
export { type RecurrentWindowOptions, recurrentWindowLayer } from './layers/recurrent-window.ts';
export {
  createSequenceNetwork,
  type SequenceNetwork,
  type SequenceNetworkOptions,
  type Sequences,
} from './layers/sequence-network.ts';
export { createSequential, sequentialLayer } from './layers/sequential.ts';
export type { Network, ParameterBlock } from './network.ts';
export {
  type AdamOptions,
  clipGradientNorm,
  createAdam,
  createRmsProp,
  createSgd,
  type Optimizer,
  type RmsPropOptions,
  type SgdOptions,
} from './optimizer.ts';
export type { NetworkStep, RecurrentStep } from './steps.ts';
export { createTfjsNetwork, type NeededShape, type TfjsNetwork } from './tfjs.ts';
export {
  type LayersModel,
  type LoadTensorFlowOptions,
  loadTensorFlow,
  type TensorFlow,
  type TfjsBackend,
} from './tfjs-backend.ts';
