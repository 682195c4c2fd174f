/** A plugin of every kind in one file, as a user writes them: for tests in the process, and for those of the packed program. */
import { createRng } from '../../core/rng.ts';
import { encodeBooks } from '../../market/books/load.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import { candleFile, candleLines } from '../scripts/command-line.ts';

/** As an ES module of JavaScript. */
export const ONE_OF_EACH = `import * as gym from 'market-gym';
import { STEP } from './step.mjs';
const { z } = gym;
const nothing = { save: () => ({ arrays: {}, values: {} }), load() {} };

export const agent = gym.defineAgent({
  name: 'my-agent',
  description: 'Always takes one choice.',
  config: z.object({ choice: z.number().int().min(0).default(1).describe('the choice') }),
  build: ({ actionSpace }, { choice }) => ({
    act: (_observations, numEnvs) =>
      actionSpace.kind === 'box' ? new Float32Array(numEnvs * actionSpace.dim) : new Int32Array(numEnvs).fill(choice),
    observe: () => undefined,
    ...nothing,
  }),
});

export const env = gym.defineEnv({
  name: 'my-env',
  description: 'CartPole as it is.',
  config: z.object({}),
  create: (context) => gym.cartpole.create({ seed: context.seed }),
});

export const network = gym.defineNetwork({
  name: 'my-network',
  description: 'An MLP of one hidden layer.',
  config: z.object({ width: z.number().int().min(1).default(4).describe('units') }),
  create: ({ inputDim, outputDim, rng, kernels }, { width }) =>
    gym.createMlp(kernels, {
      inputDim, hidden: [width], outputDim, activation: 'tanh', outputScale: 1, init: 'orthogonal', rng,
    }),
});

export const feature = gym.defineFeature({
  name: 'my-feature',
  description: 'Change of the close over the window, times a factor.',
  config: z.object({ factor: z.number().default(1).describe('a factor') }),
  defaultBars: STEP,
  bounded: false,
  lookback: (bars) => bars,
  create: (bars, { factor }) => ({ close }, row) => factor * (close[row] / close[row - bars] - 1),
});

export const reward = gym.defineReward({
  name: 'my-reward',
  description: 'Change of the equity less a part of what was traded.',
  config: z.object({ penalty: z.number().min(0).default(0.1).describe('part of the traded notional') }),
  create: (_context, { penalty }) => ({
    reset() {},
    reward: (previous, equity, step) => (equity - previous - penalty * step.tradedNotional) / previous,
    ...nothing,
  }),
});

export const fees = gym.defineFeeModel({
  name: 'my-fees',
  description: 'The rate of the env times a factor.',
  config: z.object({ factor: z.number().min(0).default(2).describe('a factor') }),
  create: ({ feeRate }, { factor }) => ({ feeRate: () => feeRate * factor }),
});

export const slippage = gym.defineSlippageModel({
  name: 'my-slippage',
  description: 'A constant rate.',
  config: z.object({ rate: z.number().min(0).default(0.001).describe('fraction of price') }),
  create: (_context, { rate }) => ({ slippageRate: () => rate }),
});

export const latency = gym.defineLatencyModel({
  name: 'my-latency',
  description: 'A constant.',
  config: z.object({ ms: z.number().min(0).default(10).describe('milliseconds') }),
  create: (_context, { ms }) => ({ latencyMs: () => ms, ...nothing }),
});

export const venue = gym.defineVenue({
  name: 'my-venue',
  description: 'Whole books as JSON.',
  verified: false,
  config: z.object({
    url: z.string().default('wss://localhost').describe('address'),
    ...gym.connectionConfig({ silenceMs: 30000, sendIntervalMs: 100 }),
  }),
  nativeSymbol: (base, quote) => base + quote,
  connect: (_markets, config) => ({
    url: config.url,
    limits: config,
    createProtocol: (host) => {
      const levels = new gym.LevelBuffer();
      return {
        open: () => host.send('subscribe'),
        resync() {},
        frame(text) {
          const frame = gym.parseFields(text);
          const [feed] = host.feeds;
          levels.clear();
          levels.addPairs('bid', frame.bids, 'bids');
          levels.addPairs('ask', frame.asks, 'asks');
          levels.replace(feed.book);
          host.publish(feed, gym.epochOf(frame.t, 't'));
        },
      };
    },
  }),
});

export const model = gym.defineModel({
  name: 'my-model',
  description: 'The classes as often as they come.',
  config: z.object({}),
  scales: false,
  acceptsMissing: true,
  window: () => 1,
  train({ shape, fit }) {
    const shares = new Float64Array(shape.classNames.length);
    for (const target of fit.targets) shares[target] += 1 / fit.targets.length;
    return predictorOf(shares);
  },
  load: (_shape, state) => predictorOf(Float64Array.from(state.arrays.shares)),
});

function predictorOf(shares) {
  return {
    summary: {},
    predict: (_inputs, batch) => Float64Array.from({ length: batch * shares.length }, (_, i) => shares[i % shares.length]),
    save: () => ({ arrays: { shares }, values: {}, files: {} }),
  };
}

export const rule = gym.defineSignalRule({
  name: 'my-rule',
  description: 'Half of the largest exposure by the sign of the score.',
  config: z.object({ part: z.number().min(0).max(1).default(0.5).describe('part of maxExposure') }),
  create: ({ maxExposure }, { part }) => ({ exposure: (score) => Math.sign(score) * part * maxExposure }),
});

export const sampler = gym.defineSampler({
  name: 'my-sampler',
  description: 'Every parameter at one place of its range.',
  config: z.object({ place: z.number().min(0).lt(1).default(0.5).describe('of the range, from 0 to 1') }),
  create: ({ space }, { place }) => ({
    needs: () => 0,
    propose: () => gym.spacePointAt(space, space.map(() => place)),
  }),
});

export const pruner = gym.definePruner({
  name: 'my-pruner',
  description: 'Ends every second trial at its first evaluation.',
  config: z.object({}),
  create: ({ evaluateEvery }) => ({ rungs: [evaluateEvery], stops: (_reports, earlier) => earlier.length % 2 === 1 }),
});

export const VERSION = 1;
`;

/** What it imports by a relative path. */
export const STEP_FILE = 'export const STEP = 3;\n';

/** As TypeScript that a strict compiler passes: types stand where they cannot be inferred. */
const TYPED = ONE_OF_EACH.replace("'./step.mjs'", "'./step.ts'")
  .replace('function predictorOf(shares)', 'function predictorOf(shares: Float64Array)')
  .replace('(_inputs, batch)', '(_inputs: unknown, batch: number)');

/** The languages that plugins are written in, each with its files; the first is what `--plugin` takes. */
export const LANGUAGES: Readonly<Record<string, readonly (readonly [name: string, content: string])[]>> = {
  JavaScript: [
    ['one-of-each.mjs', ONE_OF_EACH],
    ['step.mjs', STEP_FILE],
  ],
  TypeScript: [
    ['one-of-each.ts', TYPED],
    ['step.ts', STEP_FILE.replace('STEP', 'STEP: number')],
  ],
};

/** The name of the plugin of each kind, by how `market-gym list --json` groups them. */
export const NAMES: Readonly<Record<string, string>> = {
  agents: 'my-agent',
  envs: 'my-env',
  networks: 'my-network',
  features: 'my-feature',
  rewards: 'my-reward',
  'fee models': 'my-fees',
  'slippage models': 'my-slippage',
  'latency models': 'my-latency',
  venues: 'my-venue',
  models: 'my-model',
  'signal rules': 'my-rule',
  samplers: 'my-sampler',
  pruners: 'my-pruner',
};

/** What the commands read, beside the plugins. */
export function dataFiles(): readonly (readonly [name: string, content: string])[] {
  const market = new SyntheticVenues({ events: 2000, venues: [{ name: 'A' }, { name: 'B' }] });
  const books = encodeBooks(market.generate(createRng(1)), 'books.jsonl');
  return [
    ['candles.csv', candleFile(candleLines(300))],
    ['books.jsonl', Buffer.from(books).toString()],
  ];
}

/** [what it does, its arguments with one space between them] */
type Line = readonly [what: string, args: string];
const SHORT = '--steps 64 --envs 2 --evaluate-every 0';
const OWN_FEATURE = 'data.normalizationBars=20 --set data.features=["my-feature"]';

/**
 * Commands that use plugins by name, in an order in which each finds what the ones before it left; every one ends with 0.
 * They run in a folder with the files of a language and `dataFiles()`; `experiment.json` is what `experimentOf` says, and
 * `session.json` what `sessionOf` a server's address says.
 */
export const COMMANDS: readonly Line[] = [
  ['list them', 'list'],
  ['list one', 'list my-reward'],
  ['train an agent in an env', `train --agent my-agent --env my-env ${SHORT} --out own`],
  [
    'train with features, rewards, fees, slippage and networks',
    `train --data candles.csv --set env.normalizationBars=20 ${SHORT} --out trader --network my-network
      --set network.width=3 --set agent.rolloutSteps=8 --set env.features=["my-feature:4:factor=2","return:1"]
      --set env.reward=my-reward --set env.rewardSettings.penalty=0.2
      --set env.feeModel=my-fees --set env.slippageModel=my-slippage`,
  ],
  [
    'train on books with latencies and fees',
    `train --env trading-books --data books.jsonl ${SHORT} --agent my-agent --out books --set env.barMs=500
      --set env.normalizationBars=20 --set env.latencyModel=my-latency --set env.latencySettings.ms=20
      --set env.feeModel=my-fees --set env.features=["my-feature"]`,
  ],
  ['judge a run', 'evaluate trader'],
  ['go on with a run', 'train --resume own'],
  [
    'fit a model with features',
    `fit candles.csv --model my-model --out model --save forecast --set ${OWN_FEATURE} --set costs.feeModel=my-fees
      --set signal.rule=my-rule --set signal.ruleSettings.part=0.25`,
  ],
  ['predict with it', 'predict model candles.csv --out predictions.csv'],
  [
    'judge it',
    `evaluate --model model --data candles.csv --rows all --set signal.rule=my-rule --set costs.feeModel=my-fees
      --set costs.feeSettings.factor=3 --set costs.slippageModel=my-slippage`,
  ],
  ['register a run', 'models add own --name mine'],
  ['trade a run at other costs', 'costs trader --fees 0,10 --slippages 0 --capitals 10000,100000'],
  ['export a policy', 'export trader --to onnx --out trader.onnx'],
  ['make a tape', 'tape make made --data books.jsonl'],
];

/** Commands that take seconds, or start processes of their own. */
export const SLOWER: typeof COMMANDS = [
  [
    'train across venues',
    `arbitrage --data books.jsonl --agent my-agent --seeds 1 --envs 1 --steps 32 --synthetic-steps 0
      --cloning-steps 0 --set env.latencyModel=my-latency --out arbitrage.html`,
  ],
  [
    'try a model as a prior',
    `prior --model my-model --agent my-agent --data candles.csv --only columns --seeds 2 --steps 32
      --set env.normalizationBars=20 --set env.reward=my-reward --set ${OWN_FEATURE} --set label.horizon=2`,
  ],
  ['run an experiment', 'experiment experiment.json --workers 1 --out experiment'],
  ['look for leaks', 'check-leaks my-feature:4 my-reward my-fees my-slippage --rows 400 --cuts 200'],
  ['search over settings', 'experiment search.json --workers 1 --out search'],
  [
    'cross-validate an agent',
    `crossval --agent my-agent --data candles.csv --groups 3 --test-groups 1 --seeds 1 --steps 32 --envs 1
      --workers 2 --out crossval --set env.normalizationBars=20 --set env.features=["my-feature"]`,
  ],
];

export const argumentsOf = (line: string): string[] => line.split(/\s+/);

/** @param plugin file beside it */
export const experimentOf = (plugin: string): string =>
  JSON.stringify({
    name: 'own',
    plugins: [plugin],
    seeds: 1,
    steps: 32,
    envs: 2,
    evaluateEvery: 16,
    judgeEpisodes: 1,
    tasks: [{ env: 'my-env' }],
    agents: [{ agent: 'my-agent' }],
  });

/** @param plugin file beside it */
export const searchOf = (plugin: string): string =>
  JSON.stringify({
    ...JSON.parse(experimentOf(plugin)),
    name: 'search',
    agents: [{ agent: 'my-agent' }],
    search: {
      trials: 3,
      sampler: { name: 'my-sampler', place: 0.25 },
      pruner: 'my-pruner',
      space: { 'agent.choice': { int: [0, 1] } },
    },
  });

/** A live session on the venue of the plugin. @param url of a server that speaks its language @param plugin file beside it */
export const sessionOf = (url: string, plugin: string): string =>
  JSON.stringify({
    plugins: [plugin],
    tape: 'tape',
    markets: [{ venue: 'my-venue', symbol: 'BTC/USDT', settings: { url } }],
    channels: ['book'],
    policy: { rule: 'my-agent', settings: { choice: 2 } },
    env: {
      barMs: 100,
      window: 1,
      features: ['my-feature:1'],
      normalize: 'none',
      reward: 'my-reward',
      feeModel: 'my-fees',
      latencyModel: 'my-latency',
    },
  });

/** What such a server sends. */
export const bookFrame = (price: number, timeMs: number): string =>
  JSON.stringify({ t: timeMs, bids: [[String(price - 1), '5']], asks: [[String(price + 1), '5']] });

/** Commands on the tape that the session leaves. */
export const TAPE_COMMANDS: typeof COMMANDS = [
  ['repeat its tape', 'replay tape'],
  ['tell what is on its tape', 'tape info tape'],
  ['export its books', 'tape export tape exported.jsonl'],
  ['verify it', 'tape verify tape'],
];

/** Commands that go on until they are interrupted; the first needs the server of the session. */
export const ENDLESS: typeof COMMANDS = [
  ['record what its venue sends', 'record --config session.json --tape recorded'],
  ['play a tape', 'serve made --port 0'],
];
