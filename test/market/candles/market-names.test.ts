import { describe, expect, test } from 'vitest';
import { readMarketName } from '../../../market/candles/market-names.ts';

type Row = readonly [
  name: string,
  base: string,
  quote: string,
  kind: string,
  settlement: string | undefined,
  contract: string | undefined,
  venue?: string,
];

/** A contract as `100 quote`. */
const rows: readonly Row[] = [
  ['BTC/USDT', 'BTC', 'USDT', 'spot', undefined, undefined],
  ['BTC-USD', 'BTC', 'USD', 'spot', undefined, undefined],
  ['KRW-BTC', 'BTC', 'KRW', 'spot', undefined, undefined],
  ['USDT-ETH', 'ETH', 'USDT', 'spot', undefined, undefined],
  ['USDT/KRW', 'USDT', 'KRW', 'spot', undefined, undefined],
  ['XXBTZUSD', 'BTC', 'USD', 'spot', undefined, undefined],
  ['XBTUSD', 'BTC', 'USD', 'spot', undefined, undefined],
  ['tBTCUSD', 'BTC', 'USD', 'spot', undefined, undefined],
  ['BINANCE:BTCUSDT', 'BTC', 'USDT', 'spot', undefined, undefined],
  ['X:BTCUSD', 'BTC', 'USD', 'spot', undefined, undefined],
  ['EURUSD=X', 'EUR', 'USD', 'spot', undefined, undefined],
  ['AAPL', 'AAPL', '?', 'spot', undefined, undefined],
  ['BTC-PERPETUAL', 'BTC', 'USD', 'perpetual', 'BTC', '1 quote'],
  ['BTC_USDC-PERPETUAL', 'BTC', 'USDC', 'perpetual', 'USDC', undefined],
  ['BTC-27DEC24', 'BTC', 'USD', 'future', 'BTC', '1 quote'],
  ['BTC-27DEC24', 'BTC', 'USDC', 'future', 'USDC', undefined, 'bybit'],
  ['BTC-9JUN20-9875-P', 'BTC', 'BTC', 'option', 'BTC', undefined],
  ['BTC-USDT-SWAP', 'BTC', 'USDT', 'perpetual', 'USDT', '0.01 base'],
  ['ETH-USDT-SWAP', 'ETH', 'USDT', 'perpetual', 'USDT', '0.1 base'],
  ['ABC-USDT-SWAP', 'ABC', 'USDT', 'perpetual', 'USDT', 'unknown'],
  ['BTC-USD-SWAP', 'BTC', 'USD', 'perpetual', 'BTC', '100 quote'],
  ['ETH-USD-SWAP', 'ETH', 'USD', 'perpetual', 'ETH', '10 quote'],
  ['BTC-USD-241227', 'BTC', 'USD', 'future', 'BTC', '100 quote'],
  ['BTC-USDT-241227', 'BTC', 'USDT', 'future', 'USDT', '0.01 base'],
  ['BTCUSD_PERP', 'BTC', 'USD', 'perpetual', 'BTC', '100 quote'],
  ['ETHUSD_241227', 'ETH', 'USD', 'future', 'ETH', '10 quote'],
  ['BTCUSDT_PERP', 'BTC', 'USDT', 'perpetual', 'USDT', undefined],
  ['BTCUSDT_241227', 'BTC', 'USDT', 'future', 'USDT', undefined],
  ['PI_XBTUSD', 'BTC', 'USD', 'perpetual', 'BTC', '1 quote'],
  ['PF_XBTUSD', 'BTC', 'USD', 'perpetual', 'USD', undefined],
  ['FI_XBTUSD_241227', 'BTC', 'USD', 'future', 'BTC', '1 quote'],
  ['XBTUSD', 'BTC', 'USD', 'perpetual', 'BTC', '1 quote', 'bitmex'],
  ['ETHUSD', 'ETH', 'USD', 'perpetual', 'USD', 'unknown', 'bitmex'],
  ['XBTZ24', 'BTC', 'USD', 'future', 'BTC', '1 quote'],
  ['BTCUSD', 'BTC', 'USD', 'perpetual', 'BTC', '1 quote', 'bybit'],
  ['BTCUSD', 'BTC', 'USD', 'spot', undefined, undefined, 'bybit-spot'],
  ['XBTUSDTM', 'BTC', 'USDT', 'perpetual', 'USDT', 'unknown'],
  ['BTCUSDT_UMCBL', 'BTC', 'USDT', 'perpetual', 'USDT', undefined],
  ['BTC-PERP', 'BTC', '?', 'perpetual', undefined, undefined],
  ['BTCUSDT.P', 'BTC', 'USDT', 'perpetual', 'USDT', undefined],
  ['tBTCF0:USTF0', 'BTC', 'USDT', 'perpetual', 'USDT', undefined],
  ['BTC/USDT:USDT', 'BTC', 'USDT', 'perpetual', 'USDT', undefined, 'binanceusdm'],
  ['BTC/USDT:USDT', 'BTC', 'USDT', 'perpetual', 'USDT', '0.01 base', 'okx'],
  ['BTC/USDT:USDT', 'BTC', 'USDT', 'perpetual', 'USDT', 'unknown'],
  ['BTC/USD:BTC-241227', 'BTC', 'USD', 'future', 'BTC', '1 quote', 'deribit'],
];

describe('a market’s name tells base, quote, settlement and what sizes count:', () => {
  test.each(
    rows.map(([name, base, quote, kind, settlement, contract, venue = '']) => ({
      name,
      base,
      quote,
      kind,
      settlement,
      contract,
      venue,
    })),
  )(
    '$name is $base/$quote, $kind, paid in $settlement, of $contract $venue',
    ({ name, base, quote, kind, settlement, contract, venue }) => {
      const market = readMarketName(name, venue);
      const size =
        typeof market.contract === 'object'
          ? `${market.contract.amount} ${market.contract.of}`
          : market.contract;
      expect({ ...market, contract: size }).toEqual({
        base,
        quote,
        kind,
        settlement,
        contract,
      });
    },
  );
});
