/** `market-gym data fit`: a synthetic market of several venues with the properties of recorded books. */
import type { Argv } from 'yargs';
import { ConfigError } from '../../../core/errors.ts';
import { formatTable } from '../../../core/text-table.ts';
import { loadBooksOrCapture } from '../../../live/tape/capture.ts';
import { sliceTape } from '../../../market/books/tape-span.ts';
import { parsePair } from '../../../market/candles/currencies.ts';
import { parseTime } from '../../../market/files/time-text.ts';
import { fitSyntheticVenues } from '../../../market/synthetic/venue-fit.ts';
import { compareFit, type FitRow } from '../../../market/synthetic/venue-fit-report.ts';
import { writeFileAtomic } from '../../../storage/atomic.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { createConsole } from '../../terminal/console.ts';
import type { Io } from '../../terminal/io.ts';

export const options = (yargs: Argv) =>
  yargs
    .positional('file', { type: 'string', demandOption: true, describe: 'Order books of one or more venues' })
    .option('from', {
      type: 'string',
      describe: 'Fit the books received from this time on, e.g. 2020-06-21T08:00',
    })
    .option('to', { type: 'string', describe: 'Fit the books received before this time' })
    .option('pair', { type: 'string', describe: 'What the file trades, where it does not say: BTC/BRL' })
    .option('out', { type: 'string', describe: 'Write the parameters to this JSON file' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['from', 'to', 'pair', 'out']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run({ file, from, to, pair, out, json }: Arguments, io: Io): Promise<number> {
  const console = createConsole({ json }, io);
  const options = pair === undefined ? {} : { pair: parsePair(pair) };
  const { tape: whole, report } = await loadBooksOrCapture(file, options);
  const tape = sliceTape(whole, readTime(from, '--from', -Infinity), readTime(to, '--to', Infinity));
  for (const note of report.notes) console.say(note);
  const parameters = fitSyntheticVenues(tape);
  const rows = compareFit(tape, parameters);
  if (out !== undefined) writeFileAtomic(out, `${JSON.stringify(parameters, null, 2)}\n`);
  console.say(
    `Fitted to ${tape.length} books; the model's figures are the mean ± deviation of 5 simulations.`,
  );
  console.say(formatTable([['', 'data', 'model', '±', ''], ...rows.map(tableRow)]));
  if (out !== undefined) console.say(`The parameters are in ${out}.`);
  console.result({ file, books: tape.length, parameters, comparison: rows });
  return 0;
}

const tableRow = ({ name, unit, data, model, modelDeviation }: FitRow): string[] => [
  name,
  ...[data, model, modelDeviation].map((value) => String(Number(value.toPrecision(3)))),
  unit,
];

function readTime(text: string | undefined, option: string, absent: number): number {
  if (text === undefined) return absent;
  const timeMs = parseTime(text);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new ConfigError('invalid-time', `${option} "${text}" is no time; write it as 2020-06-21T08:00.`);
}
