/**
 * Markets in which nothing can be known: no rule and no dice earn on them, whatever the recording lacks and whoever owes
 * what. A gain that is more than three standard errors above nothing is one of the simulator's making.
 */
import { describe, expect, test } from 'vitest';
import type { Agent, AgentPlugin } from '../../agents/agent.ts';
import { ppo } from '../../agents/ppo.ts';
import { buyAndHold } from '../../agents/rules/buy-and-hold.ts';
import { edgeThreshold } from '../../agents/rules/edge-threshold.ts';
import { edgeTrailing } from '../../agents/rules/edge-trailing.ts';
import { random } from '../../agents/rules/random.ts';
import { createRng } from '../../core/rng.ts';
import { mean, standardDeviation } from '../../core/statistics.ts';
import { ArbitrageEnv } from '../../envs/arbitrage.ts';
import { BookTradingEnv } from '../../envs/book-trading.ts';
import type { Env } from '../../envs/env.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { BookTapeBuilder } from '../../market/books/tape-builder.ts';
import { train } from '../../trainers/train.ts';
import { counts } from '../soak.ts';

const DEPTH = 3;

interface Scene {
  readonly seed: number;
  readonly numVenues: number;
  readonly minutes?: number;
  /** Of every minute so much of the last venue is not there; 0: nothing is missing. */
  readonly gapMs?: number;
  /** The last venue shows its last book again, under new times, for as long. */
  readonly hungMs?: number;
  /** The sizes change by a hundred-millionth with each book. */
  readonly flickers?: boolean;
  /** Deviation of the mid's return per 100 ms. */
  readonly sigma?: number;
}

/** One price for all venues, a martingale; a book of each venue in turn every 100 ms, 2 bp wide. */
function marketOf({
  seed,
  numVenues,
  minutes = counts(2, 4),
  gapMs = 0,
  hungMs = 0,
  flickers = false,
  sigma = 1e-4,
}: Scene): BookTape {
  const rng = createRng(`no information ${seed}`);
  const venues = Array.from({ length: numVenues }, (_, v) => ({ name: `v${v}`, base: 'BTC', quote: 'USDT' }));
  const builder = new BookTapeBuilder({ venues, depth: DEPTH });
  const sizes = Array.from({ length: 2 * DEPTH }, () => 1 + rng.uniform());
  let mid = 50_000;
  let shown = mid;
  for (let i = 0; i < minutes * 600; i++) {
    const timeMs = 1_700_000_000_000 + 100 * i;
    mid *= 1 + sigma * rng.gaussian();
    const venue = i % numVenues;
    const inMinute = timeMs % 60_000;
    if (venue === numVenues - 1 && inMinute < gapMs) continue;
    const isHung = venue === numVenues - 1 && inMinute < hungMs;
    if (!isHung) shown = mid;
    const price = isHung ? shown : mid;
    const side = (sign: number) =>
      Float64Array.from({ length: DEPTH }, (_, k) => price * (1 + sign * 0.0001 * (1 + k)));
    const size = (from: number) =>
      Float64Array.from({ length: DEPTH }, (_, k) => sizes[from + k] * (1 + (flickers ? 1e-8 * (i % 2) : 0)));
    builder.append(venue, timeMs, Number.NaN, {
      bidPrices: side(-1),
      askPrices: side(1),
      bidSizes: size(0),
      askSizes: size(DEPTH),
    });
  }
  return builder.build();
}

/** @returns what an agent without learning earns in one episode, fraction of the capital */
function gainOf(env: Env<{ equity: number }>, plugin: AgentPlugin, settings: object, seed: number): number {
  return gainBy(buildFor(env, plugin, settings, seed), env);
}

function buildFor(
  { observationSpace, actionSpace, actionMask }: Env<{ equity: number }>,
  plugin: AgentPlugin,
  settings: object,
  seed: number,
  numEnvs = 1,
): Agent {
  const masksActions = actionMask !== undefined;
  const rng = createRng(seed);
  const context = { observationSpace, actionSpace, masksActions, numEnvs, rng, totalSteps: Infinity };
  return plugin.build(context, settings as never);
}

/** @returns what an agent earns in one episode without exploring, fraction of the capital */
function gainBy(agent: Agent, env: Env<{ equity: number }>): number {
  const { actionSpace, actionMask } = env;
  let step: {
    observation: Float32Array;
    info: { equity: number };
    terminated?: boolean;
    truncated?: boolean;
  } = env.reset();
  const { equity } = step.info;
  const episodeStarts = Uint8Array.of(1);
  while (!step.terminated && !step.truncated) {
    const actionMasks = actionMask?.call(env);
    const actions = agent.act(step.observation, 1, false, { episodeStarts, actionMasks });
    episodeStarts[0] = 0;
    step = env.step(actionSpace.kind === 'discrete' ? actions[0] : (actions as Float32Array));
  }
  return step.info.equity / equity - 1;
}

function expectNoGain(gains: readonly number[]): void {
  const error = standardDeviation(gains) / Math.sqrt(gains.length);
  expect(mean(gains)).toBeLessThanOrEqual(3 * error);
}

const SEEDS = Array.from({ length: counts(3, 200) }, (_, seed) => seed);

describe('arbitrage between venues of one price', () => {
  const rules: readonly [string, AgentPlugin, object][] = [
    ['a threshold', edgeThreshold as AgentPlugin, { thresholdBps: [1] }],
    [
      'a trailing entry',
      edgeTrailing as AgentPlugin,
      { entryBps: 5, trailingBps: 0, targetBps: 0, feeRate: 0.0002 },
    ],
    ['dice', random as AgentPlugin, {}],
  ];
  const scenes: readonly [string, Partial<Scene>, object][] = [
    ['nothing is missing', {}, {}],
    ['a recording that lacks 20 s of every minute', { gapMs: 20_000 }, {}],
    ['a recording that lacks 4 s of every minute', { gapMs: 4000 }, {}],
    ['a recording with gaps, and orders without latency', { gapMs: 20_000 }, { latencyMs: [0] }],
    ['a venue that hangs for 20 s of every minute', { hungMs: 20_000 }, {}],
    ['a venue that hangs, and orders without latency', { hungMs: 4000 }, { latencyMs: [0] }],
    ['sizes that flicker', { flickers: true }, {}],
    ['one slow venue', {}, { latencyMs: [20, 2000] }],
    ['a slow venue whose recording has gaps', { gapMs: 20_000 }, { latencyMs: [20, 2000] }],
  ];
  test.each(
    scenes.flatMap(([scene, market, config]) =>
      rules.map(([rule, plugin, settings]) => [scene, rule, plugin, settings, market, config] as const),
    ),
  )('%s: %s', (_scene, _rule, plugin, settings, market, config) => {
    expectNoGain(
      SEEDS.map((seed) => {
        const books = marketOf({ seed, numVenues: 2, ...market });
        const env = new ArbitrageEnv({
          books,
          seed,
          config: { takerFeeRates: [0.0002], warmupEvents: 100, ...config },
        });
        return gainOf(env as never, plugin, settings, seed);
      }),
    );
  });
});

describe('trading a martingale', () => {
  test.each<[string, Partial<Scene>, object]>([
    ['at leverage 1', {}, {}],
    [
      'at leverage 100, where an account owes what it loses beyond all it has',
      { sigma: 4e-4 },
      { maxLeverage: 100, levels: [-100, 0, 100] },
    ],
    ['on a recording with gaps', { gapMs: 20_000 }, {}],
    ['on sizes that flicker', { flickers: true }, {}],
  ])('%s', (_, market, config) => {
    for (const [plugin, settings] of [
      [buyAndHold, { exposure: (config as { maxLeverage?: number }).maxLeverage ?? 1 }],
      [random, {}],
    ] as const) {
      expectNoGain(
        SEEDS.map((seed) => {
          const books = marketOf({ seed, numVenues: 1, ...market });
          const env = new BookTradingEnv({
            books,
            seed,
            config: {
              barMs: 2000,
              features: ['return:1'],
              normalize: 'none',
              window: 1,
              feeRate: 0,
              ...config,
            },
          });
          return gainOf(env as never, plugin as AgentPlugin, settings, seed);
        }),
      );
    }
  });
});

/** Of every market that it is judged in, others were seen: what it has learnt is all that it can know. */
const TRAINED_STEPS = counts(2048, 40_960);
const TRAINING_ENVS = 4;

function trainPpo(envOf: (seed: number) => Env<{ equity: number }>): Agent {
  const agents = Array.from({ length: TRAINING_ENVS }, (_, i) => envOf(100_000 + i));
  const settings = { rolloutSteps: 128, minibatchSize: 128, hidden: [32], learningRate: 1e-3 };
  const agent = buildFor(agents[0], ppo as AgentPlugin, settings, 1, TRAINING_ENVS);
  train({ envs: createVectorEnv(agents), agent, totalSteps: TRAINED_STEPS, seed: 1 });
  return agent;
}

describe('a trained PPO earns nothing', { timeout: 1_200_000 }, () => {
  const arbitrage = (market: Partial<Scene>, config: object) => (seed: number) =>
    new ArbitrageEnv({
      books: marketOf({ seed, numVenues: 2, ...market }),
      seed,
      config: { takerFeeRates: [0.0002], warmupEvents: 100, ...config },
    }) as Env<{ equity: number }>;
  const trading = (market: Partial<Scene>) => (seed: number) =>
    new BookTradingEnv({
      books: marketOf({ seed, numVenues: 1, ...market }),
      seed,
      config: { barMs: 2000, features: ['return:1'], normalize: 'none', window: 1, feeRate: 0 },
    }) as unknown as Env<{ equity: number }>;
  test.each<[string, (seed: number) => Env<{ equity: number }>]>([
    ['of arbitrage between venues of one price', arbitrage({}, {})],
    ['of arbitrage with a venue that hangs', arbitrage({ hungMs: 20_000 }, {})],
    [
      'of arbitrage with a venue that hangs, without latency',
      arbitrage({ hungMs: 4000 }, { latencyMs: [0] }),
    ],
    ['of arbitrage on a recording with gaps', arbitrage({ gapMs: 20_000 }, {})],
    ['of arbitrage with one slow venue', arbitrage({}, { latencyMs: [20, 2000] })],
    ['of trading a martingale', trading({})],
    ['of trading a feed that hangs', trading({ hungMs: 20_000 })],
  ])('%s', (name, envOf) => {
    const agent = trainPpo(envOf);
    const gains = SEEDS.map((seed) => gainBy(agent, envOf(seed)));
    const bp = (gain: number) => (1e4 * gain).toFixed(2);
    const error = standardDeviation(gains) / Math.sqrt(gains.length);
    console.log(
      `PPO ${name}: ${bp(mean(gains))} ± ${bp(error)} bp of the capital over ${gains.length} seeds`,
    );
    expectNoGain(gains);
  });
});
