/** The samplers that come with the framework. */
import type { SamplerPlugin } from '../sampler.ts';
import { cmaEsSampler } from './cma-es.ts';
import { gridSampler, randomSampler, sobolSampler } from './draws.ts';
import { tpeSampler } from './tpe.ts';

export const builtInSamplers: readonly SamplerPlugin[] = [
  tpeSampler,
  cmaEsSampler,
  sobolSampler,
  randomSampler,
  gridSampler,
];
