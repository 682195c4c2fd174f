/** What the WebAssembly module exports. Addresses are bytes; lengths and shapes count numbers. */

export { activate, activationGradient } from './activation';
export { gemm } from './gemm';
export { logSoftmax } from './softmax';
export { adam, rmsProp, scale, sgd, sumOfSquares } from './update';

/** The first address that no static data occupies. */
export function heapBase(): usize {
  return __heap_base;
}
