/** Proves on a user's own feature, pipeline, reward, env or model that nothing in it knows later data. */
import { ConfigError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import { type Candles, sliceCandles } from '../market/candles/candles.ts';
import { geometricBrownian } from '../market/synthetic/candles.ts';
import { compareUpTo, type LookAhead, type Observed, perturbAfter, reacts } from './look-ahead.ts';
import { type LookAheadOptions, type LookAheadSubject, tracerOf } from './look-ahead-subjects.ts';

const NUM_CUTS = 12;
/** Hours and weekdays change with it. */
const GAP_MS = 50 * 3_600_000;
/** Bars that are changed one at a time, to find the nearest one that is read. */
const SEARCHED_BARS = 16;

/**
 * Changes all data after a row, many times, and compares everything that was shown at or before that row, bit by bit.
 * @throws ConfigError `look-ahead` naming the column, the row and how many bars ahead it reads; `look-ahead-unproven` when
 *   the subject shows nothing of the data; `row-unknown`
 * @example
 * await checkNoLookAhead(myFeature);
 * await checkNoLookAhead((candles) => new TradingEnv({ candles, config: { normalize: 'none' } }));
 */
export async function checkNoLookAhead(
  subject: LookAheadSubject,
  options: LookAheadOptions = {},
): Promise<void> {
  const { candles = randomWalk() } = options;
  const { name, trace, firstCut, isPrefix } = tracerOf(subject, options, candles);
  const original = await trace(candles);
  const cuts = options.cuts ?? usualCuts(original, firstCut, candles.length);
  let shown = false;
  for (const cut of cuts) {
    const perturbed = await trace(perturbAfter(candles, cut, candles.length, GAP_MS));
    const found = compareUpTo(cut, original, perturbed);
    if (found !== undefined) throw await explain(name, trace, candles, original, found);
    shown ||= reacts(cut, original, perturbed);
    if (!isPrefix || cut + 1 >= candles.length) continue;
    const ended = compareUpTo(cut, original, await traceEnd(trace, candles, cut, name));
    if (ended === undefined) continue;
    throw new ConfigError(
      'look-ahead',
      `The ${name} looks ahead: ${placeOf(ended)} is another when the data end at row ${cut}.`,
    );
  }
  if (shown) return;
  throw new ConfigError(
    'look-ahead-unproven',
    `The ${name} shows nothing of the data around the rows ${cuts.join(', ')}: a run that reacts to no change proves ` +
      'nothing. Give candles, cuts or steps that it goes through.',
  );
}

type Trace = (candles: Candles) => Observed[] | Promise<Observed[]>;

async function traceEnd(trace: Trace, candles: Candles, cut: number, name: string): Promise<Observed[]> {
  try {
    return await trace(sliceCandles(candles, 0, cut + 1));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      'look-ahead',
      `The ${name} cannot do without later data: with ${cut + 1} rows it says: ${text}`,
      {
        cause: error,
      },
    );
  }
}

/** How far ahead the value reads: the nearest bar that changes it, and the last one. */
async function explain(
  name: string,
  trace: Trace,
  candles: Candles,
  original: readonly Observed[],
  found: LookAhead,
): Promise<ConfigError> {
  const row = Math.floor(found.entry.time);
  const index = original.indexOf(found.entry);
  const changes = async (from: number, until?: number): Promise<boolean> => {
    const entry = (await trace(perturbAfter(candles, from, until, until === undefined ? GAP_MS : 0)))[index];
    return entry === undefined || !entry.values.every((value, k) => Object.is(value, found.entry.values[k]));
  };
  // What is there alone when later data change has no counterpart to search by.
  if (index < 0) return new ConfigError('look-ahead', `The ${name} looks ahead: ${placeOf(found)} appears.`);
  let low = found.cut;
  let high = candles.length - 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await changes(middle)) low = middle;
    else high = middle;
  }
  const last = low + 1 - row;
  let nearest = last;
  for (let ahead = 1; ahead < Math.min(last, SEARCHED_BARS); ahead++) {
    if (!(await changes(row + ahead - 1, row + ahead + 1))) continue;
    nearest = ahead;
    break;
  }
  const far =
    nearest === last ? `${last} bar${last === 1 ? '' : 's'} ahead` : `${nearest} to ${last} bars ahead`;
  return new ConfigError('look-ahead', `The ${name} looks ahead: ${placeOf(found)} reads ${far}.`);
}

function placeOf({ entry, place }: LookAhead): string {
  const column = entry.names?.[place] ?? (place < 0 ? entry.label : `${entry.label}[${place}]`);
  return `column "${column}" at row ${entry.time}`;
}

/** Rows between the first that shows something and the last but one, in equal steps. */
function usualCuts(
  entries: readonly Observed[],
  firstCut: number | undefined,
  length: number,
): readonly number[] {
  const times = entries.map(({ time }) => time);
  const first = firstCut ?? Math.min(...times);
  const last = Math.min(Math.max(...times) - 1, length - 2);
  const cuts = Array.from({ length: NUM_CUTS }, (_, i) =>
    Math.floor(first + ((last - first) * i) / (NUM_CUTS - 1)),
  );
  return [...new Set(cuts)].filter((cut) => cut >= 0);
}

function randomWalk(): Candles {
  const walk = geometricBrownian({ rng: createRng('look-ahead'), length: 420, stepMs: 3_600_000 });
  return walk;
}
