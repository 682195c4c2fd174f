/**
 * Decides as the champion–challenger gate whether a newly trained policy may take over from the one in use.
 *
 * Both trade the same stretch of market that neither has learnt from, the challenger in shadow. It takes over only when
 * it is better beyond what chance explains, within limits of drawdown and turnover. It is judged once, at the end of the
 * stretch: looking every day until it looks good would promote the lucky.
 */
import { type ConfigOf, z } from '../core/config.ts';
import { DataError } from '../core/errors.ts';
import { log } from '../core/math.ts';
import type { Json } from '../core/snapshot.ts';
import { mean } from '../core/statistics.ts';
import { LEAST_PERIODS } from '../market/statistics/regression.ts';
import { seedInterval } from '../market/statistics/seed-interval.ts';

const DAY_MS = 86_400_000;

export const gateConfig = z.object({
  forwardDays: z
    .number()
    .positive()
    .default(30)
    .describe('days of trading, unseen by both, after which a challenger is judged'),
  falsePromotionRate: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.05)
    .describe('chance that any of all challengers of one champion is promoted without being better'),
  embargoHours: z
    .number()
    .min(0)
    .default(24)
    .describe('hours between the last data that a challenger learnt from and the first it is judged by'),
  maxDrawdown: z
    .number()
    .gt(0)
    .max(1)
    .default(0.2)
    .describe('largest drawdown of a challenger, fraction of the highest equity'),
  maxTurnoverRatio: z
    .number()
    .positive()
    .default(3)
    .describe("a challenger's largest turnover, in multiples of the champion's"),
  freeTurnoverPerDay: z
    .number()
    .min(0)
    .default(1)
    .describe('turnover that is always allowed, multiples of the equity a day'),
});

export type GateConfig = ConfigOf<typeof gateConfig>;

/** What a policy made of the forward stretch. T periods; entry 0 of time and equity is the state before the first. */
export interface ForwardRun {
  /** [T + 1], UTC epoch */
  readonly timeMs: Float64Array;
  /** [T + 1], quote units */
  readonly equity: Float64Array;
  /** [T], |size|·price of all fills, per period. */
  readonly tradedNotional: Float64Array;
  /** Set when it could not go on: an action, weight or value that is not finite, an error. */
  readonly failure?: string;
}

export interface GateCase {
  readonly champion: ForwardRun;
  readonly challenger: ForwardRun;
  /** The newest data that the challenger has learnt from, UTC epoch. */
  readonly trainedToMs: number;
  /**
   * The newest data that the champion has learnt from, UTC epoch; NaN where nobody knows. For the evidence: one that knows
   * the stretch is only harder to beat, so a promotion holds, but a rejection says little. Callers refuse to ask then.
   */
  readonly championTrainedToMs: number;
  /** Which challenger of this champion it is, counted from 1: the more are tried, the more one must show. */
  readonly trial: number;
}

export interface GateVerdict {
  readonly decision: 'promote' | 'reject';
  /** In words, one for each reason to reject; the one for a promotion otherwise. */
  readonly reasons: readonly string[];
  /** For the registry. */
  readonly evidence: { readonly [key: string]: Json };
}

/**
 * Judges a challenger.
 *
 * The test: d_t = r_t(challenger) − r_t(champion) of log returns for the periods t of the stretch, its mean by Student's t with
 * Newey–West errors (`seedInterval`), which has a bound at any level. Promotion needs the one-sided lower bound at level α_k
 * above zero. The levels are spent: the k-th look, at the k-th challenger, has α_k = α / (k·(k + 1)), and the α_k of all looks
 * add up to the false-promotion rate α. No stretch of n periods can show more than that all of them agree, which chance does
 * once in 2ⁿ: where that is more often than α_k, the challenger is rejected and the periods that are needed are named.
 *
 * A champion whose equity is used up has no log return any more: it loses to any challenger that passes the other checks.
 * @throws DataError `unpaired-runs` when the champion's run is not of the same periods as the challenger's or not finite
 */
export function judgeChallenger(
  { champion, challenger, trainedToMs, championTrainedToMs, trial }: GateCase,
  config: GateConfig,
): GateVerdict {
  const reasons: string[] = [];
  const known = (timeMs: number): Json => (Number.isNaN(timeMs) ? null : timeMs);
  const evidence: Record<string, Json> = {
    trial,
    trainedToMs: known(trainedToMs),
    championTrainedToMs: known(championTrainedToMs),
  };
  const ownRuin = ruinOf(challenger);
  const failure =
    challenger.failure ??
    firstDefect(challenger) ??
    (ownRuin === undefined ? undefined : `its equity is used up at period ${ownRuin}`);
  if (failure !== undefined) {
    return { decision: 'reject', reasons: [failure], evidence: { ...evidence, failure } };
  }
  requirePaired(champion, challenger);
  const { timeMs } = challenger;
  const fromMs = timeMs[0];
  const toMs = timeMs[timeMs.length - 1];
  const days = (toMs - fromMs) / DAY_MS;
  const embargoMs = config.embargoHours * 3_600_000;
  if (!(trainedToMs + embargoMs <= fromMs)) {
    reasons.push(
      `it has learnt from data less than ${config.embargoHours} hours before, or within, the stretch it is judged by`,
    );
  }
  if (days < config.forwardDays) {
    reasons.push(`the stretch has ${days.toFixed(1)} days, ${config.forwardDays} are needed`);
  }
  const drawdown = largestDrawdown(challenger);
  if (drawdown > config.maxDrawdown) {
    reasons.push(`its drawdown of ${percent(drawdown)} is beyond ${percent(config.maxDrawdown)}`);
  }
  const turnover = turnoverPerDay(challenger);
  const ruin = ruinOf(champion);
  const championTurnover = turnoverPerDay(champion, ruin);
  const turnoverLimit = Math.max(config.freeTurnoverPerDay, config.maxTurnoverRatio * championTurnover);
  if (turnover > turnoverLimit) {
    reasons.push(
      `its turnover of ${turnover.toFixed(2)} a day is beyond ${turnoverLimit.toFixed(2)}, ` +
        `the champion's is ${championTurnover.toFixed(2)}`,
    );
  }
  Object.assign(evidence, {
    fromMs,
    toMs,
    numPeriods: timeMs.length - 1,
    drawdown,
    turnoverPerDay: turnover,
    championTurnoverPerDay: championTurnover,
  });
  if (ruin !== undefined) {
    evidence.championRuinMs = timeMs[ruin];
    if (reasons.length > 0) return { decision: 'reject', reasons, evidence };
    return { decision: 'promote', reasons: ["the champion's equity is used up, its own is not"], evidence };
  }
  const level = config.falsePromotionRate / (trial * (trial + 1));
  const ours = returnsOf(challenger);
  const theirs = returnsOf(champion);
  const differences = ours.map((value, t) => value - theirs[t]);
  const needed = periodsFor(level);
  if (differences.length < needed) {
    reasons.push(
      `${differences.length} periods cannot resolve the level ${level.toPrecision(2)} of challenger ${trial}; ` +
        `${needed} are needed: judge by shorter periods or a longer stretch`,
    );
    return { decision: 'reject', reasons, evidence: { ...evidence, level, periodsNeeded: needed } };
  }
  const estimate = mean(differences);
  const interval = seedInterval([{ estimate, influence: differences }], 1 - 2 * level);
  const gain = percent(interval.mean * ours.length);
  const leastGain = percent(interval.low * ours.length);
  if (!(interval.low > 0)) {
    reasons.push(
      `its return is not better beyond chance: ${gain} over the stretch, ` +
        `at worst ${leastGain} at level ${level.toPrecision(2)}`,
    );
  }
  Object.assign(evidence, {
    level,
    meanDifference: interval.mean,
    lowerBound: interval.low,
    standardError: interval.standardError,
    degrees: interval.degrees,
  });
  if (reasons.length > 0) return { decision: 'reject', reasons, evidence };
  return {
    decision: 'promote',
    reasons: [
      `${gain} better over ${days.toFixed(1)} days, at least ${leastGain} at level ${level.toPrecision(2)}`,
    ],
    evidence,
  };
}

/** Periods without which no test can be as sure as a level asks. */
function periodsFor(level: number): number {
  return Math.max(LEAST_PERIODS, Math.ceil(-log(level) / Math.LN2));
}

/** Log returns per period [T]: their mean is growth, where that of simple returns would reward mere swings. */
function returnsOf({ equity }: ForwardRun): Float64Array {
  return Float64Array.from({ length: equity.length - 1 }, (_, t) => log(equity[t + 1] / equity[t]));
}

/** 1 − V / (highest V before), at its largest. */
function largestDrawdown({ equity }: ForwardRun): number {
  let peak = equity[0];
  let largest = 0;
  for (const value of equity) {
    peak = Math.max(peak, value);
    largest = Math.max(largest, 1 - value / peak);
  }
  return largest;
}

/** @param end periods that count: from ruin on there is no equity to turn over */
function turnoverPerDay({ timeMs, tradedNotional, equity }: ForwardRun, end = tradedNotional.length): number {
  let sum = 0;
  for (let t = 0; t < end; t++) sum += tradedNotional[t] / equity[t];
  return end === 0 ? 0 : (sum * DAY_MS) / (timeMs[end] - timeMs[0]);
}

/** The first entry of the equity that is used up. */
function ruinOf({ equity }: ForwardRun): number | undefined {
  const place = equity.findIndex((value) => value <= 0);
  return place < 0 ? undefined : place;
}

/** What keeps a run from being judged, in words: too few periods, a number that is not finite. */
function firstDefect({ timeMs, equity, tradedNotional }: ForwardRun): string | undefined {
  if (equity.length < 3) return `it has ${Math.max(0, equity.length - 1)} periods, at least 2 are needed`;
  for (const [name, values] of Object.entries({ time: timeMs, equity, turnover: tradedNotional })) {
    const place = values.findIndex((value) => !Number.isFinite(value));
    if (place >= 0) return `its ${name} is ${values[place]} at period ${place}`;
  }
  return undefined;
}

function requirePaired(champion: ForwardRun, challenger: ForwardRun): void {
  const defect = firstDefect(champion);
  if (defect !== undefined) throw new DataError('unpaired-runs', `The champion cannot be judged: ${defect}.`);
  const { timeMs } = challenger;
  if (champion.timeMs.length === timeMs.length && champion.timeMs.every((time, t) => time === timeMs[t]))
    return;
  throw new DataError(
    'unpaired-runs',
    'Champion and challenger were not run over the same periods; replay both on the same tape.',
  );
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(2)} %`;
}
