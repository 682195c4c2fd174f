/** `market-gym fit`: trains a supervised model and judges it on rows it has not seen. */
import { readFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import { ConfigError, DataError } from '../../core/errors.ts';
import { MAX_SEED } from '../../core/rng.ts';
import { requireSoundModel } from '../../experiments/leaks/require-sound-model.ts';
import { countFit } from '../../experiments/ledger/count-fit.ts';
import { loadTrainingData } from '../../experiments/models/data.ts';
import { addTfjsFor } from '../../experiments/models/kinds.ts';
import { requireTarget, storeModel } from '../../experiments/models/store.ts';
import { openCatalog } from '../../experiments/plugins/catalog.ts';
import { classBalance, type Dataset, rowsWithWindow } from '../../models/data/dataset.ts';
import { holdOut, holdOutFrom, walkForward } from '../../models/data/splitters.ts';
import { outOfFold } from '../../models/signals/out-of-fold.ts';
import { resolveModelConfig, trainModel } from '../../models/train.ts';
import { attempt } from '../../storage/atomic.ts';
import { evaluateModel, judgePredictions } from '../../trainers/evaluate-model.ts';
import { rowAt } from '../../trainers/spans.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { finiteNumber, wholeNumber } from '../terminal/counts.ts';
import { readOptionsOf } from '../terminal/data-options.ts';
import type { Io } from '../terminal/io.ts';
import { classList, storeOptions, tableOptions } from '../terminal/model-options.ts';
import {
  formatModelEvaluation,
  headlineMetrics,
  summarizeModelEvaluation,
} from '../terminal/model-summary.ts';
import { accessOf } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';
import { ledgerOf, ledgerOptions } from './trials/ledger-options.ts';

export const options = (yargs: Argv) =>
  ledgerOptions(storeOptions(tableOptions(yargs)))
    .positional('data', {
      type: 'string',
      demandOption: true,
      describe: 'Candles (a CSV file, or sp500), or a table with a label column',
    })
    .option('model', { type: 'string', default: 'xgboost', describe: 'Kind of model: see market-gym list' })
    .option('out', { type: 'string', describe: 'Folder to write the model to' })
    .option('save', { type: 'string', describe: 'Name to save the model under in the registry' })
    .option('set', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe:
        'Setting: model.key=value, data.key=value, label.key=value, signal.key=value or costs.key=value',
    })
    .option('topology', { type: 'string', describe: 'With --model tfjs: JSON file of a LayersModel' })
    .option('task', {
      choices: ['classification', 'regression'] as const,
      describe: 'What the labels of a table are',
    })
    .option('seed', {
      default: 1,
      coerce: wholeNumber('seed', 0, MAX_SEED),
      describe: 'Seed that decides everything',
    })
    .option('test-share', {
      default: 0.2,
      coerce: finiteNumber('test-share'),
      describe: 'Last part of the rows, kept to judge by; 0: none',
    })
    .option('test-from', { type: 'string', describe: 'First day to judge by, in place of --test-share' })
    .option('walk-forward', {
      default: 0,
      coerce: wholeNumber('walk-forward', 0, 100),
      describe:
        'Blocks of a walk-forward run over the training rows, judged before the final model is trained',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg([
      'ledger',
      'model',
      'out',
      'save',
      'topology',
      'set',
      'seed',
      'test-share',
      'test-from',
      'walk-forward',
      'label',
      'time',
      'ignore',
      'classes',
      'horizon',
    ]);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const settings = parseSettings(args.set, ['model', 'data', 'label', 'signal', 'costs']);
  const catalog = await openCatalog([], accessOf(args), 'The command');
  const kinds = await addTfjsFor(args.model, catalog.models);
  const plugin = kinds.get(args.model);
  const overrides = {
    seed: args.seed,
    ...settings.model,
    ...(args.topology !== undefined && { topology: readText(args.topology) }),
  };
  const config = resolveModelConfig(plugin, overrides);
  requireTarget(args);
  const data = await loadTrainingData(
    { ...args, file: args.data, read: readOptionsOf(args), classes: classList(args.classes) },
    settings.data,
    settings.label,
    catalog.features,
  );
  const doubts = await requireSoundModel({
    plugin,
    overrides,
    features: data.pipeline?.features ?? [],
    knownFeatures: catalog.features,
    env: settings.costs,
    parts: catalog,
    candles: data.candles,
  });
  for (const doubt of doubts) console.warn(doubt);
  const window = plugin.window(config);
  const rows = rowsWithWindow(data, window);
  const { train, test } = splitRows(data, rows, window, args);
  console.say(describeData(data, train, test));
  const { signal, costs } = settings;
  const judging = { signal, costs, rules: catalog.signalRules, parts: catalog, seed: args.seed };

  let walked: ReturnType<typeof judgePredictions> | undefined;
  if (args.walkForward > 0) {
    const training: Dataset = { ...data, rows: train };
    const { predictions } = await outOfFold(
      training,
      walkForward({ folds: args.walkForward }),
      plugin,
      overrides,
    );
    walked = judgePredictions(predictions, training, judging);
    console.say(`\nWalk-forward, ${args.walkForward} blocks within the training rows\n`);
    console.say(formatModelEvaluation(walked));
  }
  const progress = console.progress(`fit ${plugin.name}`, 1);
  const model = await trainModel(data, plugin, overrides, { rows: train });
  progress.stop();
  const judgeOn = (rows: Int32Array) =>
    countFit(ledgerOf(args), evaluateModel(model, data, { ...judging, rows }), data, {
      model,
      rows,
      source: args.data,
      ledTo: args.out ?? args.save ?? '',
      timeMs: Date.now(),
      judging,
    });
  let counted: ReturnType<typeof judgeOn> | undefined;
  try {
    counted = test && judgeOn(test);
  } catch (error) {
    // What was fitted is kept where its pass fails; data and settings that do not fit are refused before anything is written.
    if (error instanceof DataError || error instanceof ConfigError) throw error;
    console.warn(`Model, not judged: ${storeModel(args, model, {}, catalog.files).join(', ')}`);
    throw error;
  }
  const judged = counted?.evaluation;
  const metrics = judged === undefined ? {} : headlineMetrics(judged);
  const places = storeModel(args, model, metrics, catalog.files);
  if (judged !== undefined) {
    console.say(`\nTest part, the last ${test?.length} rows, which no model has learnt from\n`);
    console.say(formatModelEvaluation(judged));
    console.say(`\n${counted?.sentences.join('\n')}`);
  }
  console.say(`\nModel: ${places.join(', ')}`);
  console.result({
    model: places,
    kind: plugin.name,
    numTrainingRows: train.length,
    training: model.predictor.summary,
    walkForward: walked && summarizeModelEvaluation(walked),
    test: judged && summarizeModelEvaluation(judged),
    trials: counted && { ...counted.count, sentences: counted.sentences },
  });
  return 0;
}

/** The rows to learn from, and those to judge by, where any are kept. */
function splitRows(
  data: Dataset,
  rows: Int32Array,
  window: number,
  { testShare, testFrom }: Arguments,
): { train: Int32Array; test: Int32Array | undefined } {
  const target = { rows, labelEnds: data.labelEnds };
  if (testFrom !== undefined) {
    const { timeMs } = data;
    if (timeMs === undefined) {
      throw new ConfigError(
        'invalid-split',
        'The table has no times, so --test-from means nothing; use --test-share.',
      );
    }
    return holdOutFrom(target, rowAt({ timeMs, length: timeMs.length }, testFrom), window);
  }
  return testShare > 0 ? holdOut(target, testShare, window) : { train: rows, test: undefined };
}

function readText(file: string): string {
  return attempt('read', file, () => readFileSync(file, 'utf8'));
}

function describeData(data: Dataset, train: Int32Array, test: Int32Array | undefined): string {
  const parts = [
    `${train.length} rows to learn from`,
    ...(test === undefined ? [] : [`${test.length} to judge by`]),
  ];
  const balance = classBalance(data, train)
    .map(({ name, count, share }) => `${name} ${count} (${(share * 100).toFixed(1)} %)`)
    .join(', ');
  return `${parts.join(', ')}; ${data.table.numColumns} columns${balance && `\nClasses to learn from: ${balance}`}`;
}
