/** Builds the agent and the envs that a run's specification describes. */
import type { Agent } from '../../agents/agent.ts';
import { ConfigError, EnvError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { inspectEnv } from '../../envs/check-env.ts';
import type { Env } from '../../envs/env.ts';
import { builtInEnvs } from '../../envs/index.ts';
import { createVectorEnv, type VectorEnv } from '../../envs/vector/vector-env.ts';
import { createWorkerVectorEnv } from '../../envs/vector/worker-vector-env.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { sliceTape } from '../../market/books/tape-span.ts';
import { sliceCandles } from '../../market/candles/candles.ts';
import type { KernelOptions } from '../../networks/kernels/kernels.ts';
import type { SpanName } from '../../trainers/spans.ts';
import type { RunBooks } from './books.ts';
import type { RunEnvs } from './envs.ts';
import type { Run } from './spec.ts';

const TRIAL_STEPS = 200;

/** The module of which env workers build a run's envs. */
const RUN_ENVS = new URL(`envs${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** The envs to learn in: on market data, in the training span alone. */
export function createTrainingEnvs(run: Run): VectorEnv {
  const { numEnvs, seed, envWorkers, plugins, env } = run.spec;
  if (envWorkers > 0) {
    const argument: RunEnvs = { plugins, name: env.name, ...envParts(run, 'train', seed, {}) };
    return createWorkerVectorEnv({ module: RUN_ENVS, argument, numEnvs, workers: envWorkers });
  }
  return createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createEnv(run, 'train', seed + i, {})));
}

/**
 * Tries out an env that does not come with the framework, before anything is learnt or written.
 * @throws EnvError `broken-contract`, naming the env and what it does wrong
 */
export function requireSoundEnv(run: Run): void {
  const { name } = run.spec.env;
  if (builtInEnvs.some((plugin) => plugin.name === name)) return;
  const problems = inspectEnv(createEnv(run, 'train', run.spec.seed, {}), { steps: TRIAL_STEPS });
  if (problems.length === 0) return;
  throw new EnvError('broken-contract', `Env "${name}" breaks its contract: ${problems.join('; ')}.`);
}

/** An env to judge in: on market data, one pass through the whole of a span. */
export function createEvaluationEnv(run: Run, span: SpanName): Env {
  return createEnv(run, span, run.spec.seed, {
    episodeBars: 0,
    episodeEvents: 0,
    episodeStart: 'sequential',
  });
}

/** @param kernels how the agent computes; absent: the portable kernels, on one thread */
export function buildAgent(
  { spec, catalog, network }: Run,
  env: Env | VectorEnv,
  numEnvs: number,
  kernels?: KernelOptions,
): Agent {
  const context = {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    masksActions:
      'stepContext' in env ? env.stepContext.actionMasks !== undefined : env.actionMask !== undefined,
    numEnvs,
    rng: createRng(spec.seed),
    totalSteps: spec.totalSteps,
    kernels,
    createNetwork: network?.createNetwork,
  };
  return catalog.agents.get(spec.agent.name).build(context, spec.agent.config);
}

function createEnv(run: Run, span: SpanName, seed: number, overrides: Record<string, unknown>): Env {
  const { context, config } = envParts(run, span, seed, overrides);
  return run.catalog.envs.get(run.spec.env.name).create(context, config);
}

/** What an env is built from. One that knows rows is told its span's; any other is given the span's data alone. */
function envParts(
  { spec, catalog, market, books }: Run,
  span: SpanName,
  seed: number,
  overrides: Record<string, unknown>,
): Pick<RunEnvs, 'context' | 'config'> {
  const plugin = catalog.envs.get(spec.env.name);
  const files = market ?? books;
  if (files === undefined) return { context: { seed }, config: spec.env.config };
  const { fromRow, toRow } = files.spans[span];
  if (market !== undefined && !('fromRow' in plugin.config.shape)) {
    const series = market.series.map((candles) => sliceCandles(candles, fromRow, toRow));
    return { context: { seed, candles: series[0], series }, config: spec.env.config };
  }
  if (books !== undefined && !('fromRow' in plugin.config.shape)) {
    const context = { seed, books: booksOf(books, span), trades: books.trades };
    const known = Object.entries(overrides).filter(([key]) => key in plugin.config.shape);
    return { context, config: { ...spec.env.config, ...Object.fromEntries(known) } };
  }
  if (spec.env.config.fromRow !== 0 || spec.env.config.toRow !== 0) {
    throw new ConfigError(
      'invalid-value',
      'env.fromRow and env.toRow are set by the split of the data; use --validate-from and --test-from instead.',
    );
  }
  const known = Object.entries(overrides).filter(([key]) => key in plugin.config.shape);
  const config = { ...spec.env.config, ...Object.fromEntries(known), fromRow, toRow };
  return {
    context: {
      seed,
      candles: market?.candles,
      series: market?.series,
      books: books?.tape,
      trades: books?.trades,
    },
    config,
  };
}

/** One tape for each span, so that envs on the same one share what they make of it. */
const spanTapes = new WeakMap<BookTape, Map<SpanName, BookTape>>();

function booksOf({ tape, spans }: RunBooks, span: SpanName): BookTape {
  let bySpan = spanTapes.get(tape);
  if (bySpan === undefined) {
    bySpan = new Map();
    spanTapes.set(tape, bySpan);
  }
  let books = bySpan.get(span);
  if (books === undefined) {
    const { fromRow, toRow } = spans[span];
    books = sliceTape(tape, tape.timeMs[fromRow], tape.timeMs[toRow] ?? Infinity);
    bySpan.set(span, books);
  }
  return books;
}
