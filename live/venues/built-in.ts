/** Lists the built-in venues. */
import type { ConfigSchema } from '../../core/config.ts';
import type { VenuePlugin } from '../connection/venue.ts';
import { binance } from './binance.ts';
import { bithumb } from './bithumb.ts';
import { bybit } from './bybit.ts';
import { coinbase } from './coinbase.ts';
import { kraken } from './kraken.ts';
import { okx } from './okx.ts';
import { upbit } from './upbit.ts';

export const builtInVenues: readonly VenuePlugin<ConfigSchema>[] = [
  binance,
  coinbase,
  kraken,
  bybit,
  okx,
  upbit,
  bithumb,
];
