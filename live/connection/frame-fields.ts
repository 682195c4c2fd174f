/** Reads a frame's fields by name and kind; what is not as the venue promises is a `FrameError`. */
import { printable } from '../../core/printable.ts';
import { parseDecimal } from './decimal.ts';
import { FrameError } from './venue.ts';

/** Letters of a text that a message quotes. */
const EXCERPT = 80;

export type Fields = Readonly<Record<string, unknown>>;

/** @throws FrameError `unreadable` unless the text is one JSON object */
export function parseFields(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FrameError('unreadable', `not JSON: ${excerpt(text)}`);
  }
  if (isFields(value)) return value;
  throw new FrameError('unreadable', `not a JSON object: ${excerpt(text)}`);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws FrameError `malformed`, as all below */
export function fieldsOf(value: unknown, name: string): Fields {
  if (isFields(value)) return value;
  throw malformed(name, 'an object', value);
}

export function arrayOf(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed(name, 'an array', value);
}

export function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw malformed(name, 'a text', value);
}

/** A whole number, also where the venue writes it as text; negative ones too. */
export function integerOf(value: unknown, name: string): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (Number.isSafeInteger(number)) return number as number;
  throw malformed(name, 'a whole number', value);
}

/** UTC epoch in ms, in a range that clocks can show, from a whole number or text. */
export function epochOf(value: unknown, name: string): number {
  const timeMs = integerOf(value, name);
  if (timeMs >= 0 && timeMs < 1e14) return timeMs;
  throw malformed(name, 'UTC epoch milliseconds', value);
}

/** UTC epoch in ms, from an ISO time; what is finer than a millisecond is cut off. */
export function isoTimeOf(value: unknown, name: string): number {
  const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (timeMs >= 0) return timeMs;
  throw malformed(name, 'an ISO time', value);
}

/** No market has prices or sizes beyond these; arithmetic with larger ones ends in Infinity. */
const MAX_PRICE = 1e15;
const MIN_PRICE = 1e-15;
const MAX_SIZE = 1e18;

/** A number from 0 to 1e18, from a JSON number or decimal text. */
export function decimalOf(value: unknown, name: string): number {
  const number = typeof value === 'string' ? parseDecimal(value) : value;
  if (typeof number === 'number' && number >= 0 && number <= MAX_SIZE) return number;
  throw malformed(name, 'a number of at least 0 and at most 1e18', value);
}

export function priceOf(value: unknown, name: string): number {
  const price = decimalOf(value, name);
  if (price >= MIN_PRICE && price <= MAX_PRICE) return price;
  throw malformed(name, 'a price above 0', value);
}

/** A fraction of notional, of either sign, below one whole. */
export function rateOf(value: unknown, name: string): number {
  const isText = typeof value === 'string';
  const isNegative = isText && value.startsWith('-');
  const rate = isText ? (isNegative ? -1 : 1) * parseDecimal(isNegative ? value.slice(1) : value) : value;
  if (typeof rate === 'number' && rate > -1 && rate < 1) return rate;
  throw malformed(name, 'a rate between -1 and 1', value);
}

export function malformed(name: string, expected: string, value: unknown): FrameError {
  const got = typeof value === 'string' ? JSON.stringify(value.slice(0, EXCERPT)) : value;
  return new FrameError('malformed', `"${name}" must be ${expected}, got ${excerpt(got)}`);
}

/**
 * The beginning of a text, or what another value is, fit for one line of a log. What is inside a value is not looked at:
 * it may be nested deeper than any stack, or have a `toString` that is a number.
 */
export function excerpt(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const line = printable(String(value)).replace(/\s+/g, ' ');
  return line.length > EXCERPT ? `${line.slice(0, EXCERPT)}…` : line;
}
