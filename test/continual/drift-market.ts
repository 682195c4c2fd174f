/** Simulated markets with a policy in use, for how often drift is told where nothing changes, and how soon where it does. */

import { DriftMonitor } from '../../continual/drift.ts';
import { driftConfig } from '../../continual/drift-config.ts';
import { createDriftProfile } from '../../continual/drift-profile.ts';
import { resolveConfig } from '../../core/config.ts';
import { createRng } from '../../core/rng.ts';
import { TradingEnv } from '../../envs/trading.ts';
import { type Candles, createCandles } from '../../market/candles/candles.ts';
import { geometricBrownian, meanReverting } from '../../market/synthetic/candles.ts';

// D: observation elements of the env.

export type Change = 'none' | 'volatility' | 'level' | 'collapse' | 'fills';

export interface DriftCase {
  readonly seed: number;
  readonly barMinutes: number;
  /** Decisions of the reference, then those that are watched. */
  readonly numReference: number;
  readonly numWatched: number;
  /** What sets in when the reference ends. */
  readonly change?: Change;
  readonly normalize?: 'rolling' | 'none';
  /** One more element: where the price is, as a feature of somebody's own might say. */
  readonly hasLevel?: boolean;
}

export const config = resolveConfig(driftConfig, {}, 'drift');
/** Bars before the first decision of the reference, so that the changed market is the same up to its end. */
const WARMUP_BARS = 300;
/** Decisions between two looks, as in a session. */
const CHECK_EVERY = 10;
/** Basis points; a fill at every fourth decision. */
const FILL_DEVIATION = 10;

/** Markets by turns: a random walk with a policy of random weights, a quick and a slow return with one that expects it. */
function createMarket({ seed, barMinutes }: DriftCase, length: number): Candles {
  const common = { rng: createRng(`drift-${seed}`), length, stepMs: barMinutes * 60_000, subSteps: 2 };
  if (seed % 3 === 0) return geometricBrownian({ ...common, volatilityPerYear: 0.5 });
  if (seed % 3 === 1) return meanReverting({ ...common, reversionPerBar: 0.05, deviation: 0.01 });
  return meanReverting({ ...common, reversionPerBar: 0.002, deviation: 0.02 });
}

/** From a row on every move is larger. */
function louder(candles: Candles, fromRow: number, factor: number): Candles {
  const { open, high, low, close, ...rest } = candles;
  const columns = { open: open.slice(), high: high.slice(), low: low.slice(), close: close.slice() };
  const start = close[fromRow - 1];
  for (const prices of Object.values(columns)) {
    for (let row = fromRow; row < prices.length; row++) {
      prices[row] = start * (prices[row] / start) ** factor;
    }
  }
  return createCandles({ ...rest, ...columns });
}

/** @returns after how many watched decisions the first alarm comes, and its sign; undefined when none comes */
export function watchMarket(drift: DriftCase): { after: number; sign: string; text: string } | undefined {
  const { seed, numReference, numWatched, change = 'none', normalize = 'rolling', hasLevel = false } = drift;
  const numDecisions = numReference + numWatched;
  const plain = createMarket(drift, WARMUP_BARS + numDecisions + 2);
  const candles = change === 'volatility' ? louder(plain, WARMUP_BARS + numReference, 3) : plain;
  const env = new TradingEnv({ candles, config: { normalize, window: 3, fromRow: WARMUP_BARS } });
  const { dim, names = [] } = env.observationSpace;
  const rng = createRng(`policy-${seed}`);
  const weights = Float64Array.from({ length: dim }, () => rng.gaussian() / Math.sqrt(dim));
  const fills = createRng(`fills-${seed}`);
  const choose = (observation: Float32Array, price: number): number => {
    let sum = 0;
    if (seed % 3 === 0) for (let d = 0; d < dim; d++) sum += weights[d] * observation[d];
    else sum = -30 * (price / 100 - 1);
    return sum > 0.3 ? 2 : sum < -0.3 ? 0 : 1;
  };
  const row = new Float32Array(dim + Number(hasLevel));
  const observations = new Float32Array(numReference * row.length);
  const actions = new Int32Array(numReference);
  const fillCostsBps: number[] = [];
  let monitor: DriftMonitor | undefined;
  let { observation, info } = env.reset();
  for (let n = 0; n < numDecisions; n++) {
    const isWatched = n >= numReference;
    const action = isWatched && change === 'collapse' ? 2 : choose(observation, info.price);
    row.set(observation);
    if (hasLevel) row[dim] = info.price / 100 - 1 + (isWatched && change === 'level' ? 0.1 : 0);
    const costBps = 5 + FILL_DEVIATION * fills.gaussian() + (isWatched && change === 'fills' ? 15 : 0);
    const isFill = n % 4 === 0;
    if (!isWatched) {
      observations.set(row, n * row.length);
      actions[n] = action;
      if (isFill) fillCostsBps.push(costBps);
    } else {
      monitor ??= new DriftMonitor(
        config,
        createDriftProfile(
          {
            isWhole: true,
            observations,
            actions,
            observationDim: row.length,
            actionDim: 1,
            names: [...names, 'level'],
            fillCostsBps,
          },
          config,
        ),
      );
      monitor.observeDecision(row, [action]);
      if (isFill) monitor.observeFill(costBps);
      const after = n - numReference + 1;
      const [alarm] = after % CHECK_EVERY === 0 ? monitor.check() : [];
      if (alarm !== undefined) return { after, sign: alarm.sign, text: alarm.text };
    }
    ({ observation, info } = env.step(action));
  }
  return undefined;
}

/** What there is by turns: the remainder of a seed by three. */
export const WALK = 0;
export const QUICK_RETURN = 1;
export const SLOW_RETURN = 2;

/**
 * The first market's seed, a multiple of three. The settings of the monitor were chosen on the seeds from 0 on: how it does
 * elsewhere, others tell. `DRIFT_SEED=3000 npx vitest run …`
 */
const FIRST_SEED = 3 * Math.floor(Number(process.env.DRIFT_SEED ?? 0) / 3);

/** @param kinds of the markets, each as often as the others */
export function casesOf(
  numMarkets: number,
  kinds: readonly number[],
  rest: Omit<DriftCase, 'seed' | 'numReference'>,
): DriftCase[] {
  const numReference = config.windowDecisions * config.referenceWindows;
  return Array.from({ length: numMarkets }, (_, i) => {
    const seed = FIRST_SEED + 3 * Math.floor(i / kinds.length) + kinds[i % kinds.length];
    return { seed, numReference, ...rest };
  });
}

/** The same for many markets. @returns the alarms, and their number by sign */
export function countAlarms(cases: readonly DriftCase[]) {
  const alarms = cases.flatMap((drift) => watchMarket(drift) ?? []);
  const bySign: Record<string, number> = {};
  for (const { sign } of alarms) bySign[sign] = (bySign[sign] ?? 0) + 1;
  const after = alarms.map((alarm) => alarm.after).sort((a, b) => a - b);
  const half = after[Math.floor(after.length / 2)];
  return { numAlarms: alarms.length, bySign, half };
}
