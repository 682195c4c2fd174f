/** What a user's plugin may get wrong: one line that says what, exit code 2, and nothing written. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { candleFile, candleLines, Workplace } from '../scripts/command-line.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  place.write('candles.csv', candleFile(candleLines(300)));
});
afterAll(() => place.remove());

const AGENT = ['train', '--agent', 'mine', '--env', 'cartpole', '--steps', '64', '--out', 'run'];
const TRADE = [
  'train',
  '--data',
  'candles.csv',
  '--steps',
  '64',
  '--out',
  'run',
  '--set',
  'env.normalizationBars=20',
];
const with_ = (...settings: string[]) => [...TRADE, ...settings.flatMap((setting) => ['--set', setting])];

const agent = (parts: string): string => `export const mine = gym.defineAgent({
  name: 'mine', description: '', config: gym.z.object({}),
  build: ({ actionSpace }) => ({
    act: (_, n) => new Int32Array(n), observe: () => undefined,
    save: () => ({ arrays: {}, values: {} }), load() {}, ${parts}
  }),
});`;

const CASES: readonly (readonly [what: string, source: string, args: readonly string[], message: RegExp])[] =
  [
    [
      'throws at import',
      "throw new Error('out of order');",
      AGENT,
      /Cannot load the plugin ".*": out of order\. Correct the file\.$/,
    ],
    [
      'exports nothing',
      '',
      AGENT,
      /exports no plugin, but nothing; export what defineAgent, defineEnv, .* returns\.$/,
    ],
    [
      'exports what is no plugin',
      'export const helper = () => 1; export const list = [1]; export default 5;',
      AGENT,
      /exports no plugin, but .*helper \(function\).*list \(list\).*; export what/,
    ],
    [
      'has a name that is taken',
      agent('').replace("'mine'", "'ppo'"),
      AGENT,
      /its agent "ppo" has the name of another; rename it\.$/,
    ],
    [
      'has another name than is asked for',
      agent('').replace("'mine'", "'mines'"),
      AGENT,
      /^Unknown agent "mine"\. Did you mean "mines"\? .*exports agent "mines"\.$/,
    ],
    [
      'lacks a method',
      "export const mine = gym.defineAgent({ name: 'mine', description: '', config: gym.z.object({}) });",
      AGENT,
      /The agent "mine" is not whole: its method build is missing\./,
    ],
    [
      'was made without a define function and is not whole',
      "export const mine = { kind: 'reward', name: 'mine', description: '', config: gym.z.object({}) };",
      AGENT,
      /the reward "mine" is not whole: its method create is missing\.$/,
    ],
    [
      'builds a promise',
      agent('').replace('build: (', 'build: async ('),
      AGENT,
      /Agent "mine" breaks its contract: build returned a promise/,
    ],
    [
      'has no save',
      agent('save: undefined'),
      AGENT,
      /Agent "mine" breaks its contract: it has no method save\.$/,
    ],
    [
      'acts by a promise',
      agent('act: async () => new Int32Array(8)'),
      AGENT,
      /act returned a promise, where Int32Array is due\.$/,
    ],
    [
      'acts with too few numbers',
      agent('act: () => new Int32Array(3)'),
      AGENT,
      /act returned 3 numbers for 8 envs of 1, not 8\.$/,
    ],
    [
      'acts outside the space',
      agent('act: (_, n) => new Int32Array(n).fill(2)'),
      AGENT,
      /act returned 2, outside \[0, 1\]\.$/,
    ],
    ['observes by a promise', agent('observe: async () => {}'), AGENT, /observe returned a promise/],
    [
      'saves nothing',
      agent('save: () => undefined'),
      AGENT,
      /save returned undefined; it must return \{ arrays, values \}\.$/,
    ],
    [
      'throws while it acts',
      agent("act() { throw new TypeError('no weights'); }"),
      AGENT,
      /it threw TypeError: no weights\.$/,
    ],
    [
      'is an env whose mask has the wrong length',
      `export const env = gym.defineEnv({ name: 'masked', description: '', config: gym.z.object({}), create({ seed }) {
      const env = gym.cartpole.create({ seed });
      return { observationSpace: env.observationSpace, actionSpace: env.actionSpace, reset: (o) => env.reset(o),
        step: (a) => env.step(a), actionMask: () => new Uint8Array(3) };
    } });`,
      ['train', '--env', 'masked', '--steps', '64', '--out', 'run'],
      /Env "masked" breaks its contract: actionMask .* 3/,
    ],
    [
      'is a feature that is undefined',
      "export const f = gym.defineFeature({ name: 'mine', description: '', bounded: true, lookback: () => 0, create: () => () => undefined });",
      with_('env.features=["mine"]'),
      /Feature "mine" is undefined at row 0/,
    ],
    [
      'is a feature of a promise',
      "export const f = gym.defineFeature({ name: 'mine', description: '', bounded: true, lookback: () => 0, create: async () => () => 1 });",
      with_('env.features=["mine"]'),
      /Feature "mine": create must return a function of candles and row, got object\.$/,
    ],
    [
      'is a reward without save',
      "export const r = gym.defineReward({ name: 'mine', description: '', create: () => ({ reset() {}, reward: () => 0 }) });",
      with_('env.reward=mine'),
      /The reward "mine" made an object without the method save\.$/,
    ],
    [
      'is a reward whose settings are misspelt',
      `export const r = gym.defineReward({ name: 'mine', description: '', config: gym.z.object({ penalty: gym.z.number().default(1) }),
      create: () => ({ reset() {}, reward: () => 0, save: () => ({ arrays: {}, values: {} }), load() {} }) });`,
      with_('env.reward=mine', 'env.rewardSettings.penlty=2'),
      /^Unknown key "penlty" for reward "mine"\. Did you mean "penalty"\?$/,
    ],
    [
      'is a fee model of no number',
      "export const f = gym.defineFeeModel({ name: 'mine', description: '', create: () => ({ feeRate() {} }) });",
      with_('env.feeModel=mine'),
      /The fee model "mine" gave undefined for a taker; it must return a fraction of notional/,
    ],
    [
      'is a slippage model above one',
      "export const s = gym.defineSlippageModel({ name: 'mine', description: '', create: () => ({ slippageRate: () => 2 }) });",
      with_('env.slippageModel=mine'),
      /The slippage model "mine" gave 2 for an order of/,
    ],
    [
      'is a network that lies about its shape',
      `export const n = gym.defineNetwork({ name: 'mine', description: '', create({ inputDim, outputDim, rng, kernels }) {
      const network = gym.createMlp(kernels, { inputDim, hidden: [4], outputDim: 1, activation: 'tanh', outputScale: 1, init: 'orthogonal', rng });
      return { ...network, outputDim, parameters: network.parameters, gradients: network.gradients };
    } });`,
      ['train', '--env', 'cartpole', '--steps', '64', '--out', 'run', '--network', 'mine'],
      /forward of what createNetwork returned returned 1 numbers for one row/,
    ],
    [
      'names no reward that there is',
      agent(''),
      with_('env.reward=log-retrun'),
      /^Unknown reward "log-retrun"\. Did you mean "log-return"\?/,
    ],
    [
      'names no fee model that there is',
      agent(''),
      with_('env.feeModel=proportionl'),
      /^Unknown fee model "proportionl"\. Did you mean "proportional"\?/,
    ],
  ];

test.each(CASES.map(([what, ...rest], i) => [what, i, ...rest] as const))(
  'a plugin that %s is refused in one line before anything is written',
  async (_, i, source, args, message) => {
    const file = `bad-${process.pid}-${i}.mjs`;
    place.write(file, `import * as gym from 'market-gym';\n${source}\n`);
    const { code, stdout, stderr } = await place.run(...args, '--plugin', file);
    expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({
      code: 2,
      stdout: expect.any(String),
      lines: 2,
    });
    expect(stderr.trimEnd()).toMatch(message);
    expect(place.exists('run')).toBe(false);
  },
);
