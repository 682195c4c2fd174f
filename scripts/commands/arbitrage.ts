/** `market-gym arbitrage`: trains an agent across venues, and judges it on a later span beside rules and the bound. */
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { resolveConfig } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { createRng, MAX_SEED } from '../../core/rng.ts';
import { formatTable } from '../../core/text-table.ts';
import { arbitrageConfig } from '../../envs/arbitrage/config.ts';
import { SYNTHETIC_MARKET } from '../../envs/arbitrage/synthetic.ts';
import { COMBO_KINDS } from '../../envs/combos/kinds.ts';
import { completeParts } from '../../envs/parts.ts';
import { loadArbitrageBooks } from '../../experiments/data/arbitrage-books.ts';
import { countArbitrage } from '../../experiments/ledger/count-arbitrage.ts';
import { openCatalog } from '../../experiments/plugins/catalog.ts';
import { requireRecordNames, writeRecords } from '../../experiments/records/files.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import { type ArbitrageResult, trainArbitrage } from '../../trainers/arbitrage/train.ts';
import {
  arbitrageCurvesTable,
  legsTable,
  pairsTable,
  type RecordedArbitrage,
} from '../../trainers/records/arbitrage-tables.ts';
import { outcomeRows, renderArbitrageReport } from '../../trainers/report/arbitrage.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { type Console, createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import { CONVERT_OPTION, QUOTE_OPTION, readConversion } from '../terminal/data-options.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, pluginOptions } from '../terminal/plugin-options.ts';
import { RECORD_OPTIONS } from '../terminal/records/options.ts';
import { parseSettings } from '../terminal/settings.ts';
import { listOf, runCombos } from './arbitrage-kinds.ts';
import { ledgerOf, ledgerOptions } from './trials/ledger-options.ts';

/** Small steps from the cloned policy, over hours; `--set agent.key=value` overrides. */
export const ARBITRAGE_AGENT_SETTINGS: Readonly<Record<string, Record<string, unknown>>> = {
  ppo: {
    learningRate: 1e-4,
    gamma: 0.999,
    lambda: 0.97,
    rolloutSteps: 512,
    minibatchSize: 512,
    epochs: 4,
    hidden: [32],
    targetKl: 0.02,
  },
};
/** Few columns: what tells two hours of one tape apart tells nothing of the next. */
const ENV_SETTINGS = {
  decisionMs: 5000,
  sizes: [0.05],
  observed: ['edge', 'edge-mean', 'base', 'quote'],
};
/** Env steps that PPO is taught by example. */
const CLONING_STEPS = 120_000;
/** Env steps on the training span. */
const TAPE_STEPS = 100_000;
/** The market without a file: two venues for about a day. */
const SYNTHETIC_EVENTS = 20_000;

export const options = (yargs: Argv) =>
  ledgerOptions(pluginOptions(yargs))
    .option('kind', {
      choices: ['spread', ...COMBO_KINDS.map(({ name }) => name)],
      default: 'spread',
      describe: 'Arbitrage of the same thing at several venues, or of several markets, on markets made up',
    })
    .option('data', {
      type: 'string',
      describe:
        'Order books of two or more venues, or bars of each, by comma or once each; default: a synthetic market',
    })
    .option('funding', {
      type: 'string',
      describe: 'Rates of the perpetuals of --data, for a kind that has any: one file, or one each by comma',
    })
    .option('bar-spread-bps', {
      type: 'number',
      default: 5,
      describe: 'Spread that is assumed of bars, bp: they have no quotes',
    })
    .option('pair', {
      type: 'string',
      describe:
        'What the file trades, where it does not say: BTC/BRL; once for each file of bars that differ',
    })
    .option('convert', CONVERT_OPTION)
    .option('quote', QUOTE_OPTION)
    .option('agent', { type: 'string', default: 'ppo', describe: 'Agent to train' })
    .option('train-share', { type: 'number', default: 0.5, describe: 'Part of the time that is learnt from' })
    .option('cloning-steps', {
      coerce: wholeNumber('cloning-steps', 0),
      describe:
        'Env steps of the tuned ladder rule that the agent clones before it learns by itself; default 120000 for ppo, else 0',
    })
    .option('synthetic-steps', {
      default: '100000',
      coerce: wholeNumber('synthetic-steps', 0),
      describe: 'Env steps on a synthetic market fitted to the training span',
    })
    .option('steps', {
      default: '100000',
      coerce: wholeNumber('steps', 0),
      describe:
        'Env steps on the training span itself; of a kind, on markets made up or on the training span',
    })
    .option('seeds', { default: '5', coerce: wholeNumber('seeds', 1, 100), describe: 'Agents trained' })
    .option('seed', {
      default: '1',
      coerce: wholeNumber('seed', 0, MAX_SEED),
      describe: 'The first of the seeds',
    })
    .option('envs', {
      default: '8',
      coerce: wholeNumber('envs', 1, 1024),
      describe: 'Environments stepped together',
    })
    .option('set', { type: 'string', array: true, describe: 'agent.key=value or env.key=value' })
    .option('out', { type: 'string', default: 'arbitrage.html', describe: 'Report to write' })
    .options(RECORD_OPTIONS)
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg([
      'ledger',
      'kind',
      'data',
      'funding',
      'pair',
      'convert',
      'quote',
      'agent',
      'train-share',
      'cloning-steps',
      'synthetic-steps',
      'steps',
      'seeds',
      'seed',
      'envs',
      'set',
      'out',
      'trades',
      'fills',
      'curves',
    ]);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  requireRecordNames(args);
  const isRecorded = (args.trades ?? args.fills ?? args.curves) !== undefined;
  if (args.kind !== 'spread') {
    if (isRecorded) {
      throw new ConfigError(
        'usage',
        `--trades, --fills and --curves go with --kind spread; of ${args.kind} only the figures are kept.`,
      );
    }
    return runCombos(args, console);
  }
  if (args.funding !== undefined) {
    throw new ConfigError(
      'invalid-setting',
      'Spot has no funding: leave out --funding, or name a --kind such as carry.',
    );
  }
  if (!(args.trainShare > 0 && args.trainShare < 1)) {
    throw new ConfigError('invalid-value', `--train-share must be in (0, 1), got ${args.trainShare}.`);
  }
  const { steps: tapeSteps = TAPE_STEPS } = args;
  if (args.syntheticSteps + tapeSteps + (args.cloningSteps ?? 0) === 0) {
    throw new ConfigError(
      'invalid-value',
      'Nothing would be learnt: let --steps, --synthetic-steps or --cloning-steps be more than 0.',
    );
  }
  const books = await openBooks(args, console);
  const settings = parseSettings(args.set ?? [], ['agent', 'env']);
  const catalog = await openCatalog([], accessOf(args), 'The command');
  const resolved = resolveConfig(arbitrageConfig, { ...ENV_SETTINGS, ...settings.env }, 'env "arbitrage"');
  const config = completeParts(resolved, catalog);
  const agent = catalog.agents.get(args.agent);
  const agentSettings = { ...ARBITRAGE_AGENT_SETTINGS[agent.name], ...settings.agent };
  const cloningSteps = args.cloningSteps ?? (agent.name === 'ppo' ? CLONING_STEPS : 0);
  const sensitivity = { feeRates: [0, 0.0005, 0.001, 0.002], latenciesMs: [0, 250, 1000, 5000] };
  const judged: { seed: number; gainsBps: Float64Array }[] = [];
  const passes: RecordedArbitrage[] = [];
  const learning = new Map<number, { seed: number; steps: number[]; meanReturn: number[] }>();
  const result = trainArbitrage({
    books,
    config: { ...config, parts: catalog },
    agent,
    agentSettings,
    trainShare: args.trainShare,
    seeds: Array.from({ length: args.seeds }, (_, i) => args.seed + i),
    numEnvs: args.envs,
    cloningSteps,
    syntheticSteps: args.syntheticSteps,
    tapeSteps,
    sensitivity,
    onProgress: (message) => console.say(`${message} …`),
    onJudged: (seed, gainsBps) => judged.push({ seed, gainsBps }),
    onLearning: (seed, step, meanReturn) => {
      const curve = learning.get(seed) ?? { seed, steps: [], meanReturn: [] };
      learning.set(seed, curve);
      curve.steps.push(step);
      curve.meanReturn.push(meanReturn);
    },
    onRecord: (trader, seed, span, record) => passes.push({ trader, seed, span, record }),
  });
  const steps = { cloningSteps, syntheticSteps: args.syntheticSteps, tapeSteps };
  const trials = countArbitrage(ledgerOf(args), {
    books,
    span: result.spans.test,
    label: `${agent.name} on arbitrage`,
    settings: { agent: agent.name, agentSettings, config, numEnvs: args.envs, ...steps },
    judged,
    source: listOf(args.data).join(',') || 'a synthetic market',
    ledTo: args.out,
    timeMs: Date.now(),
    verdict: result.verdict.finding,
  });
  const title = `${agent.name} on ${books.venues.map(({ name }) => name).join(' and ')}`;
  const details = [
    `Books: ${listOf(args.data).join(',') || 'a synthetic market'}, ${books.length} events.`,
    `Env: ${JSON.stringify(config)}`,
    `Agent: ${JSON.stringify(agentSettings)}; ${cloningSteps} steps cloned, ${args.syntheticSteps} on the fitted market, ${tapeSteps} on the tape.`,
  ];
  details.push(...trials.sentences);
  writeFileAtomic(
    args.out,
    renderArbitrageReport(result, {
      title,
      ...sensitivity,
      details,
      passes,
      learning: [...learning.values()],
    }),
  );
  sayResult(result, console);
  console.say(`\n${trials.sentences.join('\n')}`);
  console.say(`The report is in ${resolve(args.out)}.`);
  const lines = writeRecords(args, {
    trades: () => pairsTable(passes),
    fills: () => legsTable(passes),
    curves: () => arbitrageCurvesTable(passes),
  });
  for (const line of lines) console.say(line);
  console.result({ out: args.out, ...result, trials: { ...trials.count, sentences: trials.sentences } });
  return 0;
}

function sayResult(result: ArbitrageResult, console: Console): void {
  for (const span of ['train', 'test'] as const) {
    console.say(
      `\n${span === 'train' ? 'Training' : 'Unseen'} span, bound ${result.boundBps[span].toFixed(2)} bp`,
    );
    console.say(formatTable(outcomeRows(result, span)));
  }
  console.say(`\n${result.verdict.text}`);
}

async function openBooks(
  args: Pick<Arguments, 'data' | 'pair' | 'seed' | 'convert' | 'quote' | 'barSpreadBps'>,
  console: Console,
): Promise<BookTape> {
  if (args.data === undefined) {
    console.say('No --data: on a synthetic market of two venues.');
    return new SyntheticVenues({ events: SYNTHETIC_EVENTS, ...SYNTHETIC_MARKET }).generate(
      createRng(args.seed),
    );
  }
  const { tape, notes } = await loadArbitrageBooks({
    data: listOf(args.data),
    pairs: listOf(args.pair),
    convert: readConversion(args),
    barSpreadBps: args.barSpreadBps,
  });
  for (const note of notes) console.say(note);
  return tape;
}
