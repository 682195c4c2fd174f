/** How fast gradient-boosted trees are trained and walked, and what memory that takes. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createRng } from '../../core/rng.ts';
import { trainXgboost } from '../../models/trees/xgboost.ts';
import type { XgboostModel } from '../../models/trees/xgboost-model.ts';
import { type Benchmark, secondsPer } from './benchmark.ts';

const NUM_ROWS = 20_000;
const NUM_COLUMNS = 30;
const THREADS = 2;

export const treeBenchmarks: readonly Benchmark[] = [
  { name: 'xgboost.train_20000x30x100_s', unit: 's', measure: () => measureTraining(THREADS) },
  { name: 'xgboost.train_20000x30x100_s.threads1', unit: 's', measure: () => measureTraining(1) },
  { name: 'xgboost.predict_20000x30x100_ms', unit: 'ms', measure: () => measurePrediction(THREADS) },
  { name: 'xgboost.predict_20000x30x100_ms.threads1', unit: 'ms', measure: () => measurePrediction(1) },
  { name: 'xgboost.stream_us', unit: 'µs', measure: measureStream },
  { name: 'xgboost.memory_1000000x30_mb', unit: 'MB', measure: measureMemory },
];

/** Labels that one column and a product of two others decide, with noise. */
function createData() {
  const rng = createRng(1);
  const values = new Float32Array(NUM_ROWS * NUM_COLUMNS);
  for (let i = 0; i < values.length; i++) values[i] = rng.gaussian();
  const labels = new Float32Array(NUM_ROWS);
  for (let row = 0; row < NUM_ROWS; row++) {
    const [a, b, c] = values.subarray(row * NUM_COLUMNS);
    labels[row] = a + b * c + 0.5 * rng.gaussian() > 0 ? 1 : 0;
  }
  const columns = Array.from({ length: NUM_COLUMNS }, (_, column) => `f${column}`);
  return { table: { numRows: NUM_ROWS, numColumns: NUM_COLUMNS, columns, values }, labels };
}

let data: ReturnType<typeof createData> | undefined;

/** Binning included. */
function trainModel(nthread: number): XgboostModel {
  data ??= createData();
  return trainXgboost(data, { objective: 'binary:logistic', max_depth: 6, max_bin: 256, nthread });
}

function measureTraining(threads: number): number {
  return secondsPer(1, () => trainModel(threads));
}

let model: XgboostModel | undefined;

function measurePrediction(threads: number): number {
  model ??= trainModel(1);
  const { table } = data ?? createData();
  const out = new Float32Array(NUM_ROWS);
  const trained = model;
  return secondsPer(10, () => trained.predictInto(out, table, { threads })) * 1000;
}

function measureStream(): number {
  model ??= trainModel(1);
  const { values } = (data ?? createData()).table;
  const out = new Float32Array(1);
  const row = new Float32Array(NUM_COLUMNS);
  const trained = model;
  let next = 0;
  const seconds = secondsPer(2000, () => {
    row.set(values.subarray(next * NUM_COLUMNS, (next + 1) * NUM_COLUMNS));
    next = (next + 1) % NUM_ROWS;
    trained.predictRowInto(out, row);
  });
  return seconds * 1e6;
}

const MEMORY_PROGRAM = fileURLToPath(
  new URL(`tree-memory${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

function measureMemory(): number {
  return Number(execFileSync(process.execPath, [...process.execArgv, MEMORY_PROGRAM], { encoding: 'utf8' }));
}
