/** Features of the other columns that a file of candles has: funding, sentiment, on-chain figures, a calendar. */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { parseBarSpec } from '../candles/bar-spec.ts';
import type { Candles } from '../candles/candles.ts';
import { defineFeature } from './features.ts';
import { pairColumns } from './pair-features.ts';

const NAME = 'column';

/** As `return:20@4h` is known by `@`, this one is known by its name: `column:NAME` or `column:NAME:lag=8h`. */
export const columnFeature = defineFeature({
  name: NAME,
  description:
    'Another column of the file, column:NAME or column:NAME:lag=8h: the last value known when the bar closes',
  bounded: false,
  config: z.object({
    name: z.string().default('').describe('the column, by the file’s own name'),
    lag: z
      .union([z.number().int().min(0), z.string()])
      .default(0)
      .describe('from the close of a value’s bar to its publication: bars, or a time such as 8h'),
    stepMs: z.number().positive().optional().describe('length of a bar, ms; the pipeline knows it'),
  }),
  lookback: (_, { name, lag, stepMs }) => lagRows(name, lag, stepMs),
  create(_, { name, lag, stepMs }) {
    if (name === '')
      throw new ConfigError('invalid-feature', 'Feature "column" names no column; write column:NAME.');
    const rows = lagRows(name, lag, stepMs);
    const lagMs = typeof lag === 'number' ? undefined : lagTime(name, lag);
    return (candles, row) => {
      const values = valuesOf(candles, name);
      if (lagMs === undefined) return values[row - rows];
      const knownMs = candles.timeMs[row] - lagMs;
      let from = row;
      while (from > row - rows && candles.timeMs[from] > knownMs) from--;
      return candles.timeMs[from] <= knownMs ? values[from] : Number.NaN;
    };
  },
});

function valuesOf({ extra }: Candles, name: string): Float64Array {
  const values = extra?.[name];
  if (values !== undefined) return values;
  throw new ConfigError(
    'missing-column',
    `The market has no column "${name}" for the feature column:${name}; give a file that has it with --data.`,
  );
}

/** NaN where bars of unknown length would have to be counted. */
function lagRows(name: string, lag: number | string, stepMs: number | undefined): number {
  if (typeof lag === 'number') return lag;
  const lagMs = lagTime(name, lag);
  return stepMs === undefined ? Number.NaN : Math.ceil(lagMs / stepMs);
}

function lagTime(name: string, lag: string): number {
  const spec = parseBarSpec(lag);
  if (spec.by === 'time') return spec.barMs;
  throw new ConfigError(
    'invalid-feature',
    `Feature "column:${name}": lag is "${lag}"; give bars, or a time such as 8h.`,
  );
}

/** `column:NAME` with the name as a setting, which is what the feature takes. */
export function columnSettings(spec: string): { name: string; settings: readonly string[] } | undefined {
  const [kind, name, ...settings] = spec.split(':');
  if (kind !== NAME || name === undefined || name.includes('=')) return undefined;
  return { name, settings };
}

/**
 * Columns of the file that feature specs name.
 * @param specs anything: what is no list of texts names none
 */
export function exogenousColumns(specs: unknown): string[] {
  if (!Array.isArray(specs)) return [];
  const names = specs.flatMap((spec) => {
    const name = typeof spec === 'string' ? columnSettings(spec.replace(/@[^@]*$/, ''))?.name : undefined;
    return name === undefined ? [] : [name];
  });
  const texts = specs.filter((spec): spec is string => typeof spec === 'string');
  return [...new Set([...names, ...pairColumns(texts)])];
}
