/** What the WebAssembly module exports. Addresses are bytes; lengths and shapes count numbers. */

export { fold, unfold } from './convolution';
export { chunksDoneByOthers, runTasks, settle, work } from './dispatch';
export { layerNorm, layerNormBackward } from './layer-norm';
export { polyak } from './polyak';
export { addColumnSums, gruBackward, gruForward, lstmBackward, lstmForward } from './recurrent';
export {
  splitActivate,
  splitActivationGradient,
  splitBiasActivate,
  splitLogSoftmax,
  splitScale,
} from './split-elementwise';
export { splitAdam, splitRmsProp, splitSgd } from './split-optimizers';
export { splitGemm } from './split-products';
export { splitGrow, splitPartition, splitWalk } from './split-trees';
export { beginTape, beginTask, endTape } from './tape';
export { abandonTeam, closeTeam, openTeam, teamBytes } from './team';
export {
  addToRows,
  gradientRange,
  logisticGradients,
  roundGradients,
  softmaxGradients,
  squaredGradients,
  sumGradients,
} from './tree-gradients';
export { allFinite, sumOfSquares } from './update';

/** The first address that no static data occupies. */
export function heapBase(): usize {
  return __heap_base;
}
