/** Finds a source of history by its name. */
import { ConfigError } from '../../../core/errors.ts';
import { suggestion } from '../../../core/nearest.ts';
import type { DownloadSource } from './source.ts';

const LOADERS: Readonly<Record<string, () => Promise<DownloadSource>>> = {
  'binance-vision': async () => (await import('./binance-vision.ts')).binanceVision,
  yahoo: async () => (await import('./yahoo.ts')).yahoo,
  dukascopy: async () => (await import('./dukascopy.ts')).dukascopy,
};
const CCXT = 'ccxt:';

/** For help and messages. */
export const SOURCE_NAMES: readonly string[] = [...Object.keys(LOADERS), `${CCXT}EXCHANGE`];

/** @throws ConfigError `unknown-source`, `unknown-name` for an exchange; LiveError `ccxt-missing` */
export async function findSource(name: string): Promise<DownloadSource> {
  if (name.startsWith(CCXT)) return (await import('./ccxt.ts')).ccxtSource(name.slice(CCXT.length));
  const load = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  if (load !== undefined) return load();
  throw new ConfigError(
    'unknown-source',
    `There is no source "${name}"; there are ${SOURCE_NAMES.join(', ')}.${suggestion(name, SOURCE_NAMES)}`,
  );
}
