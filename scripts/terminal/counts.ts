/** Numbers on the command line. */
import { ConfigError } from '../../core/errors.ts';

/** More would be exact no longer in JSON and JavaScript. */
export const MAX_COUNT = Number.MAX_SAFE_INTEGER;

/**
 * Reads an option's text as a whole number.
 * @param option its name, without dashes
 * @returns a function for yargs' `coerce`
 */
export function wholeNumber(option: string, least: number, most = MAX_COUNT) {
  return (text: unknown): number => {
    const value = String(text).trim() === '' ? Number.NaN : Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    const range = most === MAX_COUNT ? `from ${least}` : `from ${least} to ${most}`;
    throw new ConfigError('invalid-value', `--${option} takes a whole number ${range}, got "${text}".`);
  };
}

/**
 * Reads an option's text as a number.
 * @param option its name, without dashes
 * @returns a function for yargs' `coerce`
 */
export function finiteNumber(option: string) {
  return (text: unknown): number => {
    const value = String(text).trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw new ConfigError('invalid-value', `--${option} takes a number, got "${text}".`);
  };
}
