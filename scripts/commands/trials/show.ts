/** `market-gym trials show`: all that is known of a trial, but what it earned on the test span. */
import type { Argv } from 'yargs';
import { formatColumns } from '../../../core/text-table.ts';
import { periodsPerYear } from '../../../market/candles/periods.ts';
import { sharpeRecord } from '../../../market/statistics/deflation.ts';
import type { TrialSeries } from '../../../storage/trials/trial.ts';
import { isoDate } from '../../../trainers/spans.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { wholeNumber } from '../../terminal/counts.ts';
import type { Io } from '../../terminal/io.ts';
import { formatTime } from '../../terminal/model-text.ts';
import { trialsOptions, withTrials } from './open.ts';

export const options = (yargs: Argv) =>
  trialsOptions(yargs).positional('trial', {
    demandOption: true,
    coerce: wholeNumber('trial', 1),
    describe: 'Its number, as trials list has it',
  });

/** @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  return withTrials(args, io, (ledger, console) => {
    const { validation, test, ...row } = ledger.get(args.trial as number);
    const { place } = row;
    const others = place === undefined ? undefined : ledger.trialsOn(place, { sampleSize: 0 });
    console.say(
      formatColumns([
        ['trial', String(row.number)],
        ['when', formatTime(row.timeMs)],
        ['kind', row.kind],
        ['what', row.label],
        ['settings', row.configuration],
        ['seeds', row.seeds.join(', ')],
        ['data', place === undefined ? '–' : `${row.source}, hash ${place.data}`],
        ['judged by', place === undefined ? '–' : `${isoDate(place.fromMs)} to ${isoDate(place.toMs)}`],
        ['validation', validation === undefined ? '–' : describeSeries(validation)],
        ['test', test === undefined ? '–' : `${test.returns.length} returns, shown by evaluate alone`],
        ['led to', row.ledTo],
        ['verdict', row.verdict ?? '–'],
        [
          'on this span',
          others === undefined ? '–' : `${others.numConfigurations} settings in ${others.numRows} rows`,
        ],
      ]),
    );
    console.result({ ...row, numConfigurations: others?.numConfigurations, numRows: others?.numRows });
    return 0;
  });
}

function describeSeries({ timeMs, returns }: TrialSeries): string {
  const sharpe = sharpeRecord(returns).sharpe * Math.sqrt(periodsPerYear(timeMs));
  return `${returns.length} returns, Sharpe ratio ${Number.isNaN(sharpe) ? '–' : sharpe.toFixed(2)} a year`;
}
