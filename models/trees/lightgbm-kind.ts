/** Offers LightGBM's text models as a kind of model that is imported, not trained. */
import { z } from '../../core/config.ts';
import { StorageError } from '../../core/errors.ts';
import { defineModel, type Predictor } from '../model.ts';
import { LightgbmModel, refuseTraining } from './lightgbm-model.ts';

const FILE = 'lightgbm.json';

export const lightgbm = defineModel({
  name: 'lightgbm',
  description: "LightGBM's text models, imported and predicted to the bit; not trained here",
  config: z.object({}),
  scales: false,
  acceptsMissing: true,
  window: () => 1,
  train: refuseTraining,
  load(shape, { files, values }) {
    const text = files[FILE];
    if (text === undefined) throw new StorageError('corrupt', `The saved model lacks its file "${FILE}".`);
    const predictor = createLightgbmPredictor(
      LightgbmModel.fromText(String(JSON.parse(text))),
      String(JSON.parse(text)),
    );
    const { numClasses, forest } = predictor.model;
    if (forest.featureNames.length !== shape.columns.length || numClasses !== shape.classNames.length) {
      throw new StorageError('snapshot-mismatch', `"${FILE}" does not predict what the model says it does.`);
    }
    return { ...predictor, summary: (values.summary ?? {}) as Record<string, number> };
  },
});

/** @param text what `model` was read from, to be saved again */
export function createLightgbmPredictor(
  model: LightgbmModel,
  text: string,
): Predictor & { model: LightgbmModel } {
  const { numOutputs, numClasses } = model;
  const columns = model.featureNames;
  const numColumns = columns.length;
  return {
    model,
    summary: { rounds: model.forest.trees.length / numOutputs },
    predict(inputs, batch) {
      const raw = new Float64Array(batch * numOutputs);
      model.predictInto(raw, {
        numRows: batch,
        numColumns,
        columns,
        values: inputs.subarray(0, batch * numColumns),
      });
      if (numClasses !== 2 || numOutputs !== 1) return raw;
      const pairs = new Float64Array(2 * batch);
      for (let b = 0; b < batch; b++) pairs.set([1 - raw[b], raw[b]], 2 * b);
      return pairs;
    },
    save: () => ({ arrays: {}, values: {}, files: { [FILE]: JSON.stringify(text) } }),
    importance: () => model.importance(),
  };
}
