/** Adds the options that say how a file of market data is to be read, wherever a command takes one. */
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import type { ConversionRequest, ReadOptions } from '../../market/files/options.ts';
import { ROLES, type Role } from '../../market/files/shapes/column-words.ts';

export const CONVERT_OPTION = {
  type: 'string',
  describe:
    'Rates for prices in other currencies: USD/KRW=FILE by comma; candles of a pair with --quote in it',
} as const;
export const QUOTE_OPTION = {
  type: 'string',
  describe: 'The currency that all prices become, with --convert; default USD',
} as const;

export const dataOptions = <Options>(yargs: Argv<Options>) =>
  yargs
    .option('symbol', { type: 'string', describe: 'Which symbol, where a file holds several' })
    .option('timezone', {
      type: 'string',
      describe: 'Zone of times that name none: Asia/Seoul, UTC+09:00; default: the header’s, else UTC',
    })
    .option('dates', {
      choices: ['dmy', 'mdy'] as const,
      describe: 'Order of dates such as 01/02/2023, where the file does not tell',
    })
    .option('columns', {
      type: 'string',
      describe: 'Which column is which, where names do not tell: time=Zeit,close=Kurs',
    })
    .option('duplicates', {
      choices: ['fail', 'first', 'last'] as const,
      defaultDescription: 'fail',
      describe: 'Which of several rows of one time to keep',
    })
    .option('bad-rows', {
      choices: ['fail', 'drop'] as const,
      defaultDescription: 'fail',
      describe: 'Whether rows that cannot be read are left out, and counted',
    })
    .option('adjust', {
      type: 'boolean',
      describe: 'Take splits and dividends out of prices, by the adjusted close',
    })
    .option('contract-size', {
      type: 'number',
      describe:
        'Of trades and books in contracts: base units of one, or quote units where it is paid in its base',
    })
    .option('convert', CONVERT_OPTION)
    .option('quote', QUOTE_OPTION)
    .requiresArg([
      'contract-size',
      'convert',
      'quote',
      'symbol',
      'timezone',
      'dates',
      'columns',
      'duplicates',
      'bad-rows',
    ]);

export interface DataArguments {
  readonly symbol?: string;
  readonly timezone?: string;
  readonly dates?: 'dmy' | 'mdy';
  readonly columns?: string;
  readonly duplicates?: 'fail' | 'first' | 'last';
  readonly badRows?: 'fail' | 'drop';
  readonly adjust?: boolean;
  readonly contractSize?: number;
  readonly convert?: string;
  readonly quote?: string;
}

/**
 * The options that were given; empty where none was.
 * @throws ConfigError `invalid-setting` for columns that are no list of ROLE=NAME and a contract size that is none, `unknown-role`
 */
export function readOptionsOf(args: DataArguments): ReadOptions {
  const { symbol, timezone, dates, duplicates, badRows, adjust, contractSize } = args;
  if (contractSize !== undefined && !(contractSize > 0 && contractSize < Infinity))
    throw new ConfigError('invalid-setting', `--contract-size ${contractSize} must be a number above 0.`);
  const columns = args.columns === undefined ? undefined : parseColumns(args.columns);
  const convert = readConversion(args);
  const given = { convert, symbol, timezone, dates, columns, duplicates, badRows, adjust, contractSize };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/**
 * What `--convert` and `--quote` ask for; undefined without them.
 * @throws ConfigError `invalid-setting`
 */
export function readConversion({
  convert,
  quote,
}: Pick<DataArguments, 'convert' | 'quote'>): ConversionRequest | undefined {
  if (convert === undefined) {
    if (quote === undefined) return undefined;
    throw new ConfigError('invalid-setting', `--quote ${quote} needs rates: --convert ${quote}/KRW=FILE.`);
  }
  const rates = convert.split(',').map((part) => {
    const [pair, path] = part.split(/=(.*)/s);
    if (path) return { pair: pair.trim(), path: resolve(path.trim()) };
    throw new ConfigError(
      'invalid-setting',
      `--convert takes PAIR=FILE by comma, e.g. USD/KRW=usdkrw.csv; "${part}" is none.`,
    );
  });
  return { to: (quote ?? 'USD').toUpperCase(), rates };
}

function parseColumns(text: string): Partial<Record<Role, string>> {
  const entries = text.split(',').map((part) => {
    const at = part.indexOf('=');
    if (at < 1 || at === part.length - 1) {
      throw new ConfigError(
        'invalid-setting',
        `--columns takes ROLE=NAME by comma, e.g. time=Zeit,close=Kurs; "${part}" is none.`,
      );
    }
    const role = part.slice(0, at).trim();
    if (!ROLES.includes(role as Role)) {
      throw new ConfigError('unknown-role', `--columns: no column is a "${role}".${suggestion(role, ROLES)}`);
    }
    return [role, part.slice(at + 1).trim()] as const;
  });
  return Object.fromEntries(entries);
}
