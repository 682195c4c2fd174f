/** Changes settings over a run. */
import { z } from '../core/config.ts';

/** How a setting moves from its value at the start of a run to its end. */
export const scheduleConfig = z.enum(['constant', 'linear']).default('constant');

/**
 * @param remaining share of the run still to come, [0, 1]
 * @returns `initial`, or for a linear schedule the value on its way to 0
 */
export function scheduled(
  initial: number,
  schedule: z.output<typeof scheduleConfig>,
  remaining: number,
): number {
  return schedule === 'linear' ? initial * Math.max(0, remaining) : initial;
}

/** Whether a counter that went from `before` to `after` reached or passed a multiple of `every`. */
export function passes(before: number, after: number, every: number): boolean {
  return Math.floor(after / every) > Math.floor(before / every);
}
