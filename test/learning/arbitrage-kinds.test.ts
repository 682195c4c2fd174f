import { describe, expect, test } from 'vitest';
import { ppo } from '../../agents/ppo.ts';
import { CARRY, type ComboKind, PREMIUM } from '../../envs/combos/kinds.ts';
import { comboAgentSettings, comboSteps } from '../../trainers/arbitrage/combos/defaults.ts';
import { type ComboResult, trainCombos } from '../../trainers/arbitrage/combos/judge.ts';
import { bestPremiumPolicy } from './best-premium-policy.ts';

const HOUR = 3_600_000;
const SEEDS = [1, 2, 3, 4, 5];

/** The kind's markets, one of them otherwise. */
const marketsWith = (
  { synthetic }: ComboKind,
  change: number,
  settings: object,
): Record<string, unknown> => ({
  markets: (synthetic.markets as object[]).map((market, m) =>
    m === change ? { ...market, ...settings } : market,
  ),
});

function learn(
  kind: ComboKind,
  market: Record<string, unknown>,
  config: Record<string, unknown> = {},
): ComboResult {
  const result = trainCombos({
    kind,
    config,
    agent: ppo,
    agentSettings: comboAgentSettings(kind, 'ppo'),
    steps: comboSteps(kind),
    seeds: SEEDS,
    numEnvs: 8,
    market,
    numMarkets: 12,
  });
  const figures = result.rows.map(
    ({ name, test }) => `${name}: ${test.profitBps.toFixed(1)} bp, ${(100 * test.shareOfBound).toFixed(0)} %`,
  );
  console.info(`${kind.name}, bound ${result.boundBps.test.toFixed(1)} bp; ${figures.join('; ')}`);
  return result;
}

const seedsOf = ({ rows }: ComboResult) => rows.filter(({ name }) => name.startsWith('ppo'));

describe('carry', () => {
  test('where funding is drawn anew around zero, an agent loses no more than one round trip', () => {
    const result = learn(
      CARRY,
      marketsWith(CARRY, 1, { funding: { meanBps: 0, deviationBps: 3, halfLifeMs: 0 } }),
    );
    // Two legs there and back at 4 bp of fees and half of 2 bp of spread, on four fifths of the capital.
    for (const { test: unseen } of seedsOf(result)) expect(unseen.profitBps).toBeGreaterThan(-16);
  }, 600_000);

  test('where funding stays at 20 bp a day, every seed earns seven tenths of the hindsight bound', () => {
    const result = learn(
      CARRY,
      marketsWith(CARRY, 1, { funding: { meanBps: 20 / 3, deviationBps: 2, halfLifeMs: 120 * HOUR } }),
    );
    for (const { test: unseen } of seedsOf(result)) expect(unseen.shareOfBound).toBeGreaterThan(0.7);
  }, 600_000);
});

test('where a premium of 100 bp halves in two hours and a round trip costs 45 bp, seeds come near the best policy', () => {
  const result = learn(PREMIUM, marketsWith(PREMIUM, 1, { premiumDeviationBps: 100 }), {
    takerFeeRate: 0.00055,
  });
  const best = bestPremiumPolicy({
    deviation: 100,
    memory: 0.5 ** (2 / 120),
    cost: 22.5,
    positions: [-0.15, 0, 0.2],
    decisions: 1440,
  });
  console.info(`the best policy without hindsight: ${best.toFixed(1)} bp`);
  const profits = seedsOf(result).map(({ test: unseen }) => unseen.profitBps);
  const rule = result.rows.find(({ name }) => name === 'hysteresis')!.test.profitBps;
  console.info(`above the rule: ${profits.filter((profit) => profit > rule).length} of ${profits.length}`);
  // The bound sees every turn of the premium ahead: half of it is beyond any policy that does not.
  expect(best).toBeLessThan(0.25 * result.boundBps.test);
  expect(profits.filter((profit) => profit > 0.75 * best).length).toBeGreaterThanOrEqual(4);
}, 600_000);
