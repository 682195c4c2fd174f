/**
 * Arbitrage between two synthetic venues, without a file: PPO is taught by a tuned rule, learns on by itself, and is
 * judged on hours it has not seen, beside that rule, others, and the hindsight bound. Takes about a minute.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as gym from 'market-gym';

const market = new gym.SyntheticVenues({ ...gym.SYNTHETIC_MARKET, events: 16_000 });
const sensitivity = { feeRates: [0, 0.0005, 0.001], latenciesMs: [0, 250, 1000, 5000] };
const result = gym.trainArbitrage({
  books: market.generate(gym.createRng(1)),
  config: gym.arbitrageConfig.parse({
    takerFeeRates: [0.0005],
    latencyMs: [250],
    decisionMs: 5000,
    sizes: [0.05],
    observed: ['edge', 'edge-mean', 'base', 'quote'],
  }),
  agent: gym.ppo,
  agentSettings: {
    learningRate: 1e-4,
    gamma: 0.999,
    lambda: 0.97,
    rolloutSteps: 512,
    minibatchSize: 512,
    epochs: 4,
    hidden: [32],
    targetKl: 0.02,
  },
  trainShare: 0.6,
  seeds: [1, 2],
  numEnvs: 8,
  cloningSteps: 60_000,
  syntheticSteps: 60_000,
  tapeSteps: 40_000,
  sensitivity,
  onProgress: (message) => console.log(`${message} …`),
});

for (const { name, settings, test } of result.rules) {
  console.log(`${name.padEnd(22)} ${test.profitBps.toFixed(2).padStart(9)} bp  ${settings}`);
}
for (const { seed, test } of result.seeds) {
  console.log(
    `${`ppo, seed ${seed}`.padEnd(22)} ${test.profitBps.toFixed(2).padStart(9)} bp  ${test.trades} trades`,
  );
}
console.log(`hindsight bound        ${result.boundBps.test.toFixed(2).padStart(9)} bp`);
console.log(result.verdict.text);
const details = ['Books: a synthetic market of two venues.'];
mkdirSync('runs', { recursive: true });
writeFileSync(
  'runs/arbitrage.html',
  gym.renderArbitrageReport(result, { title: 'PPO between two synthetic venues', ...sensitivity, details }),
);
