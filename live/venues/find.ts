/** Finds venues by name: the plugins at hand, and with `ccxt:` in front any exchange that ccxt knows. */
import type { ConfigSchema } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import type { VenuePlugin } from '../connection/venue.ts';
import type { LiveConfig } from '../session/config.ts';
import { CCXT_PREFIX, ccxtVenue } from './ccxt.ts';

type Plugins = readonly VenuePlugin<ConfigSchema>[];

/** @throws ConfigError `unknown-name` with the nearest one */
export function findVenue(plugins: Plugins, name: string): VenuePlugin<ConfigSchema> {
  const plugin = plugins.find((candidate) => candidate.name === name);
  if (plugin !== undefined) return plugin;
  if (name.startsWith(CCXT_PREFIX)) return ccxtVenue(name.slice(CCXT_PREFIX.length));
  const names = plugins.map((candidate) => candidate.name);
  throw new ConfigError(
    'unknown-name',
    `Unknown venue "${name}".${suggestion(name, names)} Other exchanges come through ccxt: "${CCXT_PREFIX}EXCHANGE".`,
  );
}

/**
 * Loads what the venues of a session need, before it connects and before anything is on the disk.
 * @throws ConfigError `unknown-name`, `no-book-stream`, …; LiveError `ccxt-missing`
 */
export async function prepareVenues(
  plugins: Plugins,
  { markets, channels }: Pick<LiveConfig, 'markets' | 'channels'>,
): Promise<void> {
  for (const { venue, settings } of markets) {
    await findVenue(plugins, venue).prepare?.(channels, settings as never);
  }
}

/** The venue as people should read it: `ccxt:kucoin BTC/USDT (unverified book)`. */
export function describeMarket(
  plugins: Plugins,
  { venue, symbol }: { venue: string; symbol: string },
): string {
  return `${venue} ${symbol}${findVenue(plugins, venue).verified ? '' : ` (${UNVERIFIED_BOOK})`}`;
}

export const UNVERIFIED_BOOK = 'unverified book';
