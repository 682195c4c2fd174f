/** What `market-gym bench` measures, in this order. */
import { agentBenchmarks } from './agent-benchmarks.ts';
import { type Benchmark, calibration } from './benchmark.ts';
import { envBenchmarks } from './env-benchmarks.ts';
import { memoryBenchmarks } from './memory-benchmarks.ts';
import { networkBenchmarks } from './network-benchmarks.ts';
import { offPolicyBenchmarks } from './off-policy-benchmarks.ts';

export const benchmarks: readonly Benchmark[] = [
  calibration,
  ...envBenchmarks,
  ...networkBenchmarks,
  ...agentBenchmarks,
  ...offPolicyBenchmarks,
  ...memoryBenchmarks,
];
