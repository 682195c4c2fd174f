/** Finds what an env's settings call fee, slippage, latency and capital. */
import { ConfigError } from '../../core/errors.ts';
import { mean } from '../../core/statistics.ts';
import type { RunSpec } from '../run/spec.ts';

type Config = RunSpec['env']['config'];

/** What is changed of a run's env for one cell of the surface. */
export interface CellCosts {
  /** Fraction of notional; undefined: as the run has it. */
  readonly fee?: number;
  /** Half of the spread, fraction of price. */
  readonly slippage?: number;
  /** Milliseconds, or bars, by `CostAxes.latencyUnit`. */
  readonly latency?: number;
}

export interface CostAxes {
  /** As the run has them; a list of venues by its first. */
  readonly base: Required<CellCosts>;
  /** Whether the half-spread is a setting; on books it is recorded. */
  readonly hasSlippage: boolean;
  readonly latencyUnit: 'ms' | 'bars';
  /** Quote units, and the setting that holds them; NaN where there is none. */
  readonly capital: number;
  readonly capitalKey: (typeof CAPITALS)[number];
  /** What else decides fees, where something may: `env.feeModel, "tiered"`. */
  readonly otherFees?: string;
  /** The env's settings with these costs. */
  readonly configOf: (costs: CellCosts) => Config;
}

/** Settings of fees, and what is changed together with each. */
const FEES = [
  ['feeRate'],
  ['takerFeeRates'],
  ['takerFeeRate'],
  ['costRate'],
  ['buyCostRate', 'sellCostRate'],
] as const;
const CAPITALS = ['initialEquity', 'initialCash'] as const;

/** @throws ConfigError `no-costs` for an env without a setting of fees */
export function costAxes({ env }: Pick<RunSpec, 'env'>): CostAxes {
  const { config, name } = env;
  const feeKeys = FEES.find((keys) => keys.every((key) => numberOf(config[key]) !== undefined));
  if (feeKeys === undefined) {
    throw new ConfigError(
      'no-costs',
      `Env "${name}" has no setting ${FEES.map((keys) => keys.join(' and ')).join(', ')}, so that its fee could be changed; a cost surface needs one.`,
    );
  }
  const capitalKey = CAPITALS.find((key) => numberOf(config[key]) !== undefined) ?? CAPITALS[0];
  const hasSlippage = numberOf(config.slippageRate) !== undefined;
  const latencyUnit = numberOf(config.latencyMs) === undefined ? 'bars' : 'ms';
  return {
    base: {
      fee: mean(feeKeys.map((key) => numberOf(config[key])!)),
      slippage: numberOf(config.slippageRate) ?? 0,
      latency: numberOf(config.latencyMs) ?? 0,
    },
    hasSlippage,
    latencyUnit,
    capital: numberOf(config[capitalKey]) ?? Number.NaN,
    capitalKey,
    otherFees: otherFeesOf(config),
    configOf: ({ fee, slippage, latency }) => ({
      ...config,
      ...(fee !== undefined && Object.fromEntries(feeKeys.map((key) => [key, likeThat(config[key], fee)]))),
      ...(slippage !== undefined && hasSlippage && { slippageRate: slippage }),
      ...(latency !== undefined &&
        latencyUnit === 'ms' && { latencyMs: likeThat(config.latencyMs, latency) }),
    }),
  };
}

function otherFeesOf({ feeModel, instruments }: Config): string | undefined {
  if (typeof feeModel === 'string' && feeModel !== 'proportional') return `env.feeModel, "${feeModel}"`;
  return Array.isArray(instruments) && instruments.length > 0 ? 'env.instruments' : undefined;
}

/** A number, or the first of a list of them. */
function numberOf(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'number' ? first : undefined;
}

const likeThat = (old: unknown, value: number): number | number[] => (Array.isArray(old) ? [value] : value);
