/** What `market-gym bench` measures, in this order. */
import { agentBenchmarks } from './agent-benchmarks.ts';
import { type Benchmark, calibration } from './benchmark.ts';
import { envBenchmarks } from './env-benchmarks.ts';
import { liveBenchmarks } from './live-benchmarks.ts';
import { marketBenchmarks } from './market-benchmarks.ts';
import { memoryBenchmarks } from './memory-benchmarks.ts';
import { modelBenchmarks } from './model-benchmarks.ts';
import { networkBenchmarks } from './network-benchmarks.ts';
import { offPolicyBenchmarks } from './off-policy-benchmarks.ts';
import { treeBenchmarks } from './tree-benchmarks.ts';

export const benchmarks: readonly Benchmark[] = [
  calibration,
  ...envBenchmarks,
  ...marketBenchmarks,
  ...networkBenchmarks,
  ...modelBenchmarks,
  ...agentBenchmarks,
  ...offPolicyBenchmarks,
  ...liveBenchmarks,
  ...treeBenchmarks,
  ...memoryBenchmarks,
];
