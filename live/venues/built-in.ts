/** Lists the built-in venues. */
import type { ConfigSchema } from '../../core/config.ts';
import type { VenuePlugin } from '../connection/venue.ts';
import { binance } from './binance.ts';
import { binancePerpetual } from './binance-perpetual.ts';
import { bithumb } from './bithumb.ts';
import { bybit } from './bybit.ts';
import { bybitPerpetual } from './bybit-perpetual.ts';
import { coinbase } from './coinbase.ts';
import { kraken } from './kraken.ts';
import { okx } from './okx.ts';
import { okxPerpetual } from './okx-perpetual.ts';
import { upbit } from './upbit.ts';

export const builtInVenues: readonly VenuePlugin<ConfigSchema>[] = [
  binance,
  coinbase,
  kraken,
  bybit,
  okx,
  upbit,
  bithumb,
  binancePerpetual,
  bybitPerpetual,
  okxPerpetual,
];
