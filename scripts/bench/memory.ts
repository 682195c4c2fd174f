/** How much memory a run takes, in a process of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { inOwnProcess } from './own-process.ts';

export const memoryBenchmarks: readonly Benchmark[] = [
  { name: 'dqn.replay_1m_peak_mb', unit: 'MB', measure: () => peakMegabytes([]) },
  { name: 'dqn.replay_1m_resume_peak_mb', unit: 'MB', measure: () => peakMegabytes([], ['resume']) },
];

/** @param processes the arguments of each, one after the other on the same run @returns the peak of the last */
function peakMegabytes(...processes: readonly (readonly string[])[]): number {
  const path = mkdtempSync(join(tmpdir(), 'market-gym-memory-'));
  try {
    const peaks = processes.map(
      (args) => Number(inOwnProcess('replay-memory', join(path, 'run'), ...args)) / 1e6,
    );
    return peaks[peaks.length - 1];
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
