/** `market-gym evaluate --model`: judges a supervised model and writes a report. */

import { ConfigError } from '../../core/errors.ts';
import { countFit } from '../../experiments/ledger/count-fit.ts';
import { DEFAULT_LEDGER, type LedgerChoice } from '../../experiments/ledger/use-ledger.ts';
import { loadEvaluationData, type ModelDataOptions } from '../../experiments/models/data.ts';
import { openModel } from '../../experiments/models/store.ts';
import { version } from '../../experiments/version.ts';
import { type Dataset, rowsWithWindow } from '../../models/data/dataset.ts';
import type { TrainedModel } from '../../models/model.ts';
import { knows } from '../../models/signals/predictions.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import { evaluateModel } from '../../trainers/evaluate-model.ts';
import { recordedSignal } from '../../trainers/records/judged-accounts.ts';
import { modelReport } from '../../trainers/report/model.ts';
import { renderReport } from '../../trainers/report/render.ts';
import { isoDate } from '../../trainers/spans.ts';
import { createConsole } from './console.ts';
import { type DataArguments, readOptionsOf } from './data-options.ts';
import type { Io } from './io.ts';
import { classList } from './model-options.ts';
import { formatModelEvaluation, summarizeModelEvaluation } from './model-summary.ts';
import { accessOf, type CodeArguments } from './plugin-options.ts';
import { sayRecords } from './records/options.ts';
import { parseSettings } from './settings.ts';

/** What the command line says of a model to be judged. */
export interface EvaluateModelArguments
  extends DataArguments,
    CodeArguments,
    Omit<ModelDataOptions, 'file' | 'classes' | 'read'> {
  readonly data?: string;
  readonly classes?: string;
  readonly rows: 'unseen' | 'all';
  readonly set: readonly string[];
  readonly seed: number;
  readonly registry: string;
  readonly report?: string;
  readonly trades?: string;
  readonly fills?: string;
  readonly curves?: string;
  readonly ledger?: LedgerChoice;
  readonly json: boolean;
}

/** @returns the exit code */
export async function evaluateModelCommand(
  args: EvaluateModelArguments,
  path: string,
  io: Io,
): Promise<number> {
  const console = createConsole(args, io);
  if (args.data === undefined)
    throw new ConfigError('usage', 'Name the data to judge the model by with --data.');
  const settings = parseSettings(args.set, ['signal', 'costs']);
  const { model, catalog } = await openModel(path, args.registry, accessOf(args));
  const data = await loadEvaluationData(model, {
    ...args,
    file: args.data,
    read: readOptionsOf(args),
    classes: classList(args.classes),
  });
  const rows = chooseRows(model, data, args.rows);
  const judging = { ...settings, rules: catalog.signalRules, parts: catalog, seed: args.seed };
  const { evaluation, count, sentences } = countFit(
    args.ledger ?? DEFAULT_LEDGER,
    evaluateModel(model, data, { ...judging, rows }),
    data,
    { kind: 'evaluate', model, rows, judging, source: args.data, ledTo: path, timeMs: Date.now() },
  );
  const file = args.report ?? `${path.replace(/[\\/]+$/, '')}-report.html`;
  writeFileAtomic(
    file,
    renderReport(
      modelReport({
        title: `${model.kind} model on ${args.data}`,
        subtitle: describe(model, data, rows),
        modelName: model.kind,
        evaluation,
        trials: sentences,
        details: [
          { label: 'Repeat', value: `market-gym evaluate --model ${path} --data ${args.data}`, code: true },
          { label: 'Model', value: settingsOf(model), code: true },
          { label: 'Columns', value: model.shape.columns.join(', ') },
          {
            label: 'Trained on',
            value: `${model.trainedOn.numRows} rows, SHA-256 of the table ${model.trainedOn.dataHash}`,
          },
          { label: 'Judged on', value: `SHA-256 of the table ${data.hash}` },
          { label: 'Version', value: `market-gym ${version}` },
        ],
        caveats: [
          'A backtest fills every order at the bar price plus the modelled costs; a real market may not.',
          'An interval over one span says nothing about other markets or other years.',
        ],
      }),
    ),
  );
  console.say(`${describe(model, data, rows)}\n`);
  console.say(formatModelEvaluation(evaluation));
  if (sentences.length > 0) console.say(`\n${sentences.join('\n')}`);
  console.say(`\nReport: ${file}`);
  if (evaluation.trading !== undefined) {
    sayRecords(args, recordedSignal(evaluation.trading, model.kind), console);
  } else if ((args.trades ?? args.fills ?? args.curves) !== undefined) {
    console.warn(
      `Nothing was traded: "${args.data}" is a table, not candles; no file of trades was written.`,
    );
  }
  console.result({
    model: path,
    kind: model.kind,
    report: file,
    ...summarizeModelEvaluation(evaluation),
    trials: { ...count, sentences },
  });
  return 0;
}

/** The last unbroken run of rows that the model has not learnt from, so that its signal can be traded through. */
function chooseRows(model: TrainedModel, data: Dataset, wanted: 'unseen' | 'all'): Int32Array {
  const rows = rowsWithWindow(data, model.window);
  if (wanted === 'all') return rows;
  let first = rows.length;
  while (
    first > 0 &&
    !knows(model.trainedOn, rows[first - 1], data) &&
    (first === rows.length || data.candles === undefined || rows[first] === rows[first - 1] + 1)
  ) {
    first--;
  }
  if (first < rows.length) return rows.subarray(first);
  throw new ConfigError(
    'in-sample',
    'The model has learnt from the last row of these data, so that nothing unseen follows; bring later data, or add --rows all.',
  );
}

function describe({ kind, trainedOn }: TrainedModel, { timeMs }: Dataset, rows: Int32Array): string {
  const [first, last] = [rows[0], rows[rows.length - 1]];
  const place = (row: number): string => (timeMs === undefined ? `row ${row}` : isoDate(timeMs[row]));
  return `Model of kind ${kind}, trained on ${trainedOn.numRows} rows, judged on ${rows.length}, ${place(first)} to ${place(last)}.`;
}

/** One setting a line. */
function settingsOf({ kind, config, label }: TrainedModel): string {
  return [
    `kind: ${kind}`,
    ...Object.entries(config).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
    ...Object.entries(label ?? {}).map(([key, value]) => `label.${key}: ${JSON.stringify(value)}`),
  ].join('\n');
}
