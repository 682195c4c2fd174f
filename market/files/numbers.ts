/** Reads numbers as people and vendors write them: thousands, decimal commas, currency signs, K, M and B. */

/** `point`: 1,234.5 · `comma`: 1.234,5 */
export type DecimalMark = 'point' | 'comma';

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const POINT_GROUPS = /^[+-]?\d{1,3}(?:[,'\u00a0\u202f ]\d{3})+(?:\.\d*)?$/;
/** Lakhs and crores: 1,00,000. */
const INDIAN_GROUPS = /^[+-]?\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d*)?$/;
const COMMA_GROUPS = /^[+-]?\d{1,3}(?:[.'\u00a0\u202f ]\d{3})+(?:,\d*)?$/;
const COMMA_PLAIN = /^[+-]?(?:\d+,?\d*|,\d+)$/;
const DECORATED =
  /^(?<sign>[+-]?)(?:[$€£¥₩₿]|KRW|USD)?\s*(?<digits>[\d.,'\u00a0\u202f ]*\d\.?)\s*(?<scale>[KMBT]?)(?:원|주)?$/i;
const ZEROS: Readonly<Record<string, number>> = { '': 0, K: 3, M: 6, B: 9, T: 12 };

/** @returns NaN for a text that is no number; hexadecimal digits, `Infinity` and `null` are none */
export function parseNumber(text: string, mark: DecimalMark = 'point'): number {
  if (mark === 'point' && PLAIN.test(text)) return Number(text);
  const plain = plainDigits(text, mark);
  if (plain !== undefined) return Number(plain);
  const parts = DECORATED.exec(text)?.groups;
  if (parts === undefined) return Number.NaN;
  const { sign, digits, scale } = parts;
  const value = plainDigits(digits, mark);
  if (value === undefined) return Number.NaN;
  const zeros = ZEROS[scale.toUpperCase()];
  // Scaled in decimal, so that 55.20K is 55200 and not the nearest product of two roundings.
  return Number(`${sign}${value}e${zeros}`);
}

function plainDigits(text: string, mark: DecimalMark): string | undefined {
  if (mark === 'point') {
    if (PLAIN.test(text)) return text;
    return POINT_GROUPS.test(text) || INDIAN_GROUPS.test(text)
      ? text.replace(/[,'\u00a0\u202f ]/g, '')
      : undefined;
  }
  if (COMMA_PLAIN.test(text)) return text.replace(',', '.');
  if (COMMA_GROUPS.test(text)) return text.replace(/[.'\u00a0\u202f ]/g, '').replace(',', '.');
  return undefined;
}

/** Numbers of three digits behind a mark may be thousands or thousandths. */
const EITHER = /^[+-]?\d{1,3}[.,]\d{3}$/;

/**
 * Decides from a sample of cells whether decimals are written with a comma.
 * @param otherwise where no cell tells: what the language of the file's header writes
 */
export function findDecimalMark(cells: Iterable<string>, otherwise: DecimalMark = 'point'): DecimalMark {
  let commas = 0;
  let either = 0;
  for (const cell of cells) {
    const text = cell.trim().replace(/ ?[%KMBT]$/, '');
    if (EITHER.test(text)) either++;
    if (/^[+-]?\d{1,3}(?:,\d{3}){2,}$/.test(text)) return 'point';
    if (/^[+-]?\d{1,3}(?:\.\d{3}){2,}$/.test(text)) commas++;
    // A point before digits that are no group of three can be a decimal mark alone.
    if (/^[+-]?\d+\.(?:\d{1,2}|\d{4,})$/.test(text) || /^[+-]?\d{1,3}(?:,\d{3})+\.\d+$/.test(text))
      return 'point';
    if (/^[+-]?\d+,(?:\d{1,2}|\d{4,})$/.test(text) || /^[+-]?\d{1,3}(?:\.\d{3})+,\d+$/.test(text)) commas++;
  }
  return commas > 0 ? 'comma' : either > 0 ? otherwise : 'point';
}
