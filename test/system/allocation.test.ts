import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const script = fileURLToPath(new URL('./allocation.ts', import.meta.url));

/** Bytes of a million steps, in a process of its own: what else a process has run decides how V8 compiles. */
async function allocated(name: string): Promise<number> {
  // Compiled at once, at the same step on any machine: otherwise it depends on its load what is inlined.
  const flags = [
    '--expose-gc',
    '--min-semi-space-size=512',
    '--max-semi-space-size=512',
    '--no-concurrent-recompilation',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--import', 'tsx', script, name]);
  return JSON.parse(stdout) as number;
}

describe('a million steps allocate nothing per step', () => {
  test.each([
    'trading',
    'trading with continuous actions',
    'trading at the close',
    'trading for the differential Sharpe ratio',
    'trading with a drawdown penalty',
    'perpetual',
    'perpetual with isolated margin',
    'a vector of 8 trading envs',
    'cartpole',
    'pendulum',
  ])('%s', async (name) => {
    expect(await allocated(name)).toBeLessThan(100_000);
  });
});

test('an impact model returns a rate, which V8 may box: at most one number a fill', async () => {
  expect(await allocated('trading with slippage and impact')).toBeLessThan(17 * 1_000_000);
});
