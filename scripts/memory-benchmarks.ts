/** How much memory a run takes, in a process of its own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './benchmark.ts';

const SCRIPT = fileURLToPath(
  new URL(`replay-memory${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

export const memoryBenchmarks: readonly Benchmark[] = [
  {
    name: 'dqn.replay_1m_peak_mb',
    unit: 'MB',
    measure() {
      const { stdout, stderr, status } = spawnSync(process.execPath, [...process.execArgv, SCRIPT], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`The run that is measured failed: ${stderr}`);
      return Number(stdout) / 1e6;
    },
  },
];
