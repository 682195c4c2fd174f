/** `market-gym bench`: how fast the parts are on this machine, beside a fixed yardstick. */
import type { Argv } from 'yargs';
import { writeFileAtomic } from '../storage/atomic.ts';
import { benchmarks } from './benchmarks.ts';
import { createConsole } from './console.ts';
import { formatTable } from './table.ts';

export const benchOptions = (yargs: Argv) =>
  yargs
    .option('only', { type: 'string', describe: 'Run only the rows whose names contain this' })
    .option('json', { type: 'string', describe: 'Write the rows to this file' })
    .requiresArg(['only', 'json']);

type BenchArguments = Awaited<ReturnType<typeof benchOptions>['argv']>;

interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** @returns the exit code */
export async function benchCommand({ only, json }: BenchArguments): Promise<number> {
  const console = createConsole({ json: false });
  const rows: Row[] = [];
  for (const { name, unit, measure } of benchmarks) {
    if (only !== undefined && name !== 'calibration' && !name.includes(only)) continue;
    const value = await measure();
    // What cannot be measured here is shown, but is no row.
    if (Number.isFinite(value)) rows.push({ name, value, unit });
    console.say(formatTable([[name.padEnd(38), formatValue(value).padStart(12), unit]]));
  }
  if (json !== undefined) writeFileAtomic(json, `${JSON.stringify(rows, null, 2)}\n`);
  return 0;
}

function formatValue(value: number): string {
  if (!Number.isFinite(value)) return 'no OpenBLAS';
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
