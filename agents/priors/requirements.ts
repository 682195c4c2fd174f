/** Refuses what an agent cannot do with a prior, in one line that says what it can. */
import { ConfigError } from '../../core/errors.ts';
import type { PriorConfig } from './config.ts';
import type { PriorNetwork } from './network.ts';
import type { PriorReader } from './reader.ts';
import { type ContinuousForm, type PriorSupport, type PriorUse, priorUses } from './support.ts';

/** Numbers that the policy of one continuous action gives. */
const OUTPUTS: Readonly<Record<ContinuousForm, number>> = { means: 1, squashed: 2, tanh: 1 };

/** What settings ask of an agent. Columns that are shown are asked of no agent: they stand in its observations. */
export function usesOf(config: PriorConfig): PriorUse[] {
  const { warmStartSteps, pullWeight, guidance, residual } = config;
  const asked = { 'warm-start': warmStartSteps, pull: pullWeight, guidance, residual };
  return (Object.keys(asked) as (keyof typeof asked)[]).filter((use) => asked[use] > 0);
}

/**
 * @param plugin an agent's
 * @returns what its plugin declares
 * @throws ConfigError `unsuitable-mechanism`, naming what it lacks and what it can use
 */
export function requireUses(
  plugin: { readonly name: string; readonly prior?: PriorSupport },
  asked: readonly string[],
): PriorSupport {
  const usable = priorUses(plugin);
  const missing = asked.find((use) => !(usable as readonly string[]).includes(use));
  if (missing === undefined) return plugin.prior ?? { uses: usable };
  throw new ConfigError(
    'unsuitable-mechanism',
    `Agent "${plugin.name}" cannot use "${missing}" of a prior; it can use ${usable.join(', ')}.` +
      (plugin.prior === undefined ? ' Its plugin may declare more, as "prior" in defineAgent.' : ''),
  );
}

export function requireRawObservations(
  name: string,
  { seesRawObservations }: PriorSupport,
  settings: Readonly<Record<string, unknown>>,
): void {
  if (seesRawObservations?.(settings) !== false) return;
  throw unsuitable(
    name,
    "scales its observations, so that its networks cannot read a prior's probabilities in them",
    'turn normalizeObservations off, or use columns alone',
  );
}

/** For what changes the policy: how its outputs are read has to be known, where they are not logits. */
export function requireForm(
  name: string,
  { continuousForm }: PriorSupport,
  { numChoices }: PriorReader,
): void {
  if (numChoices > 0 || continuousForm !== undefined) return;
  throw unsuitable(
    name,
    'does not say how its policy gives continuous actions',
    'declare prior.continuousForm in its plugin, or use columns alone',
  );
}

/** For what works on networks: the agent has asked for them, and they give what is read from them. */
export function requireNetworks(
  name: string,
  { policies, numNetworks }: { readonly policies: readonly PriorNetwork[]; readonly numNetworks: number },
  changesPolicy: boolean,
  form: ContinuousForm,
  { numChoices }: PriorReader,
): void {
  if (numNetworks === 0 || (changesPolicy && policies.length === 0)) {
    throw unsuitable(
      name,
      `asked its context for no ${changesPolicy ? 'policy ' : ''}network, so that a prior cannot be put around it`,
      'make its networks by createNetwork of its context, or use columns alone',
    );
  }
  if (!changesPolicy) return;
  const expected = numChoices > 0 ? numChoices : OUTPUTS[form];
  const wrong = policies.find(({ outputDim }) => outputDim !== expected);
  if (wrong === undefined) return;
  throw unsuitable(
    name,
    `has a policy network of ${wrong.outputDim} outputs, where ${numChoices > 0 ? 'one per choice' : `the form "${form}"`} ` +
      `makes ${expected}`,
    'correct prior.continuousForm in its plugin, or use columns alone',
  );
}

export function withoutOwnNetwork(name: string, role: string): ConfigError {
  return unsuitable(
    name,
    `does not say how it makes its own ${role} network, which the prior is put around`,
    'declare prior.createNetwork in its plugin, bring a network (--network), or use columns alone',
  );
}

function unsuitable(name: string, why: string, next: string): ConfigError {
  return new ConfigError('unsuitable-mechanism', `Agent "${name}" ${why}; ${next}.`);
}
