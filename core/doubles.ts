/** Keeps numbers that are fractions out of boxes. */

/**
 * The zero that a field of fractions begins with, where it is overwritten step by step. V8 keeps such a field as an
 * unboxed double and writes it in place if it never held a small integer, which 0 is and −0 is not; and a number
 * crosses a call without a box where it travels in such a field or in a typed array.
 */
export const DOUBLE_ZERO = -0;
