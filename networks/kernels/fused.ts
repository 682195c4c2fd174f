/** Says whether this engine and this processor fuse multiplications and additions, as the kernels `wasm-fma` need. */
import { createSharedMemory, instantiate } from './wasm-module.ts';

/** 1 + 2⁻¹²: its square needs 25 bits. */
const INEXACT = 1.000244140625;

let obstacle: { readonly sentence: string | undefined } | undefined;

/** What stands in the way of `wasm-fma`, in a sentence, or undefined; tried once per process. */
export function fusedObstacle(): string | undefined {
  obstacle ??= { sentence: findObstacle() };
  return obstacle.sentence;
}

function findObstacle(): string | undefined {
  let fuses: (x: number) => number;
  try {
    fuses = instantiate(createSharedMemory(1, 1), 'fused').fuses;
  } catch (error) {
    if ((error as Error).name !== 'CompileError') throw error;
    return `They need WebAssembly's relaxed SIMD, which Node has from version 22 on; this is ${process.version}.`;
  }
  return fuses(INEXACT) === 1 ? undefined : 'This processor does not fuse multiplications and additions.';
}
