/** Builds the agent and the envs that a run's specification describes. */
import type { Agent } from '../../agents/agent.ts';
import { builtInAgents } from '../../agents/built-in.ts';
import { ConfigError, EnvError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { builtInEnvs } from '../../envs/built-in.ts';
import { inspectEnv } from '../../envs/check-env.ts';
import type { Env, EnvContext, RowSpan } from '../../envs/env.ts';
import { createVectorEnv, type VectorEnv } from '../../envs/vector/vector-env.ts';
import { createWorkerVectorEnv } from '../../envs/vector/worker-vector-env.ts';
import { alternateEnvs } from '../../envs/wrappers/alternate-envs.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { sliceTape } from '../../market/books/tape-span.ts';
import { type Candles, sliceCandles } from '../../market/candles/candles.ts';
import type { KernelOptions } from '../../networks/kernels/kernels.ts';
import { findAgentDefect } from '../../trainers/agent-trial.ts';
import type { SpanName } from '../../trainers/spans.ts';
import type { RunBooks } from './books.ts';
import type { RunEnvs } from './envs.ts';
import { type Fold, trainingStretches } from './fold.ts';
import type { RunMarket } from './market.ts';
import type { Run } from './spec.ts';

const TRIAL_STEPS = 200;
const TRIAL_ENVS = 64;

/** The module of which env workers build a run's envs. */
const RUN_ENVS = new URL(`envs${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** The envs to learn in: on market data, in the training span alone. */
export function createTrainingEnvs(run: Run): VectorEnv {
  const { numEnvs, seed, envWorkers, plugins, env } = run.spec;
  if (envWorkers > 0) {
    const argument: RunEnvs = { plugins, name: env.name, ...envParts(run, 'train', seed, false) };
    return createWorkerVectorEnv({ module: RUN_ENVS, argument, numEnvs, workers: envWorkers });
  }
  const fold = run.spec.data?.fold;
  if (fold !== undefined) {
    return createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createFoldEnv(run, fold, seed + i)));
  }
  return createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createEnv(run, 'train', seed + i, false)));
}

/** Each episode within one stretch of the training rows of a fold, drawn by their lengths. */
function createFoldEnv(run: Run, fold: Fold, seed: number): Env {
  const stretches = trainingStretches(fold, episodeBarsOf(run.spec));
  return alternateEnvs(
    stretches.map((span) => ({
      env: createSpanEnv(run, span, seed, false),
      weight: span.toRow - span.fromRow,
    })),
    seed,
  );
}

/** An env on some rows of a run's candles. */
export function createSpanEnv(run: Run, span: RowSpan, seed: number, onePass: boolean): Env {
  const { spec, catalog } = run;
  const market = run.market!;
  const plugin = catalog.envs.get(spec.env.name);
  const { fromRow, toRow } = span;
  const series = plugin.usesSpan
    ? market.series
    : market.series.map((candles) => sliceCandles(candles, fromRow, toRow));
  const rows = plugin.usesSpan ? { fromRow, toRow } : { fromRow: 0, toRow: toRow - fromRow };
  const { funding } = market;
  const context = { seed, span: rows, onePass, candles: series[0], series, funding, parts: catalog };
  return plugin.create(context, spec.env.config);
}

/** Steps of a training episode; 0: as many as there are rows. */
export function episodeBarsOf({ env }: Pick<Run['spec'], 'env'>): number {
  const { episodeBars } = env.config;
  return typeof episodeBars === 'number' ? episodeBars : 0;
}

/**
 * Tries out an env that does not come with the framework, before anything is learnt or written.
 * @throws EnvError `broken-contract`, naming the env and what it does wrong
 */
export function requireSoundEnv(run: Run): void {
  const { name } = run.spec.env;
  if (builtInEnvs.some((plugin) => plugin.name === name)) return;
  const problems = inspectEnv(createEnv(run, 'train', run.spec.seed, false), { steps: TRIAL_STEPS });
  if (problems.length === 0) return;
  throw new EnvError('broken-contract', `Env "${name}" breaks its contract: ${problems.join('; ')}.`);
}

/**
 * Tries out an agent that does not come with the framework, before anything is learnt
 * or written: a few steps, a save and a load.
 * @throws ConfigError `broken-contract`, naming the agent and what it does wrong; as its build
 */
export function requireSoundAgent(run: Run): void {
  const { name } = run.spec.agent;
  if (builtInAgents.some((plugin) => plugin.name === name)) return;
  const { seed } = run.spec;
  const numEnvs = Math.min(run.spec.numEnvs, TRIAL_ENVS);
  const envs = createVectorEnv(
    Array.from({ length: numEnvs }, (_, i) => createEnv(run, 'train', seed + i, false)),
  );
  const defect = findAgentDefect(() => buildAgent(run, envs, numEnvs, run.spec.kernels), envs);
  if (defect === undefined) return;
  throw new ConfigError('broken-contract', `Agent "${name}" breaks its contract: ${defect}.`);
}

/** Envs on a span for whoever plays them, the i-th with the seed `seed + i`. */
export function createSpanEnvs(run: Run, span: SpanName, numEnvs: number, seed: number): VectorEnv {
  return createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createEnv(run, span, seed + i, false)));
}

/**
 * An env to judge in, by the run's own plugin: on market data, one pass through the whole of a span.
 * @param onFill called after each fill, by an env that tells of them
 */
export function createEvaluationEnv(run: Run, span: SpanName, onFill?: EnvContext['onFill']): Env {
  return createEnv(run, span, run.spec.seed, true, onFill);
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
    signalRules: catalog.signalRules,
  };
  try {
    return catalog.agents.get(spec.agent.name).build(context, spec.agent.config);
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    throw new ConfigError(
      'too-large',
      `Agent "${spec.agent.name}" needs more memory than there is (${error.message}); lower bufferSize, batches or widths.`,
      { cause: error },
    );
  }
}

/** An array that is longer than arrays can be, or than there is memory for. */
const isTooLarge = (error: unknown): error is RangeError =>
  error instanceof RangeError && /array length|allocation failed|memory/i.test(error.message);

function createEnv(
  run: Run,
  span: SpanName,
  seed: number,
  onePass: boolean,
  onFill?: EnvContext['onFill'],
): Env {
  const { context, config } = envParts(run, span, seed, onePass);
  const plugin = run.catalog.envs.get(run.spec.env.name);
  return plugin.create({ ...context, parts: run.catalog, onFill }, config);
}

/** What an env is built from. One that uses spans is given all rows; any other the rows of its span alone. */
function envParts(
  { spec, catalog, market, books }: Run,
  spanName: SpanName,
  seed: number,
  onePass: boolean,
): Pick<RunEnvs, 'context' | 'config'> {
  const { config } = spec.env;
  if (books !== undefined) {
    const { trades, contracts, funding } = books;
    return {
      config,
      context: { seed, onePass, books: booksOf(books, spanName), trades, contracts, funding },
    };
  }
  if (market === undefined) return { config, context: { seed } };
  if ((config.fromRow ?? 0) !== 0 || (config.toRow ?? 0) !== 0) {
    throw new ConfigError(
      'invalid-value',
      'env.fromRow and env.toRow are set by the split of the data; use --validate-from and --test-from instead.',
    );
  }
  const { fromRow, toRow } = market.spans[spanName];
  const usesSpan = catalog.envs.get(spec.env.name).usesSpan === true;
  const series = usesSpan ? market.series : seriesOf(market, spanName);
  const span = usesSpan ? { fromRow, toRow } : { fromRow: 0, toRow: toRow - fromRow };
  const { funding } = market;
  return { config, context: { seed, span, onePass, candles: series[0], series, funding } };
}

/** One copy for each span, so that envs on the same one share what they make of it. */
const spanSeries = new WeakMap<RunMarket, Map<SpanName, readonly Candles[]>>();

function seriesOf(market: RunMarket, span: SpanName): readonly Candles[] {
  let bySpan = spanSeries.get(market);
  if (bySpan === undefined) {
    bySpan = new Map();
    spanSeries.set(market, bySpan);
  }
  let series = bySpan.get(span);
  if (series === undefined) {
    const { fromRow, toRow } = market.spans[span];
    series = market.series.map((candles) => sliceCandles(candles, fromRow, toRow));
    bySpan.set(span, series);
  }
  return series;
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
