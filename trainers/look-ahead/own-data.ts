/** Finds columns that go by data of their own, which no change of the market's reaches, and tells those that know the future by it. */
import { createRng } from '../../core/rng.ts';
import { correlation } from '../../core/statistics.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import type { LeakFinding } from './findings.ts';
import type { Observed } from './trace.ts';
import type { Tracer } from './tracer.ts';

/** Bars that are put before the first. */
const ROWS_BEFORE = 37;
/** Nothing honest that does not even read the bars goes with the next one like this. */
const FOREKNOWLEDGE = 0.3;
const LEAST_ROWS = 60;
/** Share of the rows that must go by their number. */
const LEAST_SHARE = 0.2;
const ROUNDING = 1e-6;

/**
 * Columns that are the same to the bit when every price and volume is another, and that go with the return of the bar after them:
 * labels and later data come in by a file or a variable of the plugin's own.
 */
export async function findForeknowledge(
  { name, trace, close, timeOf }: Tracer,
  original: readonly Observed[],
): Promise<LeakFinding[]> {
  if (close === undefined) return [];
  const replaced = await attempt(() => trace({ replaced: true }));
  if (replaced === undefined) return [];
  const { names, isLike } = usualForm(original);
  const usable = original.filter(
    (entry, i) =>
      isLike(entry) &&
      Number.isInteger(entry.time) &&
      entry.time + 1 < close.length &&
      replaced[i]?.time === entry.time,
  );
  const next = usable.map(({ time }) => close[time + 1] / close[time] - 1);
  return names.flatMap((column, place) => {
    const isFixed = original.every(
      (entry, i) => !isLike(entry) || Object.is(entry.values[place], replaced[i]?.values[place]),
    );
    const values = usable.map((entry) => entry.values[place]);
    if (!isFixed || usable.length < LEAST_ROWS || values.some((value) => !Number.isFinite(value))) return [];
    const rho = correlation(values, next);
    if (!(Math.abs(rho) > FOREKNOWLEDGE)) return [];
    const row = usable[0].time;
    return [
      {
        kind: 'foreknowledge' as const,
        column,
        row,
        time: timeOf(row),
        reads: [row + 1, row + 1] as const,
        message:
          `The ${name} looks ahead: column "${column}" reads no bar, and yet goes with the return of the next one (correlation ` +
          `${rho.toFixed(2)} over ${usable.length} rows): it comes from data of its own that knows it.`,
      },
    ];
  });
}

/**
 * Columns whose values change when other bars stand before all that they may read, and are then the same whatever those bars
 * are: they go by the number of the row.
 */
export async function findOwnData(tracer: Tracer, original: readonly Observed[]): Promise<LeakFinding[]> {
  const { name, trace, ignoresRowNumber, timeOf } = tracer;
  if (!ignoresRowNumber) return [];
  const shifted = await Promise.all(
    [1, 2].map((seed) =>
      attempt(() =>
        trace({
          before: geometricBrownian({ rng: createRng(seed), length: ROWS_BEFORE, stepMs: 3_600_000 }),
        }),
      ),
    ),
  );
  const [first, second] = shifted.map(
    (entries) => new Map(entries?.map((entry) => [entry.time - ROWS_BEFORE, entry])),
  );
  const { names, isLike } = usualForm(original);
  return names.flatMap((column, place) => {
    // A number of rows or events is what it says.
    if (column === 'info.row') return [];
    const changed = original.filter((entry) => {
      if (!isLike(entry)) return false;
      const { time, values } = entry;
      const [own, one, two] = [
        values[place],
        first.get(time)?.values[place],
        second.get(time)?.values[place],
      ];
      return one !== undefined && Object.is(one, two) && !isClose(own, one);
    });
    if (changed.length < LEAST_SHARE * original.length) return [];
    const { time: row } = changed[0];
    return [
      {
        kind: 'own-data' as const,
        column,
        row,
        time: timeOf(Math.floor(row)),
        message:
          `The ${name} is not proved: column "${column}" at row ${row} goes by the number of the row, not by the bars, so by data of ` +
          'its own that the check cannot change. Read them from the candles, or prove it on the candles that they belong to.',
      },
    ];
  });
}

/** The columns of most entries: a reset has others than a step. */
function usualForm(entries: readonly Observed[]): {
  names: readonly string[];
  isLike: (entry: Observed) => boolean;
} {
  const last = entries.at(-1);
  const width = last?.values.length ?? 0;
  return {
    names: last?.names ?? [],
    isLike: ({ values }) => values.length === width,
  };
}

const isClose = (a: number, b: number): boolean =>
  Object.is(a, b) || Math.abs(a - b) <= ROUNDING * Math.max(Math.abs(a), Math.abs(b));

/** What cannot be done on changed data is no evidence. */
async function attempt<Result>(action: () => Result | Promise<Result>): Promise<Result | undefined> {
  try {
    return await action();
  } catch {
    return undefined;
  }
}
