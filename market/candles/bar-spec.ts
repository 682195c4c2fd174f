/** Reads what bars are to be made: of a length of time, or of so many trades, so much volume or so much value. */
import { ConfigError } from '../../core/errors.ts';

export type BarSpec =
  | { readonly by: 'time'; readonly barMs: number }
  /** `ticks`: trades; `volume`: base units; `value`: quote units, also called dollar bars. */
  | { readonly by: 'ticks' | 'volume' | 'value'; readonly amount: number };

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * @param text `30s`, `5m`, `4h`, `1d`, `ticks:1000`, `volume:50`, `value:1e6`
 * @throws ConfigError `invalid-bars`
 */
export function parseBarSpec(text: string): BarSpec {
  const time = /^(\d+)\s*([a-z]+)$/i.exec(text.trim());
  const unitMs = time === null ? undefined : UNITS_MS[time[2].toLowerCase()];
  if (time !== null && unitMs !== undefined && Number(time[1]) > 0)
    return { by: 'time', barMs: Number(time[1]) * unitMs };
  const amount = /^(ticks|volume|value|dollar):(.+)$/i.exec(text.trim());
  const size = amount === null ? Number.NaN : Number(amount[2]);
  if (amount !== null && size > 0 && size < Infinity) {
    const by = amount[1].toLowerCase().replace('dollar', 'value') as 'ticks' | 'volume' | 'value';
    return { by, amount: size };
  }
  throw new ConfigError(
    'invalid-bars',
    `"${text}" says no bars; write 30s, 5m, 4h, 1d, ticks:1000, volume:50 or value:1e6.`,
  );
}
