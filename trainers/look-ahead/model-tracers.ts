/** What trained models, and kinds of model, say of rows. */
import type { Candles } from '../../market/candles/candles.ts';
import { datasetFromCandles } from '../../models/data/dataset.ts';
import type { ModelPlugin, TrainedModel } from '../../models/model.ts';
import { predictSignal } from '../../models/signals/predict.ts';
import { trainModel } from '../../models/train.ts';
import { type Change, candleMarket } from './market.ts';
import type { Observed } from './trace.ts';
import type { LookAheadOptions, Tracer } from './tracer.ts';

/** A model is trained for each. */
const TRAINED_CUTS = 12;

export function modelTracer(model: TrainedModel, candles: Candles): Tracer {
  const { changed, ...market } = candleMarket(candles);
  return {
    name: `${model.kind} model`,
    ...market,
    close: candles.close,
    trace: (change) => predictions(model, changed(change), 0),
    isPrefix: true,
  };
}

/** Rows that a model was trained on know its last row. */
function predictions(model: TrainedModel, candles: Candles, trainedTo: number): Observed[] {
  const { rows, probabilities, scores, classNames } = predictSignal(model, { candles });
  const width = classNames.length;
  return Array.from(rows, (row, i) => ({
    time: Math.max(row, trainedTo),
    label: `prediction of row ${row}`,
    values: width === 0 ? [scores[i]] : Array.from(probabilities.subarray(i * width, (i + 1) * width)),
    names: width === 0 ? ['prediction'] : classNames,
  }));
}

/** Trained on the first part of the rows, whatever comes later: what it predicts must be the same. */
export function kindTracer(plugin: ModelPlugin, { config = {} }: LookAheadOptions, candles: Candles): Tracer {
  const trainedTo = Math.floor(candles.length * 0.6);
  const { changed, ...market } = candleMarket(candles);
  const trace = async (change?: Change): Promise<Observed[]> => {
    const data = changed(change);
    const dataset = datasetFromCandles(data, { features: ['return:1', 'return:5'], normalizationBars: 20 });
    const rows = dataset.rows.filter((row) => dataset.labelEnds[row] <= trainedTo);
    return predictions(await trainModel(dataset, plugin, config, { rows }), data, trainedTo);
  };
  return {
    name: `model kind "${plugin.name}"`,
    ...market,
    trace,
    firstCut: trainedTo,
    usualCuts: TRAINED_CUTS,
    isPrefix: false,
  };
}
