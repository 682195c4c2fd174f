/** Every command of the command line, in the order of its help; none is loaded before it is asked for. */
import type { CommandEntry, CommandGroup } from '../terminal/command.ts';
import { registryOptions } from '../terminal/registry-options.ts';

const data: CommandGroup = {
  name: 'data',
  describe: 'Look at market data',
  commands: [
    {
      usage: 'describe <file>',
      describe: 'What a file of candles, order books or trades holds',
      load: () => import('./data/describe.ts'),
    },
    {
      usage: 'import <files..>',
      describe: 'Read files of others and write them in our own form, with a manifest',
      load: () => import('./data/import.ts'),
    },
    {
      usage: 'download',
      describe: 'Fetch history from Binance, Yahoo, Dukascopy or any exchange of ccxt',
      load: () => import('./data/download.ts'),
    },
    {
      usage: 'reduce <files..>',
      describe: 'Filter, coarsen and join candles that memory does not hold, on disk (@duckdb/node-api)',
      load: () => import('./data/reduce.ts'),
    },
    {
      usage: 'fit <file>',
      describe: 'Fit a synthetic market to order books',
      load: () => import('./data/fit.ts'),
    },
  ],
};

const models: CommandGroup = {
  name: 'models',
  describe: 'The registry of trained models',
  options: registryOptions,
  commands: [
    {
      usage: 'list [name]',
      describe: 'Every model, or the versions of one',
      load: () => import('./models/list.ts'),
    },
    {
      usage: 'show <model>',
      describe: 'All that is known of a model',
      load: () => import('./models/show.ts'),
    },
    {
      usage: 'compare <models..>',
      describe: 'Metrics and settings side by side',
      load: () => import('./models/compare.ts'),
    },
    {
      usage: 'add <run>',
      describe: 'Store the agent of a run as the next version of a name',
      load: () => import('./models/add.ts'),
    },
    {
      usage: 'promote <model>',
      describe: 'Make it the champion of its name',
      load: () => import('./models/promote.ts'),
    },
    {
      usage: 'archive <model>',
      describe: 'Take it out of use; its files stay',
      load: () => import('./models/archive.ts'),
    },
    {
      usage: 'export <model> <path>',
      describe: 'Copy it into a directory of its own',
      load: () => import('./models/export.ts'),
    },
    {
      usage: 'import <path>',
      describe: 'Take in an exported model, or a file of XGBoost or LightGBM, as the next version',
      load: () => import('./models/import.ts'),
    },
    {
      usage: 'verify',
      describe: 'Read every byte of every model',
      load: () => import('./models/verify.ts'),
    },
  ],
};

const trials: CommandGroup = {
  name: 'trials',
  describe: 'What was tried so far',
  commands: [
    { usage: 'list', describe: 'Every trial, the latest first', load: () => import('./trials/list.ts') },
    {
      usage: 'show <trial>',
      describe: 'All that is known of one, but its test returns',
      load: () => import('./trials/show.ts'),
    },
    {
      usage: 'export <file>',
      describe: 'All of them with their returns, as JSON lines',
      load: () => import('./trials/export.ts'),
    },
  ],
};

const tape: CommandGroup = {
  name: 'tape',
  describe: 'Look at tapes, and make them',
  commands: [
    {
      usage: 'verify <tape>',
      describe: 'Whether every byte is as it was written',
      load: () => import('./tape/verify.ts'),
    },
    { usage: 'info <tape>', describe: 'What a tape holds', load: () => import('./tape/info.ts') },
    {
      usage: 'prune <tape>',
      describe: 'Take its older part away, and keep what proves the rest',
      load: () => import('./tape/prune.ts'),
    },
    {
      usage: 'export <tape> <file>',
      describe: 'Its books, or its records, as a file',
      load: () => import('./tape/export.ts'),
    },
    {
      usage: 'make <tape>',
      describe: 'A tape of frames, made of order books',
      load: () => import('./tape/make.ts'),
    },
  ],
};

export const commands: readonly (CommandEntry | CommandGroup)[] = [
  {
    usage: 'quickstart',
    describe: 'Train PPO on the shipped S&P 500 prices and judge it',
    load: () => import('./quickstart.ts'),
  },
  { usage: 'train', describe: 'Train an agent into a run directory', load: () => import('./train.ts') },
  {
    usage: 'arbitrage',
    describe: 'Train an agent across venues, and judge it beside rules and the hindsight bound',
    load: () => import('./arbitrage.ts'),
  },
  {
    usage: 'fit <data>',
    describe: 'Train a supervised model and judge it on unseen rows',
    load: () => import('./fit.ts'),
  },
  {
    usage: 'predict <model> <data>',
    describe: 'Write what a model says of each row of a file',
    load: () => import('./predict.ts'),
  },
  {
    usage: 'evaluate [runs..]',
    describe: 'Judge trained runs, or a model, and write a report',
    load: () => import('./evaluate.ts'),
  },
  {
    usage: 'export <model>',
    describe: 'Write a model in a form that other programs run',
    load: () => import('./export.ts'),
  },
  {
    usage: 'costs <runs..>',
    describe: 'Trade trained runs again at other fees, spreads, latencies and capitals',
    load: () => import('./costs.ts'),
  },
  {
    usage: 'gym-server',
    describe: 'Offer an env to Gymnasium programs in Python',
    load: () => import('./gym-server.ts'),
  },
  {
    usage: 'list [name]',
    describe: 'Agents, envs, features and rewards, and their settings',
    load: () => import('./list.ts'),
  },
  data,
  {
    usage: 'check-leaks [names..]',
    describe: 'Prove that features, rewards, envs, models and pipelines know nothing of later data',
    load: () => import('./check-leaks.ts'),
  },
  {
    usage: 'experiment <file> [folder]',
    describe:
      'Run a matrix of tasks, agents and seeds, or a search; `experiment status FOLDER`: how far it is',
    load: () => import('./experiment.ts'),
  },
  {
    usage: 'worker',
    describe: 'Carry out trials that experiments of other machines put into a queue',
    load: () => import('./experiment/worker.ts'),
  },
  {
    usage: 'crossval',
    describe: 'Cross-validate an agent: train on every split of the rows, test on the rest',
    load: () => import('./crossval.ts'),
  },
  {
    usage: 'controls',
    describe: 'Train an agent where the answer is known: nothing to find, an edge of known size, an oracle',
    load: () => import('./controls.ts'),
  },
  {
    usage: 'zoo',
    describe: "Train with the RL Zoo's settings, beside its scores",
    load: () => import('./zoo.ts'),
  },
  {
    usage: 'prior',
    describe: 'Try whether a model helps an agent, and in which way',
    load: () => import('./prior.ts'),
  },
  {
    usage: 'update',
    describe: 'Train a model on newer data, judge it against the one in use, promote the better',
    load: () => import('./update.ts'),
  },
  trials,
  models,
  {
    usage: 'live',
    describe: 'Trade on paper with a policy, on a venue’s own messages',
    load: () => import('./live.ts'),
  },
  {
    usage: 'record',
    describe: 'Record the messages of venues, without trading',
    load: () => import('./record.ts'),
  },
  {
    usage: 'replay <tape>',
    describe: 'Run a recorded session again and compare it byte for byte',
    load: () => import('./replay.ts'),
  },
  {
    usage: 'serve <tape>',
    describe: 'Play a tape to any client, as its venues would',
    load: () => import('./serve.ts'),
  },
  tape,
  { usage: 'bench', describe: 'Measure the speed of the parts', load: () => import('./bench.ts') },
];
