/** The contracts as vitest suites: a new plugin's test is one call. */
import type { ConfigSchema } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import type { Env } from '../envs/env.ts';
import type { VenuePlugin } from '../live/connection/venue.ts';
import type { Network } from '../networks/network.ts';
import { type AgentTestOptions, agentChecks } from './agent.ts';
import type { Check } from './check.ts';
import { type EnvTestOptions, envChecks } from './env.ts';
import { networkChecks } from './network.ts';
import { type VenueSample, type VenueTestOptions, venueChecks } from './venue.ts';

/** Loaded inside a test run alone, which hands its environment on to processes that it starts. */
const vitest = process.env.VITEST === undefined ? undefined : await import('vitest').catch(absent);

/** The checks work without it. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
}

/** Mutated frames and finite differences take a while. */
const TIMEOUT_MS = 120_000;

function suite(name: string, checks: readonly Check[]): void {
  if (vitest === undefined) {
    throw new ConfigError(
      'no-test-runner',
      'The suites run inside vitest; in a script of your own call the check… functions.',
    );
  }
  const { describe, test } = vitest;
  describe(name, () => {
    for (const check of checks) test(check.name, { timeout: TIMEOUT_MS }, () => check.run());
  });
}

/**
 * A suite of what every agent must do.
 * @example
 * testAgent('reinforce', { plugin: reinforce, createEnv: (seed) => cartpole.create({ seed }) });
 */
export function testAgent(name: string, options: AgentTestOptions): void {
  suite(`agent ${name}`, agentChecks(options));
}

/**
 * A suite of what every env must do.
 * @param create makes a new env, not reset yet, whose randomness is decided by `seed`
 * @example
 * testEnv('coin', (seed) => coin.create({ seed }));
 */
export function testEnv(name: string, create: (seed: number) => Env, options: EnvTestOptions = {}): void {
  suite(`${name} keeps the env contract`, envChecks(create, options));
}

/**
 * A suite of what every network must do.
 * @param create makes the network with the same parameters every time
 */
export function testNetwork(name: string, create: () => Network): void {
  suite(`${name} as a network`, networkChecks(create));
}

/**
 * A suite of what every venue must do.
 * @param sample frames of a session as the venue sends them
 */
export function testVenue(
  plugin: VenuePlugin<ConfigSchema>,
  sample: VenueSample,
  options: VenueTestOptions = {},
): void {
  suite(`${plugin.name} keeps the venue contract`, venueChecks(plugin, sample, options));
}
