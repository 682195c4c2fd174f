/** What every kind of model must do, by the contract of models/model.ts. */
import { createRng } from '../core/rng.ts';
import { geometricBrownian } from '../market/synthetic/candles.ts';
import { type Dataset, datasetFromCandles } from '../models/data/dataset.ts';
import type { ModelPlugin, PredictorState, TrainedModel } from '../models/model.ts';
import { resolveModelConfig, settingsOfKind, type TrainingOverrides, trainModel } from '../models/train.ts';
import { requireSame, requireThat, throwProblems } from './check.ts';

export interface ModelTestOptions {
  /** Settings of training and of the kind, small enough to train three times. */
  readonly config?: TrainingOverrides;
  /** What to learn from; default: 400 bars of a random walk, with the sign of the next five bars' return. */
  readonly data?: Dataset;
}

/**
 * Trains a kind of model on a small data set and says what it breaks of the contract: finite outputs of its shape,
 * probabilities that add up to 1, the same bits from the same seed and whatever the other rows are, inputs left alone, and a
 * state that is plain data, continues to the same bits and is refused for other columns.
 * @throws ConfigError `broken-contract` with every problem
 * @example
 * await checkModel(myKind, { config: { validationShare: 0 } });
 */
export async function checkModel(plugin: ModelPlugin, options: ModelTestOptions = {}): Promise<void> {
  throwProblems(`model kind "${plugin.name}"`, await inspectModel(plugin, options));
}

/** The same checks; returns one sentence per broken rule. */
export async function inspectModel(
  plugin: ModelPlugin,
  { config = {}, data = randomWalk() }: ModelTestOptions = {},
): Promise<string[]> {
  const problems: string[] = [];
  const check = async (name: string, run: () => void | Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      problems.push(`${name}: ${text.split('\n')[0].replace(/\.$/, '')}`);
    }
  };
  const complete = resolveModelConfig(plugin, config);
  const settings = settingsOfKind(plugin, complete);
  let model: TrainedModel | undefined;
  await check('training', async () => {
    const window = plugin.window(settings);
    requireThat(
      Number.isInteger(window) && window >= 1,
      `window returns ${window}, not a whole number of at least 1`,
    );
    model = await trainModel(data, plugin, config);
  });
  if (model === undefined) return problems;
  const { shape, window, predictor } = model;
  const numOutputs = Math.max(1, shape.classNames.length);
  const inputDim = window * shape.columns.length;
  const rng = createRng('inputs');
  const inputs = Float32Array.from({ length: 7 * inputDim }, () => rng.gaussian());
  // What is returned is a view, and may be longer than what was asked for.
  const predict = (trained: Pick<TrainedModel, 'predictor'>) =>
    Float64Array.from(trained.predictor.predict(inputs.slice(), 7).subarray(0, 7 * numOutputs));
  const outputs = predict(model);

  await check('outputs', () => {
    requireThat(outputs.length === 7 * numOutputs, `${outputs.length} outputs for 7 rows of ${numOutputs}`);
    requireThat(outputs.every(Number.isFinite), 'an output is not finite');
    if (shape.task !== 'classification') return;
    for (let b = 0; b < 7; b++) {
      const row = outputs.subarray(b * numOutputs, (b + 1) * numOutputs);
      const sum = row.reduce((total, value) => total + value, 0);
      requireThat(
        row.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-5,
        `row ${b} is [${row.join(', ')}], not probabilities`,
      );
    }
  });
  await check('a row does not depend on the others', () => {
    for (let b = 0; b < 7; b++) {
      const alone = Float64Array.from(
        predictor.predict(inputs.slice(b * inputDim, (b + 1) * inputDim), 1).slice(0, numOutputs),
      );
      requireSame(alone, outputs.slice(b * numOutputs, (b + 1) * numOutputs), `row ${b} alone, output`);
    }
  });
  await check('inputs are left alone', () => {
    const copy = inputs.slice();
    predictor.predict(copy, 7);
    requireSame(copy, inputs, 'input');
  });
  await check('the same seed gives the same bits', async () => {
    requireSame(predict(await trainModel(data, plugin, config)), outputs, 'output');
  });
  await check('a saved state', async () => {
    const { arrays, values, files } = predictor.save();
    const stored = JSON.parse(JSON.stringify(values)) as PredictorState['values'];
    requireSame(stored, values, 'the values after JSON');
    const state = { arrays: structuredClone(arrays), values: stored, files };
    requireSame(
      predict({ predictor: await plugin.load(shape, state, settings) }),
      outputs,
      'after load, output',
    );
    const other = { ...shape, columns: [...shape.columns, 'another'] };
    let refused = false;
    try {
      await plugin.load(other, state, settings);
    } catch {
      refused = true;
    }
    requireThat(refused, 'it is loaded for one column more');
  });
  return problems;
}

function randomWalk(): Dataset {
  const candles = geometricBrownian({ rng: createRng('model check'), length: 400, stepMs: 3_600_000 });
  return datasetFromCandles(candles, { features: ['return:1', 'return:5'], normalizationBars: 50 });
}
