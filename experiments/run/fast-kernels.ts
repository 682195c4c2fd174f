/** Chooses the fastest kernels that this machine has, by a trial that is made once. */
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { systemClock } from '../../live/connection/clock.ts';
import { loadBlas } from '../../networks/kernels/blas.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import { fusedObstacle } from '../../networks/kernels/fused.ts';
import { KERNEL_BACKENDS, type KernelBackend } from '../../networks/kernels/kernels.ts';
import { makeDirectory, writeFileAtomic } from '../../storage/atomic.ts';
import { configFolder } from '../plugins/trust.ts';

/** What may be asked for: a backend by name, or the fastest. */
export const KERNEL_CHOICES = [...KERNEL_BACKENDS, 'fast'] as const;
export type KernelChoice = (typeof KERNEL_CHOICES)[number];

const FILE = 'kernels.json';
/** Products of a usual minibatch: [M, K] · [K, N]. */
const [M, N, K] = [128, 128, 128];
const TRIAL_MS = 25;

const storedSchema = z.object({
  machine: z.string(),
  backend: z.enum(KERNEL_BACKENDS),
  sentence: z.string(),
});

/** What was chosen, and why, in a sentence. */
export interface FastChoice {
  readonly backend: KernelBackend;
  readonly sentence: string;
}

/**
 * The backend of the fastest product of a trial of some 75 ms; kept in the user's configuration folder, for this processor, this version
 * of Node and this library.
 * @param folder where the choice is kept
 */
export function fastKernels(folder: string = configFolder()): FastChoice {
  const blas = blasIfThere();
  const machine = [
    cpus()[0]?.model ?? '',
    process.version,
    blas?.library ?? '',
    blas?.coreName ?? '',
    'wasm-fma',
  ].join(' | ');
  const stored = readChoice(join(folder, FILE));
  if (stored?.machine === machine) return stored;
  const choice = choose(blas);
  try {
    makeDirectory(folder);
    writeFileAtomic(join(folder, FILE), `${JSON.stringify({ machine, ...choice }, null, 2)}\n`);
  } catch {
    // The trial is made again the next time.
  }
  return choice;
}

function choose(blas: ReturnType<typeof blasIfThere>): FastChoice {
  const candidates: { backend: KernelBackend; speed: number; text: string }[] = [];
  const attempt = (backend: KernelBackend, name: string): void => {
    const speed = gigaflops(backend);
    candidates.push({ backend, speed, text: `${name}, ${speed.toFixed(0)} GFLOP/s` });
  };
  attempt('wasm', 'wasm');
  if (fusedObstacle() === undefined) attempt('wasm-fma', 'wasm-fma');
  if (blas !== undefined) {
    attempt('blas', `${blas.library}${blas.coreName === undefined ? '' : ` (${blas.coreName})`}`);
  }
  candidates.sort((a, b) => b.speed - a.speed);
  const [best, ...others] = candidates;
  const against = others.length === 0 ? '' : `, against ${others.map(({ text }) => text).join('; ')}`;
  const remark = blas?.remark === undefined ? '' : ` ${blas.remark}`;
  const missing = blas === undefined ? '; OpenBLAS was not found (apt-get install libopenblas0)' : '';
  return { backend: best.backend, sentence: `Kernels: ${best.text}${against}${missing}.${remark}` };
}

function blasIfThere() {
  try {
    return loadBlas();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return undefined;
  }
}

/** Of one thread, on products of a usual size, by the fastest of several rounds. */
function gigaflops(backend: KernelBackend): number {
  const kernels = createKernels({ backend });
  const [a, b, c] = [M * K, K * N, M * N].map((length) => kernels.allocate(length).fill(0.5));
  const beginMs = systemClock.monotonicMs();
  let bestMs = Infinity;
  while (systemClock.monotonicMs() - beginMs < TRIAL_MS) {
    const fromMs = systemClock.monotonicMs();
    for (let i = 0; i < 4; i++) kernels.multiply(a, b, c, M, K, N, false);
    bestMs = Math.min(bestMs, (systemClock.monotonicMs() - fromMs) / 4);
  }
  return (2 * M * N * K) / (bestMs * 1e6);
}

function readChoice(file: string): z.output<typeof storedSchema> | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return storedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
