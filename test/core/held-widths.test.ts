import { expect, test } from 'vitest';
import { requireHeldWidths } from '../../core/held-widths.ts';

const HELD = 1_000_000;
const isTaken = (settings: object): boolean => {
  try {
    requireHeldWidths(settings, HELD, 'the model');
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'snapshot-mismatch' });
    return false;
  }
};

test.each([
  [{ hidden: [1000, 999] }, true],
  [{ hidden: [1000, 1000] }, false],
  [{ hidden: [10, 1000, 1000] }, false],
  [{ hiddenUnits: 1_000_000 }, true],
  [{ hiddenUnits: 1_000_001 }, false],
  [{ channels: Array(10_001).fill(100) }, false],
  // Settings of other meanings may have any size.
  [{ bufferSize: 1e9, layers: 1e9 }, true],
])('of %o the numbers that a file of a million holds: %s', (settings, expected) => {
  expect(isTaken(settings)).toBe(expected);
});

test('widths that are no harm are taken of any file: an agent has settings that it does not use', () => {
  requireHeldWidths({ hidden: [64, 64], recurrentUnits: 256, channels: [32, 32] }, 0, 'a rule');
});
