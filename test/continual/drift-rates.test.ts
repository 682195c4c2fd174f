import { vi } from 'vitest';
import { testRates } from './drift-rates.ts';

vi.setConfig({ testTimeout: 120_000 });
testRates({ barMinutes: 15, numStill: 30, maxFalse: 1, numChanged: 12 });
