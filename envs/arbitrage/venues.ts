/** The venues that the settings of an arbitrage env describe. */
import type { Rng } from '../../core/rng.ts';
import type { DeskVenue } from '../../market/arbitrage/venue-desk.ts';
import { BookMatcher } from '../../market/execution/book-matcher.ts';
import { proportionalFee } from '../../market/execution/fees.ts';
import { constantLatency, lognormalLatency } from '../../market/execution/latency.ts';
import { noOutages, randomOutages } from '../../market/execution/outages.ts';
import { RateLimit } from '../../market/execution/rate-limit.ts';
import { type ArbitrageConfig, perVenue } from './config.ts';

const SECOND_MS = 1000;

/** @param rng each venue's latencies and outages draw from forks of it */
export function createDeskVenues(
  config: ArbitrageConfig,
  numVenues: number,
  depth: number,
  rng: Rng,
): DeskVenue[] {
  const fees = perVenue(config.takerFeeRates, numVenues);
  const latencies = perVenue(config.latencyMs, numVenues);
  const { latencySigma: sigma, burstProbability, burstFactor, burstMs } = config;
  const { lotSize, minSize, tickSize, maxOrdersPerSecond, outageEveryMs, outageMs } = config;
  return fees.map((fee, v) => ({
    matcher: new BookMatcher(depth, config.staleMs, { lotSize, minSize, tickSize }),
    fees: proportionalFee(fee),
    latency:
      sigma === 0
        ? constantLatency(latencies[v])
        : lognormalLatency(
            { medianMs: latencies[v], sigma, burstProbability, burstFactor, burstMs },
            rng.fork(`latency ${v}`),
          ),
    outages:
      outageEveryMs === 0 ? noOutages : randomOutages(outageEveryMs, outageMs, rng.fork(`outages ${v}`)),
    ...(maxOrdersPerSecond > 0 && { rateLimit: new RateLimit(maxOrdersPerSecond, SECOND_MS) }),
  }));
}
