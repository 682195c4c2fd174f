/**
 * A kind of model: each class is the mean of its rows, and a row belongs to the class it is near; for values, the mean of all.
 *
 * Source: the nearest centroid classifier; Tibshirani et al. (2002), without the shrinkage. Probabilities are the softmax of
 * −distance²/2, those of Gaussians with equal variances.
 */
import * as gym from 'market-gym';

export const nearestMean = gym.defineModel({
  name: 'nearest-mean',
  description: 'Nearest class mean; for values, the mean of the targets',
  config: gym.z.object({
    shrinkage: gym.z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('part by which means move together, in [0, 1]'),
  }),
  scales: true,
  acceptsMissing: false,
  window: () => 1,
  train({ shape, table, fit }, { shrinkage }) {
    const numColumns = shape.columns.length;
    const numGroups = Math.max(1, shape.classNames.length);
    const means = new Float64Array(numGroups * numColumns); // [C, F]
    const counts = new Float64Array(numGroups);
    let target = 0;
    for (const [i, row] of fit.rows.entries()) {
      const group = shape.task === 'classification' ? fit.targets[i] : 0;
      counts[group] += fit.weights[i];
      target += (fit.weights[i] * fit.targets[i]) / fit.rows.length;
      for (let c = 0; c < numColumns; c++) {
        means[group * numColumns + c] += fit.weights[i] * table.values[row * numColumns + c];
      }
    }
    // Columns are scaled to mean 0: that is what means move towards.
    for (let k = 0; k < means.length; k++) {
      means[k] *= (1 - shrinkage) / Math.max(counts[Math.floor(k / numColumns)], 1e-9);
    }
    return predictor(shape, means, target);
  },
  load(shape, { arrays, values }) {
    const { means } = arrays;
    if (means.length !== Math.max(1, shape.classNames.length) * shape.columns.length) {
      throw new gym.StorageError('snapshot-mismatch', 'The means were saved for other columns or classes.');
    }
    return predictor(shape, means as Float64Array, values.target as number);
  },
});

function predictor(shape: gym.ModelShape, means: Float64Array, target: number): gym.Predictor {
  const numColumns = shape.columns.length;
  const numClasses = shape.classNames.length;
  return {
    summary: { classes: numClasses },
    save: () => ({ arrays: { means }, values: { target }, files: {} }),
    predict(inputs, batch) {
      if (shape.task !== 'classification') return new Float64Array(batch).fill(target);
      const outputs = new Float64Array(batch * numClasses);
      for (let b = 0; b < batch; b++) {
        const row = outputs.subarray(b * numClasses, (b + 1) * numClasses);
        for (let k = 0; k < numClasses; k++) {
          for (let c = 0; c < numColumns; c++) {
            const distance = inputs[b * numColumns + c] - means[k * numColumns + c];
            row[k] -= (distance * distance) / 2;
          }
        }
        const highest = Math.max(...row);
        for (let k = 0; k < numClasses; k++) row[k] = gym.math.exp(row[k] - highest);
        const sum = row.reduce((total, value) => total + value, 0);
        for (let k = 0; k < numClasses; k++) row[k] /= sum;
      }
      return outputs;
    },
  };
}
