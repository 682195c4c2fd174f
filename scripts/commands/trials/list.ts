/** `market-gym trials list`: what was tried, the latest first. */
import type { Argv } from 'yargs';
import { formatColumns } from '../../../core/text-table.ts';
import type { TrialRow } from '../../../storage/trials/trial.ts';
import { isoDate } from '../../../trainers/spans.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { wholeNumber } from '../../terminal/counts.ts';
import type { Io } from '../../terminal/io.ts';
import { formatTime } from '../../terminal/model-text.ts';
import { trialsOptions, withTrials } from './open.ts';

export const options = (yargs: Argv) =>
  trialsOptions(yargs)
    .option('data', { type: 'string', describe: 'Only those on data whose hash begins so' })
    .option('limit', { default: 20, coerce: wholeNumber('limit', 1), describe: 'Rows at most' })
    .requiresArg(['data', 'limit']);

/** Test returns are in the ledger, and listed nowhere: to see them is to look at the test span. @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { data, limit } = args;
  return withTrials(args, io, (ledger, console) => {
    const rows = ledger.list({ data, limit });
    if (rows.length === 0) console.say('The ledger holds no such trial.');
    else console.say(formatColumns([HEAD, ...rows.map(cellsOf)]));
    console.result({ trials: rows });
    return 0;
  });
}

const HEAD = ['trial', 'when', 'kind', 'what', 'settings', 'seeds', 'data', 'judged by', 'led to', 'verdict'];

function cellsOf(row: TrialRow): string[] {
  const { place } = row;
  return [
    String(row.number),
    formatTime(row.timeMs),
    row.kind,
    row.label,
    row.configuration.slice(0, 8),
    row.seeds.join(','),
    place === undefined ? '–' : place.data.slice(0, 8),
    place === undefined ? '–' : `${isoDate(place.fromMs)} to ${isoDate(place.toMs)}`,
    row.ledTo,
    row.verdict ?? '–',
  ];
}
