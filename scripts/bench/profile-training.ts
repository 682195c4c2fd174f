/** Where the time of a training goes: V8's sampling profiler, its samples summed by what the code is there for. */
import { Session } from 'node:inspector';
import type { AgentPlugin } from '../../agents/agent.ts';
import { createRng } from '../../core/rng.ts';
import type { Env } from '../../envs/env.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import type { KernelBackend } from '../../networks/kernels/kernels.ts';
import { Training } from '../../trainers/train.ts';

export interface ProfiledTraining {
  readonly plugin: AgentPlugin;
  readonly createEnv: (seed: number) => Env;
  readonly numEnvs: number;
  /** What is profiled is the steps from `learningFrom` on: every one of them does the same work. */
  readonly learningFrom: number;
  readonly totalSteps: number;
  readonly config: Readonly<Record<string, unknown>>;
}

/** The parts that time is spent on. */
export const PARTS = ['products', 'elementwise', 'env', 'replay', 'JavaScript', 'engine'] as const;

export type Part = (typeof PARTS)[number];

export interface TrainingProfile {
  /** Shares of the time, together 1. */
  readonly shares: Readonly<Record<Part, number>>;
  /** Microseconds of an env step, learning included. */
  readonly microsecondsPerStep: number;
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
}

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const SAMPLING_INTERVAL_US = 100;

/** Runs the training to its end, its second part under the profiler. */
export async function profileTraining(
  { plugin, createEnv, numEnvs, learningFrom, totalSteps, config }: ProfiledTraining,
  backend: KernelBackend,
): Promise<TrainingProfile> {
  const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createEnv(i)));
  const { observationSpace, actionSpace } = envs;
  const rng = createRng(1);
  const context = { observationSpace, actionSpace, numEnvs, rng, totalSteps, kernels: { backend } };
  const training = new Training({ envs, agent: plugin.build(context, config), totalSteps, seed: 1 });
  while (training.step < learningFrom && training.advance() !== undefined);
  const session = new Session();
  session.connect();
  const post = (method: string, parameters?: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      session.post(method, parameters, (error, result) => (error === null ? resolve(result) : reject(error)));
    });
  await post('Profiler.enable');
  await post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
  await post('Profiler.start');
  const start = training.step;
  while (training.advance() !== undefined);
  const { profile } = (await post('Profiler.stop')) as { profile: Profile };
  session.disconnect();
  return summarize(profile, training.step - start, backend);
}

function summarize(
  { nodes, samples, timeDeltas }: Profile,
  steps: number,
  backend: KernelBackend,
): TrainingProfile {
  const partOf = new Map(nodes.map(({ id, callFrame }) => [id, partOfFrame(callFrame, backend)]));
  const microseconds = new Map<Part | undefined, number>();
  samples.forEach((id, i) => {
    const part = partOf.get(id);
    microseconds.set(part, (microseconds.get(part) ?? 0) + timeDeltas[i]);
  });
  microseconds.delete(undefined);
  const total = [...microseconds.values()].reduce((sum, time) => sum + time, 0);
  const shares = PARTS.map((part) => [part, (microseconds.get(part) ?? 0) / total]);
  return { shares: Object.fromEntries(shares), microsecondsPerStep: total / steps };
}

/**
 * What code is there for; undefined for the profiler itself. A function that the engine has inlined counts for the one
 * that called it.
 */
function partOfFrame({ functionName, url }: Frame, backend: KernelBackend): Part | undefined {
  if (url.startsWith('wasm:')) return isProduct(functionName) ? 'products' : 'elementwise';
  if (url === '' && functionName === 'dispatch') return undefined;
  // The library is native code: the profiler gives it some name or other, or counts it for its caller. The engine's own
  // parts are in brackets.
  if (backend === 'blas' && url === '' && !functionName.startsWith('(')) return 'products';
  if (/\/networks\/blas\.[jt]s$/.test(url)) return 'products';
  if (/^node:inspector|profile-training/.test(url)) return undefined;
  if (/\/envs\/[^/]*$/.test(url)) return 'env';
  if (/\/replay\/[^/]*$/.test(url)) return 'replay';
  return /^file:/.test(url) ? 'JavaScript' : 'engine';
}

/** Calls into a module count for what is called, and most are products. */
function isProduct(functionName: string): boolean {
  return /\/gemm\/|split-products|packTransposed|js-to-wasm/.test(functionName);
}
