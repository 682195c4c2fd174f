/** `market-gym data describe`: what a file of candles holds, and what to mind about it. */
import type { Argv } from 'yargs';
import { loadCandles } from '../market/csv.ts';
import { describeCandles, formatDataQuality } from '../market/data-quality.ts';
import { SHIPPED_DATA, shippedDataPath } from './catalog.ts';
import { createConsole } from './console.ts';

export const describeOptions = (yargs: Argv) =>
  yargs
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'Candles: a CSV file (.gz too), or sp500',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' });

type DescribeArguments = Awaited<ReturnType<typeof describeOptions>['argv']>;

/** @returns the exit code */
export async function describeCommand({ file, json }: DescribeArguments): Promise<number> {
  const console = createConsole({ json });
  const { candles, report } = await loadCandles(file === SHIPPED_DATA ? shippedDataPath() : file);
  const quality = describeCandles(candles);
  for (const note of report.notes) console.say(note);
  console.say(formatDataQuality(quality));
  console.result({ file, ...report, ...quality });
  return 0;
}
