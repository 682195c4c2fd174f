/** The public names of testing: one call proves a plugin against its contract, in a script or as a vitest suite. */
export { type CheckEnvOptions, checkEnv, inspectEnv } from '../envs/check-env.ts';
export type { LeakFinding, LookAheadProof } from '../trainers/look-ahead/findings.ts';
export { checkNoLookAhead, proveNoLookAhead } from '../trainers/look-ahead/prove.ts';
export type { LookAheadSubject } from '../trainers/look-ahead/subjects.ts';
export type { LookAheadOptions } from '../trainers/look-ahead/tracer.ts';
export { type AgentTestOptions, checkAgent } from './agent.ts';
export type { EnvTestOptions } from './env.ts';
export { checkModel, inspectModel, type ModelTestOptions } from './model.ts';
export { checkNetwork } from './network.ts';
export { testAgent, testEnv, testNetwork, testVenue } from './suites.ts';
export { checkVenue, type VenueSample, type VenueTestOptions } from './venue.ts';
