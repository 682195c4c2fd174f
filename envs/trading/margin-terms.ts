/** Makes the margin terms of a perpetual from the settings of an env. */
import { ConfigError } from '../../core/errors.ts';
import type { MarginTerms } from '../../market/execution/margin-account.ts';
import { createInstrument } from '../../market/instruments/instrument.ts';
import type { TradingConfig } from './config.ts';

type MarginSettings = Pick<
  TradingConfig,
  | 'marginMode'
  | 'leverage'
  | 'maintenanceTiers'
  | 'maxLeverage'
  | 'liquidationFeeRate'
  | 'partialLiquidation'
  | 'borrowRatePerYear'
>;

/**
 * @param owner whose settings they are, for messages
 * @throws ConfigError `invalid-value`, `invalid-instrument`
 */
export function marginTermsOf(config: MarginSettings, owner: string): MarginTerms {
  const { marginMode, leverage, maintenanceTiers, maxLeverage, liquidationFeeRate } = config;
  const { tiers } = createInstrument(
    { kind: 'linear-perpetual', marginMode, leverage, maintenanceTiers, liquidationFeeRate },
    owner,
  );
  if (maxLeverage > leverage) {
    throw new ConfigError(
      'invalid-value',
      `${owner}: maxLeverage ${maxLeverage} is above leverage ${leverage}, which the margin of a position follows; raise leverage.`,
    );
  }
  if (config.borrowRatePerYear > 0) {
    throw new ConfigError(
      'invalid-value',
      `${owner}: nothing is borrowed for a perpetual; funding is what holding it costs, so leave borrowRatePerYear at 0.`,
    );
  }
  return {
    tiers,
    isIsolated: marginMode === 'isolated',
    leverage,
    liquidationFeeRate,
    isPartial: config.partialLiquidation,
  };
}
