import { beforeAll, describe, expect, test } from 'vitest';
import { ppo } from '../../../agents/ppo.ts';
import { createRng } from '../../../core/rng.ts';
import { arbitrageConfig } from '../../../envs/arbitrage/config.ts';
import { SYNTHETIC_MARKET } from '../../../envs/arbitrage/synthetic.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import { syntheticVenuesPresets } from '../../../market/synthetic/venues-config.ts';
import { type ArbitrageResult, trainArbitrage } from '../../../trainers/arbitrage/train.ts';
import { outcomeRows, renderArbitrageReport } from '../../../trainers/report/arbitrage.ts';
import { counts } from '../../soak.ts';

const sensitivity = { feeRates: [0, 0.001], latenciesMs: [250] };
const run = (market: object, seeds = [1, 2]) =>
  trainArbitrage({
    books: new SyntheticVenues({ ...market, events: 1600 }).generate(createRng(3)),
    config: arbitrageConfig.parse({
      takerFeeRates: [0.0005],
      decisionMs: 10_000,
      sizes: [0.05],
      warmupEvents: 50,
      observed: ['edge', 'base', 'quote'],
    }),
    agent: ppo,
    agentSettings: { hidden: [16], rolloutSteps: 128, learningRate: 1e-4, gamma: 0.99 },
    trainShare: 0.5,
    seeds,
    numEnvs: 4,
    cloningSteps: counts(5000, 8000),
    syntheticSteps: 2000,
    tapeSteps: 2000,
    sensitivity,
  });

describe('training for arbitrage', () => {
  let result: ArbitrageResult;
  beforeAll(() => {
    result = run(SYNTHETIC_MARKET);
  }, 120_000);

  test('judges every seed and every rule on both spans, of which the later begins where the earlier ends', () => {
    expect(result.spans.test.fromRow).toBe(result.spans.train.toRow);
    expect(result.seeds.map(({ seed }) => seed)).toEqual([1, 2]);
    expect(result.rules.map(({ name }) => name)).toEqual([
      'do-nothing',
      'random',
      'threshold',
      'threshold by direction',
      'trailing entry',
      'ladder',
      'maker-taker',
    ]);
    for (const { name, train, test } of result.rules) {
      if (name === 'maker-taker') continue;
      expect(train.profitBps).toBeLessThanOrEqual(result.boundBps.train);
      expect(test.profitBps).toBeLessThanOrEqual(result.boundBps.test);
    }
    expect(result.rules[0].test).toMatchObject({ profitBps: 0, trades: 0 });
  });

  test('its mean and interval are those of the seeds, and the fee that was trained with gives the same profit again', () => {
    const profits = result.seeds.map(({ test }) => test.profitBps);
    expect(result.meanProfitBps).toBeCloseTo((profits[0] + profits[1]) / 2, 12);
    // Two seeds cannot bound what a third would earn by what they did.
    expect(result.profitInterval.low).toBeLessThanOrEqual(Math.min(...profits));
    expect(result.profitInterval.high).toBeGreaterThanOrEqual(Math.max(...profits));
    expect(result.verdict.text).toContain('2 seeds tell little');
    expect(result.sensitivity.map((row) => row.length)).toEqual([1, 1]);
  });

  test('the verdict names the better threshold rule and the ladder, with what they earned', () => {
    const of = (name: string) => result.rules.find((rule) => rule.name === name)!.test.profitBps;
    const best = Math.max(of('threshold'), of('threshold by direction'));
    expect(result.verdict.text).toContain(`rule ${best.toFixed(2)} bp`);
    expect(result.verdict.text).toContain(
      `ladder, which is there to teach it, ${of('ladder').toFixed(2)} bp`,
    );
  });

  test('its tables say profits in basis points and shares in percent', () => {
    const [head, first] = outcomeRows(result, 'test');
    const cell = (name: string) => first[head.indexOf(name)];
    const { test: outcome } = result.seeds[0];
    const percent = (share: number) =>
      Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`.replace('-', '−');
    expect(first[0]).toBe('agent, seed 1');
    expect(first.slice(1)).toContain(outcome.profitBps.toFixed(2).replace('-', '−'));
    expect(first.slice(1)).toContain(percent(outcome.inventoryDrift));
    expect(cell('trades')).toBe(String(outcome.trades));
  });

  test('the report shows all of them, needs no network, and takes no markup from a title', () => {
    const html = renderArbitrageReport(result, { title: '<b>Two</b>', ...sensitivity, details: ['A & B'] });
    const [, ...rows] = outcomeRows(result, 'test');
    for (const [name] of rows) expect(html).toContain(`<th scope="row">${name}</th>`);
    expect(html).toContain('<h1>&lt;b&gt;Two&lt;/b&gt;</h1>');
    expect(html).toContain('A &amp; B');
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<script|https?:\/\//);
  });
});

test('where no edge exceeds its cost, neither the ladder nor the agent that it taught trades', () => {
  const { rules, seeds } = run(syntheticVenuesPresets['no-arbitrage'], [1, 2].slice(0, counts(1, 2)));
  expect(rules.find(({ name }) => name === 'ladder')!.test.trades).toBe(0);
  for (const { test } of seeds) {
    expect(test.trades).toBeLessThanOrEqual(2);
    expect(test.profitBps).toBeGreaterThan(-1.5);
  }
}, 120_000);
