/**
 * Tells which of two currencies prices the other, where a name may put either first: Korean venues write `KRW-BTC` for
 * what others write `BTC/KRW`.
 */

const codes = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** ISO 4217, as far as it is traded. */
const FIAT = codes(
  'USD EUR GBP JPY TRY KRW AUD CAD CHF BRL MXN ZAR UAH ARS PLN RON IDR SGD INR THB NZD CNY CNH HKD TWD SEK NOK DKK CZK ' +
    'HUF ILS RUB AED SAR QAR KWD CLP COP PEN UYU VND PHP MYR PKR EGP NGN KES GHS KZT GEL BGN ISK MAD TND JOD BHD OMR LKR',
);

const STABLE = codes(
  'FDUSD USDT USDC BUSD TUSD USDE USDD USD1 PYUSD DAI GUSD USDP USDS USDG USDQ RLUSD LUSD SUSD CUSD FRAX UST USTC EURC ' +
    'EURI EURT EURS EURQ AEUR EUROC IDRT BIDR BVND BKRW TRYB XSGD XIDR BRZ VAI',
);

/** Their venues put the quote first, for stable coins too; elsewhere `EUR-USDT` is the euro in USDT. */
const FIRST_AT_HOME = codes('KRW IDR SGD THB JPY');

/** What follows the base of a derivative is no currency: `BTC-PERPETUAL`, `BTC-28MAR25`, `BTC-250328`. */
const NO_CURRENCY = /^(PERP|PERPETUAL|SWAP|SPOT|INDEX|MARK|FUTURES?|\d{4,}|\d{1,2}[A-Z]{3}\d{2})$/;

/** How much rather it prices others than that it is priced: 4 money of a state, 3 a stable coin, 2 and 1 coins. */
function rank(code: string): number {
  if (FIAT.has(code)) return 4;
  if (STABLE.has(code) || /^(USD|EUR)|(USD|EUR)$/.test(code)) return 3;
  if (code === 'BTC' || code === 'XBT') return 2;
  return code === 'ETH' ? 1 : 0;
}

/** Whether `first` prices `second` in every market there is: the won prices bitcoin, and never the other way about. */
export function pricesOther(first: string, second: string): boolean {
  if (NO_CURRENCY.test(second)) return false;
  if (FIAT.has(first) && rank(second) === 3) return FIRST_AT_HOME.has(first);
  return rank(first) > rank(second);
}

/** Money of a state, or a coin that stands for it. */
export function isMoney(code: string): boolean {
  return rank(code) >= 3;
}
