/** Reads the fixed-point numbers that NautilusTrader keeps as bytes: 8 of them in units of 10⁻⁹, or 16 in units of 10⁻¹⁶. */
import { plainName } from '../names.ts';

/** Columns that stand in every file of the program. */
const MARKS = ['ts event', 'ts init'];
const DIGITS: Readonly<Record<number, number>> = { 8: 9, 16: 16 };

/** @returns a reader of such values, written as hexadecimal digits with the lowest byte first; undefined for a column of anything else */
export function rawNumberReader(
  names: readonly string[],
  numBytes: number | undefined,
): ((value: unknown) => number) | undefined {
  const plain = names.map(plainName);
  const digits = DIGITS[numBytes ?? 0];
  if (digits === undefined || !MARKS.every((mark) => plain.includes(mark))) return undefined;
  return (value) => {
    if (typeof value !== 'string' || value.length !== 2 * (numBytes as number)) return Number.NaN;
    const bytes = Buffer.from(value, 'hex').reverse().toString('hex');
    const whole = BigInt.asIntN(8 * (numBytes as number), BigInt(`0x${bytes}`));
    // By its decimal digits: a quotient of two roundings would be another number.
    return Number(`${whole}e-${digits}`);
  };
}
