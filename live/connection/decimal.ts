/** Reads a venue's decimal numbers exactly, and nothing that is not one. */

const MAX_EXACT = Number.MAX_SAFE_INTEGER / 10 - 1;
const POWERS_OF_TEN = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
  1e20, 1e21, 1e22,
];
const DECIMAL = /^\d+(\.\d+)?([eE][+-]?\d+)?$/;
const ZERO = 48;
const POINT = 46;

/**
 * The number that a text of digits, a point and digits stands for, to the last bit what `Number` gives; NaN for
 * anything else: signs, blanks, nothing.
 */
export function parseDecimal(text: string): number {
  // Digits below 2^53 and a power of ten up to 10^22 are both exact, so that one division rounds correctly.
  let digits = 0;
  let point = -1;
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9 && digits < MAX_EXACT) digits = 10 * digits + digit;
    else if (digit === POINT - ZERO && point < 0 && i > 0 && i < length - 1) point = i;
    else return DECIMAL.test(text) ? Number(text) : Number.NaN;
  }
  if (length === 0) return Number.NaN;
  if (point < 0) return digits;
  const places = length - 1 - point;
  return places <= 22 ? digits / POWERS_OF_TEN[places] : Number(text);
}
