/** What `market-gym bench` measures, in this order. */
import { agentBenchmarks } from './agents.ts';
import { type Benchmark, calibration } from './benchmark.ts';
import { dataBenchmarks } from './data.ts';
import { envBenchmarks } from './envs.ts';
import { liveBenchmarks } from './live.ts';
import { marketBenchmarks } from './market.ts';
import { memoryBenchmarks } from './memory.ts';
import { modelBenchmarks } from './models.ts';
import { networkBenchmarks } from './networks.ts';
import { offPolicyBenchmarks } from './off-policy.ts';
import { treeBenchmarks } from './trees.ts';

export const benchmarks: readonly Benchmark[] = [
  calibration,
  ...envBenchmarks,
  ...marketBenchmarks,
  ...dataBenchmarks,
  ...networkBenchmarks,
  ...modelBenchmarks,
  ...agentBenchmarks,
  ...offPolicyBenchmarks,
  ...liveBenchmarks,
  ...treeBenchmarks,
  ...memoryBenchmarks,
];
