/** The public names of testing: one call proves a plugin against its contract, in a script or as a vitest suite. */
export { type CheckEnvOptions, checkEnv, inspectEnv } from '../envs/check-env.ts';
export { type AgentTestOptions, checkAgent } from './agent.ts';
export type { EnvTestOptions } from './env.ts';
export type { LookAheadOptions, LookAheadSubject } from './look-ahead-subjects.ts';
export { checkModel, inspectModel, type ModelTestOptions } from './model.ts';
export { checkNetwork } from './network.ts';
export { checkNoLookAhead } from './no-look-ahead.ts';
export { testAgent, testEnv, testNetwork, testVenue } from './suites.ts';
export { checkVenue, type VenueSample, type VenueTestOptions } from './venue.ts';
