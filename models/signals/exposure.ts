/** Turns what a model says into the exposure to hold: thresholds with hysteresis, sizing, volatility targeting. */
import { type ConfigOf, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';

export const signalConfig = z.object({
  enter: z
    .number()
    .min(0)
    .default(0)
    .describe('|score| above which a position is opened, ≥ 0; for classes a score is in [−1, 1]'),
  exit: z
    .number()
    .min(0)
    .default(0)
    .describe('|score| at or below which a position of the same sign is closed, from 0 to enter'),
  sizing: z
    .enum(['sign', 'proportional'])
    .default('sign')
    .describe(
      '`sign`: always maxExposure; `proportional`: maxExposure · |score| / fullScore, at most maxExposure',
    ),
  fullScore: z.number().positive().default(1).describe('`proportional`: |score| of a full position, > 0'),
  maxExposure: z
    .number()
    .positive()
    .max(100)
    .default(1)
    .describe('largest exposure, fraction of equity, > 0'),
  longOnly: z
    .boolean()
    .default(false)
    .describe('whether negative scores mean no position instead of a short one'),
  targetVolatility: z
    .number()
    .min(0)
    .default(0)
    .describe('volatility a year to aim at, fraction: sizes are scaled by target / realised; 0: no scaling'),
  rebalanceBand: z
    .number()
    .min(0)
    .default(0)
    .describe('changes of exposure up to this are left out while the sign stays, fraction of equity, ≥ 0'),
});

export type SignalConfig = ConfigOf<typeof signalConfig>;

/** @throws ConfigError `invalid-value` for an exit above the entry */
export function requireSoundSignal({ enter, exit }: SignalConfig): void {
  if (exit <= enter) return;
  throw new ConfigError(
    'invalid-value',
    `Invalid value ${exit} for "exit" of the signal: it must not be above "enter", ${enter}.`,
  );
}

/**
 * The exposure to hold from now on, a signed fraction of equity.
 * @param score of `Predictions`
 * @param volatility realised, a year, fraction; used only where a volatility is aimed at
 * @param previous the exposure asked for last
 */
export function nextExposure(
  score: number,
  volatility: number,
  previous: number,
  config: SignalConfig,
): number {
  const { enter, exit, sizing, fullScore, maxExposure, longOnly, targetVolatility, rebalanceBand } = config;
  const strength = Math.abs(score);
  const sameSide = score * previous > 0;
  const holds = sameSide ? strength > exit : strength > enter;
  if (!holds || (longOnly && score < 0)) return 0;
  let size = sizing === 'sign' ? maxExposure : maxExposure * Math.min(1, strength / fullScore);
  if (targetVolatility > 0) {
    size = volatility > 0 ? Math.min(maxExposure, (size * targetVolatility) / volatility) : 0;
  }
  const exposure = score > 0 ? size : -size;
  return sameSide && Math.abs(exposure - previous) <= rebalanceBand ? previous : exposure;
}
