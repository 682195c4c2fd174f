/** Trades a trained agent again at other fees, half-spreads, latencies and capitals: what is left of what it earned. */
import { DataError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import { mean, standardDeviation } from '../../core/statistics.ts';
import type { Env } from '../../envs/env.ts';
import { delayActions } from '../../envs/wrappers/delay-actions.ts';
import { nextTurn } from '../../live/connection/clock.ts';
import { elapsedYears, periodsPerYear } from '../../market/candles/periods.ts';
import { playEpisode } from '../../trainers/episode.ts';
import type { ReportCapacity, ReportCostCell, ReportCosts } from '../../trainers/report/costs.ts';
import type { TrainedRun } from '../run/judge-runs.ts';
import { namingEnv } from '../run/judged-task.ts';
import { createEvaluationEnv } from '../run/parts.ts';
import type { Run } from '../run/spec.ts';
import { type CellCosts, type CostAxes, costAxes } from './axes.ts';

export interface CostOptions {
  /** Fractions of notional; default: multiples of the run's, 0 among them. */
  readonly fees?: readonly number[];
  /** Half-spreads, fractions of price. */
  readonly slippages?: readonly number[];
  /** Milliseconds where the env has latencies, else bars. */
  readonly latencies?: readonly number[];
  /** Quote units; default: the run's, and decades above it. */
  readonly capitals?: readonly number[];
  /** Of the square-root impact, where the run has none; default 1. */
  readonly impactCoefficient?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Halvings of a bracket of the break-even fee. */
const HALVINGS = 7;
/** Fees beyond this are not looked for. */
const HIGHEST_FEE = 0.05;
const DECADES = 7;

/**
 * The same agents, as they are, on the test span; figures are means over the runs.
 * @returns undefined where it was interrupted
 * @throws ConfigError `no-costs`; EnvError naming the env
 */
export async function costSurface(
  runs: readonly TrainedRun[],
  options: CostOptions = {},
): Promise<ReportCosts | undefined> {
  const [{ run }] = runs;
  const axes = costAxes(run.spec);
  const fees = options.fees ?? multiplesOf(axes.base.fee, [0, 0.5, 1, 2, 4], [0, 1e-4, 2e-4, 5e-4, 1e-3]);
  const slippages = axes.hasSlippage
    ? (options.slippages ?? multiplesOf(axes.base.slippage, [0, 1, 2, 5], [0, 1e-4, 2e-4, 5e-4]))
    : [axes.base.slippage];
  const latencies = options.latencies ?? usualLatencies(axes);
  const { capitals, impact, without } = capacityOf(run, axes, options);
  const total =
    fees.length * slippages.length * latencies.length + capitals.length + slippages.length + latencies.length;
  let done = 0;
  const play = (costs: CellCosts, more: Readonly<Record<string, unknown>> = {}): Played =>
    namingEnv(run, () => meanOf(runs.map((trained) => playWith(trained, axes, costs, more))));
  const tick = async (): Promise<boolean> => {
    options.onProgress?.(++done, total);
    // Lets signals have their turn.
    await nextTurn();
    return options.signal?.aborted ?? false;
  };

  const cells: ReportCostCell[] = [];
  for (const latency of latencies) {
    for (const slippage of slippages) {
      for (const fee of fees) {
        cells.push({ fee, slippage, latency, ...play({ fee, slippage, latency }) });
        if (await tick()) return undefined;
      }
    }
  }
  const { base } = axes;
  const others = [
    ...slippages.map((slippage) => ({ slippage, latency: base.latency })),
    ...latencies
      .filter((latency) => latency !== base.latency)
      .map((latency) => ({ slippage: base.slippage, latency })),
  ];
  const breakEven: ReportCosts['breakEven'][number][] = [];
  for (const at of others) {
    breakEven.push({ ...at, ...breakEvenFee((fee) => play({ ...at, fee }).netReturn, fees) });
    if (await tick()) return undefined;
  }
  const points: ReportCapacity['points'][number][] = [];
  for (const capital of capitals) {
    points.push({ capital, ...play({}, { [axes.capitalKey]: capital, ...impact.settings }) });
    if (await tick()) return undefined;
  }
  return {
    env: run.spec.env.name,
    agent: run.spec.agent.name,
    days: daysOf(run),
    checkpointSteps: runs.map(({ checkpoint }) => checkpoint.steps),
    base,
    latencyUnit: axes.latencyUnit,
    hasSlippage: axes.hasSlippage,
    ...(areFlat(cells) && { feeNote: flatNote(axes) }),
    cells,
    breakEven,
    capacity: { means: impact.means, points, ...limitsOf(points), ...(without && { without }) },
  };
}

/** Whether no fee of several changes anything. */
function areFlat(cells: readonly ReportCostCell[]): boolean {
  const [first] = cells;
  const same = cells.filter(
    ({ slippage, latency }) => slippage === first.slippage && latency === first.latency,
  );
  return same.length > 1 && same.every(({ netReturn }) => netReturn === first.netReturn);
}

function flatNote({ otherFees }: CostAxes): string {
  return otherFees === undefined
    ? 'Fees change nothing: the agent does not trade.'
    : `Fees change nothing: ${otherFees}, decides them, or the agent does not trade.`;
}

type Played = Pick<ReportCostCell, 'netReturn' | 'sharpe'>;

const DAY_MS = 86_400_000;

function daysOf({ market, books }: Run): number {
  const files = market ?? books;
  if (files === undefined) return 0;
  const { timeMs } = market?.candles ?? books!.tape;
  const { fromRow, toRow } = files.spans.test;
  return (timeMs[toRow - 1] - timeMs[fromRow]) / DAY_MS;
}

function playWith(
  { run, agent }: TrainedRun,
  axes: CostAxes,
  costs: CellCosts,
  more: Readonly<Record<string, unknown>>,
): Played {
  const config = { ...axes.configOf(costs), ...more } as Run['spec']['env']['config'];
  const changed: Run = { ...run, spec: { ...run.spec, env: { ...run.spec.env, config } } };
  const env = createEvaluationEnv(changed, 'test');
  const late = axes.latencyUnit === 'bars' ? delayActions(env, costs.latency ?? 0) : env;
  return figuresOf(late, agent, run);
}

/** From the equity alone, which envs of every kind have in their info. */
function figuresOf(env: Env, agent: TrainedRun['agent'], { market, spec }: Run): Played {
  const timeMs: number[] = [];
  const equity: number[] = [];
  playEpisode(
    agent,
    env,
    (given) => {
      const info = given as { timeMs?: number; equity?: number };
      if (!Number.isFinite(info.timeMs) || !Number.isFinite(info.equity)) {
        throw new DataError('no-account', 'A cost surface needs timeMs and equity in the info of the env.');
      }
      timeMs.push(info.timeMs!);
      equity.push(Math.max(0, info.equity!));
    },
    spec.seed,
  );
  env.close?.();
  const returns = equity.slice(1).map((value, i) => (equity[i] === 0 ? 0 : value / equity[i] - 1));
  const perYear =
    market === undefined ? returns.length / elapsedYears(timeMs) : periodsPerYear(market.candles.timeMs);
  const deviation = standardDeviation(returns);
  return {
    netReturn: equity[equity.length - 1] / equity[0] - 1,
    sharpe: deviation > 0 ? (mean(returns) / deviation) * Math.sqrt(perYear) : Number.NaN,
  };
}

function meanOf(all: readonly Played[]): Played {
  return {
    netReturn: mean(all.map(({ netReturn }) => netReturn)),
    sharpe: mean(all.map(({ sharpe }) => sharpe)),
  };
}

/** The fee at which nothing is left, by bisection between two of the grid or beyond it. */
function breakEvenFee(
  netReturnAt: (fee: number) => number,
  grid: readonly number[],
): Pick<ReportCosts['breakEven'][number], 'fee' | 'isAbove'> {
  const fees = [0, ...[...grid].sort((a, b) => a - b).filter((fee) => fee > 0)];
  for (let fee = 2 * (fees.at(-1)! || 1e-4); fee < HIGHEST_FEE; fee *= 2) fees.push(fee);
  fees.push(HIGHEST_FEE);
  if (!(netReturnAt(0) > 0)) return { fee: null };
  let low = 0;
  for (const fee of fees.slice(1)) {
    if (netReturnAt(fee) > 0) {
      low = fee;
      continue;
    }
    let high = fee;
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2;
      if (netReturnAt(middle) > 0) low = middle;
      else high = middle;
    }
    return { fee: (low + high) / 2 };
  }
  return { fee: HIGHEST_FEE, isAbove: true };
}

function multiplesOf(
  base: number,
  factors: readonly number[],
  otherwise: readonly number[],
): readonly number[] {
  return base > 0 ? factors.map((factor) => Number((base * factor).toPrecision(12))) : otherwise;
}

function usualLatencies({ base, latencyUnit }: CostAxes): readonly number[] {
  return latencyUnit === 'bars' ? [0, 1, 2] : multiplesOf(base.latency, [0, 1, 4], [0, 250, 1000]);
}

/** By what capital costs more: the square-root impact of the bars, or the books that were recorded. */
function capacityOf(
  { market, spec }: Run,
  { capital }: CostAxes,
  { capitals, impactCoefficient = 1 }: CostOptions,
): {
  capitals: readonly number[];
  impact: { means: string; settings: Readonly<Record<string, unknown>> };
  without?: string;
} {
  const none = (without: string) => ({ capitals: [], impact: { means: '', settings: {} }, without });
  if (!Number.isFinite(capital)) return none('the env has no setting of its capital');
  let factor = 1;
  const decades = Array.from({ length: DECADES }, () => {
    const value = capital * factor;
    factor *= 10;
    return value;
  });
  const chosen = capitals ?? decades;
  const { config } = spec.env;
  if (market === undefined)
    return { capitals: chosen, impact: { means: 'the depth of the books', settings: {} } };
  if (typeof config.impactCoefficient !== 'number') return none('the env has no setting impactCoefficient');
  if (market.candles.volume.every((volume) => volume === 0)) return none('the bars have no volume');
  const coefficient = config.impactCoefficient > 0 ? config.impactCoefficient : impactCoefficient;
  return {
    capitals: chosen,
    impact: {
      means: `square-root impact, coefficient ${coefficient}`,
      settings: { impactCoefficient: coefficient },
    },
  };
}

/** The capitals at which half, and all, of what the smallest earns is gone; between two by their logarithm. */
function limitsOf(points: ReportCapacity['points']): Pick<ReportCapacity, 'halfAt' | 'zeroAt'> {
  const [first] = points;
  if (first === undefined || !(first.netReturn > 0)) return {};
  const reach = (level: number): number | undefined => {
    const i = points.findIndex(({ netReturn }) => netReturn <= level);
    if (i < 1) return undefined;
    const [above, below] = [points[i - 1], points[i]];
    const share = (above.netReturn - level) / (above.netReturn - below.netReturn);
    // Between two decades the geometric mean lies in the middle.
    const ratio = below.capital / above.capital;
    return above.capital * exp(share * log(ratio));
  };
  const [halfAt, zeroAt] = [reach(first.netReturn / 2), reach(0)];
  return { ...(halfAt !== undefined && { halfAt }), ...(zeroAt !== undefined && { zeroAt }) };
}
