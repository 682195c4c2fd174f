/** What may not change a tree: other threads, and little memory for histograms. */
import { expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { binTable } from '../../../models/trees/bins.ts';
import { GradientSource } from '../../../models/trees/gradients.ts';
import { type GrowthConfig, TreeGrower } from '../../../models/trees/grower.ts';
import { TreeKernels } from '../../../models/trees/kernels.ts';
import type { Tree } from '../../../models/trees/tree.ts';
import { resolveXgboostConfig } from '../../../models/trees/xgboost-config.ts';
import { randomTable } from '../tables.ts';

const { table, real } = randomTable(3000, 20, 0.05);
const config: GrowthConfig = {
  eta: 0.3,
  lambda: 1,
  alpha: 0,
  gamma: 0,
  minChildWeight: 1,
  maxDepth: 8,
  maxLeaves: 0,
  lossguide: false,
  subsample: 0.9,
  colsampleByTree: 1,
  colsampleByLevel: 1,
  colsampleByNode: 0.8,
  maxDeltaStep: 0,
};

function createGrower(threads: number, changes: Partial<GrowthConfig> = {}, histogramBytes?: number) {
  const kernels = new TreeKernels(threads);
  const source = new GradientSource(kernels, resolveXgboostConfig({}), real, undefined, 1, undefined);
  source.update(0);
  const binned = binTable(kernels, table, undefined, 64);
  const grower = new TreeGrower(kernels, binned, { ...config, ...changes }, createRng(1), histogramBytes);
  return { kernels, grow: (): Tree => grower.grow(source.pairsOf(0)) };
}

test('trees are the same bits when other threads did a part of the work', () => {
  const alone = createGrower(1);
  const together = createGrower(2);
  for (let tree = 0; tree < 400; tree++) {
    expect(together.grow()).toEqual(alone.grow());
    if (together.kernels.exports.chunksDoneByOthers() > 500) break;
  }
  expect(together.kernels.exports.chunksDoneByOthers()).toBeGreaterThan(0);
  together.kernels.close();
});

test('trees are the same bits when memory for histograms is short and they are built again', () => {
  for (const changes of [{}, { lossguide: true, maxDepth: 0, maxLeaves: 150 }]) {
    const short = createGrower(1, changes, 0).grow();
    const plenty = createGrower(1, changes).grow();
    expect(short.numNodes).toBeGreaterThan(200);
    expect(short).toEqual(plenty);
  }
});
