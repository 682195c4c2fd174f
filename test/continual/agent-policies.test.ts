/** The code that stored agents are built of: networks by name, or of the file that was loaded, and of no other. */
import { expect, test } from 'vitest';
import { defineNetwork, factoryOf } from '../../agents/custom-network.ts';
import { z } from '../../core/config.ts';
import { Registry } from '../../core/registry.ts';
import { networksOf, type RunNetwork } from '../../experiments/plugins/network.ts';
import { createMlp } from '../../networks/layers/mlp.ts';
import { catalog, createModel, PPO } from './continual-market.ts';

const own = defineNetwork({
  name: 'own',
  description: 'An MLP of one hidden layer.',
  config: z.object({ width: z.number().int().default(3).describe('units') }),
  create: ({ inputDim, outputDim, rng, kernels }, { width }) =>
    createMlp(kernels, {
      inputDim,
      hidden: [width],
      outputDim,
      activation: 'tanh',
      outputScale: 1,
      init: 'orthogonal',
      rng,
    }),
});
const withOwn = { ...catalog, networks: new Registry('network', [...catalog.networks, own]) };
const file = { path: '/somewhere/network.ts', sha256: 'a'.repeat(64), imports: {}, config: { width: 3 } };
const opened = (record: typeof file & { before?: string[] }): RunNetwork => ({
  record,
  createNetwork: factoryOf(own, record.config),
});
const sizeOf = (network: RunNetwork) => {
  const { arrays } = createModel(1, undefined, PPO, { catalog: withOwn, network }).state;
  return Object.values(arrays).reduce((sum, { length }) => sum + length, 0);
};

test('an agent is built of the networks that its model names, with their settings', () => {
  const named = (width: number) => sizeOf({ ...opened(file), record: { name: 'own', config: { width } } });
  expect(named(5)).toBeGreaterThan(named(3));
  expect(sizeOf(opened(file))).toBe(named(3));
});

test('networks of a file are those of the file that was loaded: the same code and settings, or code that was accepted', () => {
  const network = opened(file);
  const { createNetwork } = network;
  expect(networksOf(undefined, catalog, network)).toBeUndefined();
  expect(networksOf({ ...file, path: '/moved/network.ts' }, catalog, network)).toBe(createNetwork);
  const changed = opened({ ...file, sha256: 'b'.repeat(64), before: [file.sha256] });
  expect(networksOf(file, catalog, changed)).toBe(changed.createNetwork);
  for (const other of [
    { ...file, sha256: 'c'.repeat(64) },
    { ...file, config: { width: 4 } },
  ]) {
    expect(() => networksOf(other, catalog, network)).toThrow(
      /networks of the file .*network\.ts, which is not/,
    );
  }
  expect(() => networksOf(file, catalog, undefined)).toThrow(/not the one that was loaded/);
});
