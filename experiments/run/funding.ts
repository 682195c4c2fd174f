/** The funding rates of a run on a perpetual: of a file of their own, or of a column of the candles. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { ConfigError, DataError } from '../../core/errors.ts';
import type { ComboKind } from '../../envs/combos/kinds.ts';
import type { ReadOptions } from '../../market/files/options.ts';
import type { FundingSeries } from '../../market/instruments/funding-series.ts';
import { loadFunding } from '../../market/instruments/load-funding.ts';
import { TAPE_PREFIX } from '../live/tape-source.ts';
import { SHIPPED_DATA } from '../plugins/catalog.ts';

/** What is to be looked for, as a run's record has it. */
export interface FundingRequest {
  /** Absent: a column of the candles. */
  readonly path?: string;
  readonly leadMs: number;
  readonly capRate: number;
  readonly intervalMs: number;
}

/**
 * What the settings of an env ask for; undefined where they ask for nothing.
 * @throws ConfigError `invalid-setting` for a file that the env would not look at
 */
export function fundingRequestOf(
  config: Readonly<Record<string, unknown>>,
  path: string | undefined,
  env: string,
): FundingRequest | undefined {
  // Several markets, perpetuals among them, each described by an instrument.
  if (Array.isArray(config.instruments) && config.funding === 'file') {
    return path === undefined ? undefined : { path: resolve(path), leadMs: 0, capRate: 1, intervalMs: 0 };
  }
  if (config.instrument !== 'perpetual' || config.funding !== 'file') {
    if (path === undefined) return undefined;
    throw new ConfigError(
      'invalid-setting',
      `Env "${env}" takes no funding rates as it is set; add --set env.instrument=perpetual env.funding=file, or leave out --funding.`,
    );
  }
  return {
    ...(path !== undefined && { path: resolve(path) }),
    leadMs: config.fundingLeadMs as number,
    capRate: config.fundingCapRate as number,
    intervalMs: config.fundingIntervalMs as number,
  };
}

/** @throws DataError `missing-columns` for a file without rates; as `loadFunding` */
export async function loadRunFunding(
  names: readonly string[],
  { path, intervalMs, ...options }: FundingRequest,
  read: ReadOptions,
): Promise<FundingSeries | undefined> {
  if (path !== undefined) {
    const { timezone, dates, badRows } = read;
    const funding = await loadFunding(path, { ...options, read: { timezone, dates, badRows } });
    if (funding !== undefined) return funding;
    throw new DataError(
      'missing-columns',
      `${path} has no column of funding rates, such as fundingRate; rename it.`,
    );
  }
  const [name] = names;
  if (names.length !== 1 || name === SHIPPED_DATA || name.startsWith(TAPE_PREFIX)) return undefined;
  return loadFunding(name, { ...options, intervalMs, read });
}

/**
 * The rates of each market of a kind: of one file for all perpetuals, or of one each in their order.
 * @throws ConfigError `invalid-setting` for another number of files; DataError `missing-columns`; as `loadFunding`
 */
export async function loadKindFunding(
  { name, markets }: Pick<ComboKind, 'name' | 'markets'>,
  paths: readonly string[],
): Promise<(FundingSeries | undefined)[]> {
  const perpetuals = markets.flatMap(({ kind }, m) => (kind === 'spot' ? [] : [m]));
  if (paths.length > 1 && paths.length !== perpetuals.length) {
    throw new ConfigError(
      'invalid-setting',
      `--funding names ${paths.length} files, but ${name} has ${perpetuals.length} perpetuals; give one for all, or one each.`,
    );
  }
  const series = await Promise.all(
    paths.map((path) =>
      loadRunFunding([], { path: resolve(path), leadMs: 0, capRate: 1, intervalMs: 0 }, {}),
    ),
  );
  return markets
    .map((_, m) => series[series.length === 1 ? 0 : perpetuals.indexOf(m)])
    .map((own, m) => (perpetuals.includes(m) ? own : undefined));
}

export function hashFunding({ timeMs, rate, mark }: FundingSeries): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [timeMs, rate, mark]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
