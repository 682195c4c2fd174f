/** `market-gym prior`: does a supervised model help an agent, and in which way? */
import type { Argv } from 'yargs';
import { buyAndHold } from '../../agents/rules/buy-and-hold.ts';
import { resolveConfig } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { formatTable } from '../../core/text-table.ts';
import { createTradingEnv } from '../../envs/trading.ts';
import { requireSoundModel } from '../../experiments/leaks/require-sound-model.ts';
import { countAccounts } from '../../experiments/ledger/count-accounts.ts';
import { seriesOf } from '../../experiments/ledger/run-entry.ts';
import { dataConfig } from '../../experiments/models/data.ts';
import { openModel } from '../../experiments/models/store.ts';
import {
  type Catalog,
  openCatalog,
  SHIPPED_DATA,
  shippedDataPath,
} from '../../experiments/plugins/catalog.ts';
import { hashCandles } from '../../market/candles/candles.ts';
import type { Feature } from '../../market/features/features.ts';
import { loadCandles } from '../../market/files/load-candles.ts';
import { completeSpec, computeTable, datasetFromCandles } from '../../models/data/dataset.ts';
import type { LabelConfig } from '../../models/data/labels.ts';
import type { ModelPlugin } from '../../models/model.ts';
import { settingsOfKind, type TrainingOverrides } from '../../models/train.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import { type Backtest, backtest } from '../../trainers/backtest.ts';
import { type Ablation, ablate, ablationConfig, combinationsFor } from '../../trainers/prior-ablation.ts';
import { priorPredictions } from '../../trainers/prior-signal.ts';
import { ablationRows, renderPriorPage } from '../../trainers/report/pages/prior.ts';
import { isoDate } from '../../trainers/spans.ts';
import { percent } from '../../trainers/verdict.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { finiteNumber, wholeNumber } from '../terminal/counts.ts';
import type { Io } from '../terminal/io.ts';
import { storeOptions } from '../terminal/model-options.ts';
import { accessOf } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';
import { ledgerOf, ledgerOptions } from './trials/ledger-options.ts';

export const options = (yargs: Argv) =>
  ledgerOptions(storeOptions(yargs))
    .option('model', {
      type: 'string',
      default: 'xgboost',
      describe: 'Kind of model, or a trained one (folder, or name in the registry), whose settings are taken',
    })
    .option('agent', { type: 'string', default: 'ppo', describe: 'Agent to be guided' })
    .option('data', { type: 'string', default: SHIPPED_DATA, describe: 'Candles: a CSV file, or sp500' })
    .option('seeds', {
      default: 10,
      coerce: wholeNumber('seeds', 1, 1000),
      describe: 'Trainings of each arm',
    })
    .option('steps', {
      default: 20_000,
      coerce: wholeNumber('steps', 1),
      describe: 'Env steps of a training',
    })
    .option('envs', { default: 1, coerce: wholeNumber('envs', 1, 1024), describe: 'Envs stepped together' })
    .option('test-share', {
      default: 0.3,
      coerce: finiteNumber('test-share'),
      describe: 'Last part of the rows, to judge by',
    })
    .option('only', {
      type: 'string',
      array: true,
      describe: 'Mechanisms to combine: columns, warm-start, pull, guidance, residual',
    })
    .option('set', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'Setting: agent., env., prior., model., data. or label.key=value',
    })
    .option('report', { type: 'string', describe: 'HTML page to write' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg([
      'model',
      'agent',
      'data',
      'seeds',
      'steps',
      'envs',
      'test-share',
      'only',
      'set',
      'report',
      'ledger',
    ]);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const settings = parseSettings(args.set, ['agent', 'env', 'prior', 'model', 'data', 'label']);
  const prior = resolveConfig(ablationConfig, settings.prior, 'the prior');
  const catalog = await openCatalog([], accessOf(args), 'The command');
  const plugin = catalog.agents.get(args.agent);
  const combinations = combinationsFor(plugin, args.only);
  if (!(args.testShare > 0 && args.testShare < 1)) {
    throw new ConfigError(
      'invalid-value',
      `--test-share takes a number between 0 and 1, got ${args.testShare}.`,
    );
  }
  const source = await chooseModel(args, settings, catalog);
  const { candles } = await loadCandles(args.data === SHIPPED_DATA ? shippedDataPath() : args.data);
  const doubts = await requireSoundModel({
    plugin: source.plugin,
    overrides: source.overrides,
    features: source.pipeline.features,
    knownFeatures: source.knownFeatures,
    env: settings.env,
    parts: catalog,
    candles,
  });
  for (const doubt of doubts) console.warn(doubt);
  const cutRow = Math.round(candles.length * (1 - args.testShare));
  const data = datasetFromCandles(candles, {
    ...source.pipeline,
    label: source.label,
    knownFeatures: source.knownFeatures,
  });
  const { config } = createTradingEnv({ candles, config: settings.env, parts: catalog });
  const predictions = await priorPredictions(data, { ...source, cutRow });
  const features = computeTable(
    candles,
    completeSpec({ ...config, features: config.features, clip: config.featureClip }),
    catalog.features,
  );
  const market = { candles, features, predictions, cutRow, config, parts: catalog };
  console.say(
    `Agent ${plugin.name} with a ${source.plugin.name} prior on ${args.data}: trained to ${isoDate(candles.timeMs[cutRow - 1])} with ` +
      `out-of-fold predictions from ${isoDate(candles.timeMs[predictions.rows[0]])} on, judged on ${candles.length - cutRow} later rows.`,
  );
  const seeds = Array.from({ length: args.seeds }, (_, i) => i + 1);
  const numRuns = (combinations.length + 1) * seeds.length;
  const progress = console.progress('prior', numRuns * args.steps);
  let numDone = 0;
  const training = {
    plugin,
    agentConfig: settings.agent,
    totalSteps: args.steps,
    numEnvs: args.envs,
  };
  const accounts: { arm: string; seed: number; account: Backtest }[] = [];
  const ablation = ablate(market, combinations, prior, training, seeds, (arm, seed, account) => {
    accounts.push({ arm, seed, account });
    progress.update(++numDone * args.steps, arm);
  });
  progress.stop();
  const judged = { candles, features, config: { ...config, fromRow: cutRow, toRow: 0 }, parts: catalog };
  const holding = backtest(judged, (env) =>
    buyAndHold.build({ ...env, numEnvs: 1, rng: createRng(0), totalSteps: 0 }),
  );
  const held = holding.metrics.totalReturn;
  const verdict = `${ablation.verdict} ${besideHolding(ablation, held)}`;
  console.say(`\n${formatTable(ablationRows(ablation, held))}\n\n${verdict}`);
  const shared = { ...training, plugin: plugin.name, prior, model: source.plugin.name, settings };
  const settingsOfArm = (arm: string): object => ({ ...shared, arm });
  // The verdict is about the arm that gained most.
  const best = ablation.arms.reduce((a, b) => ((b.gain?.mean ?? 0) > (a.gain?.mean ?? 0) ? b : a));
  const trials = countAccounts(ledgerOf(args), {
    kind: 'prior',
    ledTo: '',
    label: `${plugin.name} with a ${source.plugin.name} prior`,
    timeMs: Date.now(),
    place: {
      data: hashCandles(candles),
      fromMs: candles.timeMs[cutRow],
      toMs: candles.timeMs[candles.length - 1],
    },
    source: args.data,
    tried: accounts.map(({ arm, seed, account }) => ({
      settings: settingsOfArm(arm),
      seed,
      test: seriesOf(account),
    })),
    judged: settingsOfArm(best.name),
    periodsPerYear: accounts[0].account.periodsPerYear,
    verdict: ablation.verdict.split(':')[0],
  });
  console.say(`\nOf "${best.name}":\n${trials.sentences.join('\n')}`);
  if (args.report !== undefined) {
    const page = renderPriorPage({
      title: `${plugin.name} with a ${source.plugin.name} prior on ${args.data}`,
      subtitle: `Trained to ${isoDate(candles.timeMs[cutRow - 1])} for ${args.steps} steps with ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'} an arm, judged on ${candles.length - cutRow} later rows.`,
      ablation,
      verdict,
      held: holding,
      accounts,
      trials: trials.sentences,
      details: [`Prior: ${JSON.stringify(prior)}`, `Settings: ${JSON.stringify(settings)}`],
    });
    writeFileAtomic(args.report, page);
    console.say(`\nReport: ${args.report}`);
  }
  console.result({
    ...ablation,
    verdict,
    buyAndHold: held,
    trials: { ...trials.count, sentences: trials.sentences },
  });
  return 0;
}

interface ModelSource {
  readonly plugin: ModelPlugin;
  readonly overrides: TrainingOverrides;
  readonly pipeline: Parameters<typeof completeSpec>[0];
  readonly label: Partial<LabelConfig>;
  readonly knownFeatures: Iterable<Feature>;
}

/** A kind with its settings, or those of a trained model, which is trained anew on parts of the rows. */
async function chooseModel(
  args: Arguments,
  settings: Record<'model' | 'data' | 'label', Record<string, unknown>>,
  { models: kinds, features: knownFeatures }: Catalog,
): Promise<ModelSource> {
  const { model: reference, registry } = args;
  if (kinds.has(reference)) {
    return {
      plugin: kinds.get(reference),
      overrides: settings.model,
      pipeline: resolveConfig(dataConfig, settings.data, 'the data'),
      label: settings.label,
      knownFeatures,
    };
  }
  const { model, catalog } = await openModel(reference, registry, accessOf(args));
  if (model.pipeline === undefined || model.label === undefined) {
    throw new ConfigError(
      'pipeline-missing',
      `The model "${reference}" was trained on a table with the column "${model.shape.columns[0]}", which an env on candles does not have; ` +
        'give a model that was trained on candles.',
    );
  }
  const plugin = catalog.models.get(model.kind);
  const overrides = { ...settingsOfKind(plugin, model.config), ...settings.model };
  const label = { ...model.label, ...settings.label };
  return { plugin, overrides, pipeline: model.pipeline, label, knownFeatures: catalog.features };
}

/** Help is worth little where holding, or doing what the prior says, earns more. */
function besideHolding({ arms, priorReturn }: Ablation, held: number): string {
  const beats = (earned: number): string => {
    const better = arms.filter(({ interval }) => interval.low > earned).map(({ name }) => `"${name}"`);
    return better.length === 0
      ? "no trained arm's interval lies above it"
      : `${better.join(', ')} earned more`;
  };
  const same = priorReturn === held ? ', as much: on these rows the prior only ever says to hold' : '';
  return (
    `Buy-and-hold earned ${percent(held)}: ${beats(held)}. The prior alone earned ${percent(priorReturn)}${same}: ` +
    `${beats(priorReturn)}.`
  );
}
