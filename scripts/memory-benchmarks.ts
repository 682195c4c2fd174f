/** How much memory a run takes, in a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './benchmark.ts';

const SCRIPT = fileURLToPath(
  new URL(`replay-memory${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

export const memoryBenchmarks: readonly Benchmark[] = [
  { name: 'dqn.replay_1m_peak_mb', unit: 'MB', measure: () => peakMegabytes([]) },
  { name: 'dqn.replay_1m_resume_peak_mb', unit: 'MB', measure: () => peakMegabytes([], ['resume']) },
];

/** @param processes the arguments of each, one after the other on the same run @returns the peak of the last */
function peakMegabytes(...processes: readonly (readonly string[])[]): number {
  const path = mkdtempSync(join(tmpdir(), 'market-gym-memory-'));
  try {
    const peaks = processes.map((args) => {
      const command = [...process.execArgv, SCRIPT, join(path, 'run'), ...args];
      const { stdout, stderr, status } = spawnSync(process.execPath, command, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`The run that is measured failed: ${stderr}`);
      return Number(stdout) / 1e6;
    });
    return peaks[peaks.length - 1];
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
