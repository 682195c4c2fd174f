/** Loads the compiled WebAssembly module of networks/kernels/assembly, and types what it exports. */
import { readFileSync } from 'node:fs';

/** How products are added up: `exact` rounds twice, the same bits on any machine; `fused` once, by relaxed SIMD. */
export type Arithmetic = 'exact' | 'fused';

const FILES: Readonly<Record<Arithmetic, string>> = {
  exact: './kernels.wasm',
  fused: './kernels-fma.wasm',
};
const modules = new Map<Arithmetic, WebAssembly.Module>();

/**
 * The module, compiled once per process.
 * @throws WebAssembly.CompileError when the engine has no relaxed SIMD, and the fused one is wanted
 */
export function loadModule(arithmetic: Arithmetic = 'exact'): WebAssembly.Module {
  let module = modules.get(arithmetic);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(new URL(FILES[arithmetic], import.meta.url)));
    modules.set(arithmetic, module);
  }
  return module;
}

export type SharedMemory = WebAssembly.Memory;

/** Shared, so that growing it detaches no view, and other threads can be handed it. */
export function createSharedMemory(initialPages: number, maximumPages: number): SharedMemory {
  return new WebAssembly.Memory({ initial: initialPages, maximum: maximumPages, shared: true });
}

export function instantiate(memory: SharedMemory, arithmetic: Arithmetic = 'exact'): WasmExports {
  return new WebAssembly.Instance(loadModule(arithmetic), { env: { memory } }).exports as WasmExports;
}

/**
 * Addresses are in bytes. `team` is the control block of the threads that share the work, 0 for none; functions that
 * take it return 0, or 1 when a thread was lost.
 */
export interface WasmExports extends Record<string, unknown> {
  heapBase(): number;
  /** 1 where multiply-adds are fused; `x` is a number whose square is not exact. */
  fuses(x: number): number;
  teamBytes(): number;
  openTeam(team: number, timeoutMs: number): void;
  closeTeam(team: number): void;
  abandonTeam(team: number): void;
  beginTape(address: number, bytes: number): void;
  beginTask(): number;
  endTape(): void;
  runTasks(team: number): number;
  settle(): void;
  /** Chunks of this instance's commands that other threads did, since its start. */
  chunksDoneByOthers(): number;
  splitGemm(
    team: number,
    threads: number,
    M: number,
    N: number,
    K: number,
    a: number,
    rowStrideA: number,
    columnStrideA: number,
    b: number,
    transposedB: number,
    start: number,
    startStride: number,
    c: number,
    scratch: number,
    scratchStride: number,
    activation: number,
  ): number;
  splitActivate(team: number, threads: number, values: number, length: number, activation: number): number;
  splitBiasActivate(
    team: number,
    threads: number,
    values: number,
    bias: number,
    rows: number,
    columns: number,
    activation: number,
  ): number;
  splitActivationGradient(
    team: number,
    threads: number,
    outputs: number,
    activation: number,
    gradients: number,
    biasGradients: number,
    rows: number,
    columns: number,
  ): number;
  splitLogSoftmax(
    team: number,
    threads: number,
    logits: number,
    logProbs: number,
    probabilities: number,
    rows: number,
    columns: number,
    stride: number,
  ): number;
  splitScale(team: number, threads: number, values: number, length: number, factor: number): number;
  splitGatherRows(
    team: number,
    threads: number,
    target: number,
    source: number,
    rows: number,
    numRows: number,
    columns: number,
  ): number;
  splitAdam(
    team: number,
    threads: number,
    parameters: number,
    gradients: number,
    firstMoments: number,
    secondMoments: number,
    length: number,
    keep: number,
    beta1Rest: number,
    beta2: number,
    beta2Rest: number,
    stepSize: number,
    rootScale: number,
    epsilon: number,
  ): number;
  splitRmsProp(
    team: number,
    threads: number,
    parameters: number,
    gradients: number,
    squares: number,
    length: number,
    alpha: number,
    alphaRest: number,
    learningRate: number,
    epsilon: number,
  ): number;
  splitSgd(
    team: number,
    threads: number,
    parameters: number,
    gradients: number,
    velocities: number,
    length: number,
    momentum: number,
    learningRate: number,
  ): number;
  sumOfSquares(values: number, length: number): number;
  /** 1 when no number is NaN or infinite. */
  allFinite(values: number, length: number): number;
}

/** The part of WebAssembly's JavaScript interface used here; Node's type definitions do not carry it. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: boolean });
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
}
