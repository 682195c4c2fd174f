/** Tunes the rules that an agent for several markets is compared with: on training markets, each setting played once. */
import type { Agent, AgentPlugin } from '../../../agents/agent.ts';
import { comboHysteresis } from '../../../agents/rules/combo-hysteresis.ts';
import { hedgedMaker } from '../../../agents/rules/hedged-maker.ts';
import { random } from '../../../agents/rules/random.ts';
import { createRng } from '../../../core/rng.ts';
import type { ComboEnv } from '../../../envs/combo-arbitrage.ts';
import type { ComboKind } from '../../../envs/combos/kinds.ts';
import { createActionBatch } from '../../../envs/spaces.ts';

export interface ComboRule {
  readonly name: string;
  readonly settings: string;
  readonly agentFor: (env: ComboEnv) => Agent;
}

const ENTRIES = { edge: [2, 5, 10, 20, 40, 60, 80], funding: [0.5, 1, 2, 4, 8] };
const EXITS = { edge: [-80, -60, -40, -20, -10, 0, 10, 20, 40], funding: [-8, -4, -2, 0, 1] };
/** k and γσ²(T − t) of the maker: how far it quotes, and how it leans. */
const INTENSITIES = [1, 0.4, 0.2, 0.1];
const VARIANCES = [0, 40, 160];

/** Doing nothing, chance, and the rules of the kind with what earns most. @param profit of an agent on the training markets */
export function tuneCombos(
  kind: ComboKind,
  profit: (agentFor: ComboRule['agentFor']) => number,
): ComboRule[] {
  const never: ComboRule = { name: 'do-nothing', settings: '', agentFor: holdsStill };
  const chance: ComboRule = {
    name: 'random',
    settings: '',
    agentFor: (env) => buildFor(random, env, { changeProbability: 0.1 }, 1),
  };
  if (kind.maker !== undefined) {
    const tried = INTENSITIES.flatMap((intensity) =>
      VARIANCES.map((varianceBps2) => ({
        settings: `intensity ${intensity}, variance ${varianceBps2} bp²`,
        agentFor: (env: ComboEnv) => buildFor(hedgedMaker, env, { intensity, varianceBps2 }),
      })),
    );
    return [never, chance, best('hedged maker', tried, profit)];
  }
  const signals = (['edge', 'funding'] as const).filter(
    (signal) => signal === 'edge' || kind.markets.some((market) => market.kind !== 'spot'),
  );
  const rules = signals.map((signal) => {
    const tried = ENTRIES[signal].flatMap((entryBps) =>
      EXITS[signal].map((exitBps) => ({
        settings: `enters above ${entryBps} bp, exits at ${exitBps} bp`,
        agentFor: (env: ComboEnv) => buildFor(comboHysteresis, env, { signal, entryBps, exitBps }),
      })),
    );
    return best(signal === 'edge' ? 'hysteresis' : 'carry', tried, profit);
  });
  return [never, chance, ...rules];
}

/** The settings that earn most, of those that earn more than nothing. */
function best(
  name: string,
  tried: readonly Omit<ComboRule, 'name'>[],
  profit: (agentFor: ComboRule['agentFor']) => number,
): ComboRule {
  let chosen: Omit<ComboRule, 'name'> = { settings: 'never', agentFor: holdsStill };
  let most = 0;
  for (const candidate of tried) {
    const earned = profit(candidate.agentFor);
    if (earned <= most) continue;
    most = earned;
    chosen = candidate;
  }
  return { name, ...chosen };
}

function holdsStill(env: ComboEnv): Agent {
  return {
    act: (_observations, numEnvs) => createActionBatch(env.actionSpace, numEnvs),
    observe: () => undefined,
    save: () => ({ arrays: {}, values: {} }),
    load: () => {},
  };
}

function buildFor(plugin: AgentPlugin, env: ComboEnv, settings: Record<string, unknown>, seed = 0): Agent {
  const { observationSpace, actionSpace } = env;
  const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(seed), totalSteps: 0 };
  return plugin.build({ ...context, masksActions: true }, settings);
}
