/** `market-gym predict`: what a model says of each row of a file. */

import type { Argv } from 'yargs';
import { loadPredictionData } from '../../experiments/models/data.ts';
import { openModel } from '../../experiments/models/store.ts';
import { formatTime } from '../../market/candles/timestamps.ts';
import { predictSignal } from '../../models/signals/predict.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { readOptionsOf } from '../terminal/data-options.ts';
import type { Io } from '../terminal/io.ts';
import { storeOptions, tableOptions } from '../terminal/model-options.ts';
import { accessOf } from '../terminal/plugin-options.ts';

export const options = (yargs: Argv) =>
  storeOptions(tableOptions(yargs))
    .positional('model', {
      type: 'string',
      demandOption: true,
      describe: 'Folder of a model, or its name in the registry',
    })
    .positional('data', {
      type: 'string',
      demandOption: true,
      describe: 'Candles, or a table, as the model was trained on',
    })
    .option('out', { type: 'string', demandOption: true, describe: 'CSV file to write the predictions to' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['out', 'label', 'time', 'ignore', 'classes', 'horizon']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const { model } = await openModel(args.model, args.registry, accessOf(args));
  const input = await loadPredictionData(model, {
    ...args,
    file: args.data,
    read: readOptionsOf(args),
    classes: undefined,
  });
  const { rows, classNames, probabilities, classes, confidence, scores, provenance } = predictSignal(
    model,
    input,
  );
  const isClassifier = classNames.length > 0;
  const header = [
    'row',
    ...(input.timeMs === undefined ? [] : ['time']),
    ...(isClassifier ? ['class', 'confidence', ...classNames.map((name) => `p_${name}`)] : []),
    'score',
    'provenance',
  ];
  const lineOf = (i: number): string =>
    [
      rows[i],
      ...(input.timeMs === undefined ? [] : [formatTime(input.timeMs[rows[i]])]),
      ...(isClassifier
        ? [
            classNames[classes[i]],
            confidence[i],
            ...probabilities.subarray(i * classNames.length, (i + 1) * classNames.length),
          ]
        : []),
      scores[i],
      provenance[i],
    ]
      .map((cell) => (typeof cell === 'string' ? quoted(cell) : String(cell)))
      .join(',');
  writeFileAtomic(args.out, blocksOf(header.map(quoted).join(','), rows.length, lineOf));
  const numInSample = provenance.filter((kind) => kind === 'in-sample').length;
  console.say(
    `${rows.length} predictions, rows ${rows[0]} to ${rows[rows.length - 1]}${
      numInSample > 0 ? `; ${numInSample} of them of rows that the model has learnt from` : ''
    }: ${args.out}`,
  );
  console.result({ out: args.out, numRows: rows.length, numInSample });
  return 0;
}

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Lines that are written together. */
const BLOCK = 10_000;

/** The text of a file, a block of lines at a time: no string holds the lines of millions of rows. */
function* blocksOf(header: string, numLines: number, lineOf: (i: number) => string): Iterable<string> {
  yield `${header}\n`;
  for (let from = 0; from < numLines; from += BLOCK) {
    const length = Math.min(BLOCK, numLines - from);
    yield Array.from({ length }, (_, k) => `${lineOf(from + k)}\n`).join('');
  }
}
