/** Makes the venues that the settings of an arbitrage env describe. */
import type { Rng } from '../../core/rng.ts';
import type { DeskVenue } from '../../market/arbitrage/venue-desk.ts';
import { BookMatcher } from '../../market/execution/book-matcher.ts';
import { createFee } from '../../market/execution/fees.ts';
import { createLatency } from '../../market/execution/latency.ts';
import { noOutages, randomOutages } from '../../market/execution/outages.ts';
import { RateLimit } from '../../market/execution/rate-limit.ts';
import { priceStepsOf } from '../../market/instruments/price-steps.ts';
import { builtInParts, type EnvParts } from '../parts.ts';
import { type ArbitrageConfig, perVenue } from './config.ts';

const SECOND_MS = 1000;

/** @param rng each venue's latencies and outages draw from forks of it */
export function createDeskVenues(
  config: ArbitrageConfig,
  numVenues: number,
  depth: number,
  rng: Rng,
  parts: EnvParts = builtInParts,
): DeskVenue[] {
  const fees = perVenue(config.takerFeeRates, numVenues);
  const latencies = perVenue(config.latencyMs, numVenues);
  const { latencySigma: sigma, burstProbability, burstFactor, burstMs } = config;
  const { lotSize, minSize, minNotional, maxOrdersPerSecond, outageEveryMs, outageMs } = config;
  const tickSize = priceStepsOf(config.tickSize);
  return fees.map((fee, v) => ({
    matcher: new BookMatcher(depth, config.staleMs, { lotSize, minSize, tickSize, minNotional }),
    fees: createFee(parts.fees.get(config.feeModel), { feeRate: fee }, config.feeSettings),
    latency: createLatency(
      parts.latencies.get(config.latencyModel),
      {
        medianMs: latencies[v],
        sigma,
        burstProbability,
        burstFactor,
        burstMs,
        rng: rng.fork(`latency ${v}`),
      },
      config.latencySettings,
    ),
    outages:
      outageEveryMs === 0 ? noOutages : randomOutages(outageEveryMs, outageMs, rng.fork(`outages ${v}`)),
    ...(maxOrdersPerSecond > 0 && { rateLimit: new RateLimit(maxOrdersPerSecond, SECOND_MS) }),
  }));
}
