/** Finds what an env's settings call fee, slippage, latency and capital. */
import { ConfigError } from '../../core/errors.ts';
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
  /** Quote units, and the setting that holds them. */
  readonly capital: number;
  /** The env's settings with these costs. */
  readonly configOf: (costs: CellCosts) => Config;
}

const FEES = ['feeRate', 'takerFeeRates', 'costRate'] as const;

/** @throws ConfigError `no-costs` for an env without a setting of fees */
export function costAxes({ env }: Pick<RunSpec, 'env'>): CostAxes {
  const { config, name } = env;
  const feeKey = FEES.find((key) => numberOf(config[key]) !== undefined);
  if (feeKey === undefined) {
    throw new ConfigError(
      'no-costs',
      `Env "${name}" has no setting ${FEES.join(', ')}, so that its fee could be changed; a cost surface needs one.`,
    );
  }
  const hasSlippage = numberOf(config.slippageRate) !== undefined;
  const latencyUnit = numberOf(config.latencyMs) === undefined ? 'bars' : 'ms';
  return {
    base: {
      fee: numberOf(config[feeKey])!,
      slippage: numberOf(config.slippageRate) ?? 0,
      latency: numberOf(config.latencyMs) ?? 0,
    },
    hasSlippage,
    latencyUnit,
    capital: numberOf(config.initialEquity) ?? Number.NaN,
    configOf: ({ fee, slippage, latency }) => ({
      ...config,
      ...(fee !== undefined && { [feeKey]: likeThat(config[feeKey], fee) }),
      ...(slippage !== undefined && hasSlippage && { slippageRate: slippage }),
      ...(latency !== undefined &&
        latencyUnit === 'ms' && { latencyMs: likeThat(config.latencyMs, latency) }),
    }),
  };
}

/** A number, or the first of a list of them. */
function numberOf(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'number' ? first : undefined;
}

const likeThat = (old: unknown, value: number): number | number[] => (Array.isArray(old) ? [value] : value);
