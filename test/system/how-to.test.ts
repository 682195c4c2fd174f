/** Every page of docs/how-to: its example keeps the contract of its kind, and its commands run as they stand. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as gym from 'market-gym';
import { signalConfig } from 'market-gym/models';
import * as testing from 'market-gym/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { freshDist } from '../dist.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const program = freshDist('scripts/market-gym.js');
const pages = readdirSync(join(ROOT, 'docs/how-to')).filter((file) => file.endsWith('.md'));
const scratch = mkdtempSync(join(tmpdir(), 'market-gym-how-to-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const example = (file: string) => import(join(ROOT, 'examples', file));

test('there is a page for each kind of plugin, and the list names it', () => {
  const kinds = [
    'agent',
    'env',
    'network',
    'feature',
    'reward',
    'fee-model',
    'slippage-model',
    'latency-model',
  ];
  const expected = [...kinds, 'venue', 'model-kind', 'signal-rule', 'sampler', 'pruner'].map(
    (kind) => `${kind}.md`,
  );
  expect(pages.filter((page) => page !== 'README.md').sort()).toEqual(expected.sort());
  const list = readFileSync(join(ROOT, 'docs/how-to/README.md'), 'utf8');
  for (const page of expected) expect(list).toContain(`(${page})`);
});

describe('commands', () => {
  for (const page of [...pages, '../interchange.md']) {
    const text = readFileSync(join(ROOT, 'docs/how-to', page), 'utf8');
    for (const [, block] of text.matchAll(/^```sh\n(.*?)^```/gms)) {
      for (const line of block.split('\n').filter((command) => command.startsWith('npx market-gym '))) {
        test(`${page}: ${line}`, () => {
          const command = line.replace(/\s+#.*$/, '').replaceAll('runs/', `${scratch}/`);
          const inShell = command.replace('npx market-gym', `node ${program}`);
          const env = { ...process.env, MARKET_GYM_CONFIG: scratch };
          execFileSync('bash', ['-c', inShell], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
        });
      }
    }
    test(`${page} names files that exist`, () => {
      for (const [file] of text.matchAll(/examples\/[\w-]+\.\w+/g)) {
        expect(existsSync(join(ROOT, file)), file).toBe(true);
      }
    });
  }
});

const candles = gym.geometricBrownian({ rng: gym.createRng(3), length: 300, stepMs: 3_600_000 });

describe('examples keep their contracts', () => {
  test('agent', async () => {
    const { reinforce } = await example('reinforce.ts');
    const createEnv = (seed: number) => gym.cartpole.create({ seed });
    testing.checkAgent({ plugin: reinforce, createEnv, config: { rolloutSteps: 32 } });
  });

  test('env', async () => {
    const { direction } = await example('direction-env.ts');
    testing.checkEnv(direction.create({ seed: 1, candles }));
    await testing.checkNoLookAhead(direction);
  });

  test('network', async () => {
    const { narrow } = await example('narrow-network.ts');
    const kernels = gym.createKernels();
    const request = { role: 'critic', inputDim: 3, outputDim: 2, kernels };
    testing.checkNetwork('narrow', () => narrow.create({ ...request, rng: gym.createRng(1) }));
  });

  test('feature', async () => {
    const { efficiency } = await example('efficiency-feature.ts');
    await testing.checkNoLookAhead(efficiency);
    const way = gym.candlesFromPrices([1, 2, 3, 2, 3]);
    const compute = efficiency.create(4);
    expect(compute(way, 4)).toBe(2 / 4);
  });

  test('reward', async () => {
    const { turnoverPenalised } = await example('turnover-reward.ts');
    await testing.checkNoLookAhead(turnoverPenalised);
    const reward = turnoverPenalised.create({ sharpeAdaptation: 0.01, drawdownPenalty: 1 }, { penalty: 0.1 });
    reward.reset(100);
    expect(reward.reward(100, 100, { tradedNotional: 50 })).toBeCloseTo(-0.05, 12);
  });

  test('fee model', async () => {
    const { rebate } = await example('rebate-fee.ts');
    const fees = rebate.create({ feeRate: 0.001 }, { share: 0.5 });
    expect([fees.feeRate('taker'), fees.feeRate('maker')]).toEqual([0.001, -0.0005]);
  });

  test('slippage model', async () => {
    const { kyleImpact } = await example('kyle-impact.ts');
    const model = kyleImpact.create({ slippageRate: 0.001, impactCoefficient: 1 });
    const order = { size: -10, price: 100, volume: 1000, volatility: 0.02 };
    expect(model.slippageRate(order)).toBeCloseTo(0.001 + 0.0002, 12);
    expect(model.slippageRate({ ...order, volume: 0 })).toBeCloseTo(0.101, 12);
  });

  test('latency model', async () => {
    const { uniform } = await example('uniform-latency.ts');
    const create = () => uniform.create({ medianMs: 100, sigma: 0, rng: gym.createRng(1) });
    const model = create();
    const drawn = Array.from({ length: 100 }, () => model.latencyMs(0));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...drawn)).toBeLessThan(150);
    const saved = model.save();
    const expected = model.latencyMs(0);
    const resumed = create();
    resumed.load(saved);
    expect(resumed.latencyMs(0)).toBe(expected);
  });

  test('venue', async () => {
    const { wholeBook } = await example('whole-book-venue.ts');
    const frame = (n: number): string =>
      JSON.stringify({
        market: 'BTC-USD',
        n,
        timeMs: 1_700_000_000_000 + 20 * n,
        bids: [
          ['100.5', '2'],
          ['100.4', '1'],
        ],
        asks: [[`${100.6 + n / 100}`, '1']],
      });
    const frames = [1, 2, 3].map((n) => ({ kind: 'frame', text: frame(n) }) as const);
    testing.checkVenue(wholeBook, { markets: ['BTC/USD'], inputs: [{ kind: 'open' }, ...frames] });
  });

  test('model kind', async () => {
    const { nearestMean } = await example('nearest-mean.ts');
    await testing.checkModel(nearestMean);
    await testing.checkNoLookAhead(nearestMean);
  });

  test('signal rule', async () => {
    const { band } = await example('band-rule.ts');
    const rule = band.create({ ...signalConfig.parse({}), maxExposure: 2 }, { steps: 4, band: 0.1 });
    expect([0.3, -0.6, 5].map((score) => rule.exposure(score, Number.NaN, 0))).toEqual([0.5, -1, 2]);
    expect(rule.exposure(0.24, Number.NaN, 0.45)).toBe(0.45);
  });
});
