/** The public names of the buffers: rollouts, replay, and the advantages of a rollout. */
export { estimateAdvantagesInto, explainedVariance, type RolloutReturns } from './advantages.ts';
export type { ReplayOptions } from './gather.ts';
export { nStepReturnsInto } from './n-step.ts';
export { createPlainCodec, type ObservationCodec } from './observation-codec.ts';
export { PrioritizedReplay, type PrioritizedReplayOptions } from './prioritized-buffer.ts';
export { createReplayBatch, type ReplayBatch, type ReplayBatchShape } from './replay-batch.ts';
export { RolloutBuffer } from './rollout-buffer.ts';
export { SumTree } from './sum-tree.ts';
export { UniformReplay } from './uniform-buffer.ts';
export { WindowCodec, type WindowCodecOptions } from './window-codec.ts';
