import { vi } from 'vitest';
import { counts } from '../soak.ts';
import { testRates } from './drift-rates.ts';

vi.setConfig({ testTimeout: 600_000 });
testRates({
  barMinutes: 15,
  numStill: counts(6, 100),
  maxFalse: counts(1, 5),
  numChanged: counts(3, 100),
});
