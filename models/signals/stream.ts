/** Streams a trained model: takes one bar, gives one signal. */
import type { Candles } from '../../market/candles/candles.ts';
import type { FeatureStream } from '../../market/features/pipeline.ts';
import { calibrateInto } from '../data/calibration.ts';
import { pipelineOf, requireValues, writeWindow } from '../input.ts';
import type { TrainedModel } from '../model.ts';
import { mostProbable, scoreOf } from './predictions.ts';

/** One bar's prediction; a view that the next one overwrites. */
export interface Signal {
  /** [C]; empty for regression */
  readonly probabilities: Float64Array;
  /** Most probable class; −1 for regression. */
  classIndex: number;
  /** Its name; empty for regression. */
  className: string;
  /** Its probability; 1 for regression. */
  confidence: number;
  /** As `Predictions.scores`. */
  score: number;
}

/** Takes one bar, gives one signal: the same bits as `predictSignal` gives for the row. */
export class SignalStream {
  readonly #model: TrainedModel;
  readonly #inputs: Float32Array; // [W·F]
  readonly #outputs: Float64Array; // [K]
  readonly #signal: Signal;
  readonly #features: Float32Array; // [F]
  #writeFeatures: FeatureStream | undefined;
  #numRows = 0;

  constructor(model: TrainedModel) {
    const numColumns = model.shape.columns.length;
    const numClasses = model.shape.classNames.length;
    this.#model = model;
    this.#inputs = new Float32Array(model.window * numColumns);
    this.#outputs = new Float64Array(Math.max(1, numClasses));
    this.#features = new Float32Array(numColumns);
    const probabilities = numClasses > 0 ? this.#outputs : new Float64Array(0);
    this.#signal = { probabilities, classIndex: -1, className: '', confidence: 1, score: 0 };
  }

  /**
   * @param features [F], of the bar after the last one
   * @returns undefined until a whole window has come; then a view that the next call overwrites
   * @throws DataError `missing-value`, `infinite-value`
   */
  next(features: Float32Array): Signal | undefined {
    const { window, shape, predictor, calibration } = this.#model;
    const numColumns = shape.columns.length;
    requireValues(this.#model, features, 0, this.#numRows);
    const inputs = this.#inputs;
    inputs.copyWithin(0, numColumns);
    writeWindow(this.#model, features, 0, inputs, inputs.length - numColumns, numColumns);
    this.#numRows++;
    if (this.#numRows < window) return undefined;
    const outputs = this.#outputs;
    const raw = predictor.predict(inputs, 1);
    for (let k = 0; k < outputs.length; k++) outputs[k] = raw[k];
    const numClasses = shape.classNames.length;
    if (numClasses > 0 && calibration !== undefined) calibrateInto(outputs, 1, numClasses, calibration);
    const signal = this.#signal;
    signal.score = scoreOf(outputs, 0, numClasses);
    if (numClasses > 0) {
      const best = mostProbable(outputs, 0, numClasses);
      signal.classIndex = best;
      signal.className = shape.classNames[best];
      signal.confidence = outputs[best];
    }
    return signal;
  }

  /**
   * The same from candles, for a model that has a feature pipeline: call it for each new row in turn.
   * @returns undefined for rows within the warm-up of features and window
   * @throws ConfigError `pipeline-missing`; DataError as the pipeline
   */
  nextBar(candles: Candles, row: number): Signal | undefined {
    this.#writeFeatures ??= pipelineOf(this.#model).stream();
    this.#writeFeatures(candles, row, this.#features);
    return Number.isNaN(this.#features[0]) ? undefined : this.next(this.#features);
  }
}
