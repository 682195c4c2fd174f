/** How long the event loop keeps timers waiting: what a live session shows of this process. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LoopLag } from '../../live/ops/view.ts';

/** Node samples with a timer of this period, ms; what a sample took longer is the lag. */
const RESOLUTION_MS = 10;

export interface LoopLagMeter {
  /** Since it was made. */
  read(): LoopLag;
  stop(): void;
}

export function createLoopLag(): LoopLagMeter {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const lagMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  return {
    read() {
      // Nothing was sampled yet: there was no lag to speak of.
      if (histogram.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 };
      return {
        p50Ms: lagMs(histogram.percentile(50)),
        p99Ms: lagMs(histogram.percentile(99)),
        maxMs: lagMs(histogram.max),
      };
    },
    stop: () => histogram.disable(),
  };
}
