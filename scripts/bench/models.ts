/** How fast a supervised model answers to one bar. */
import { createRng } from '../../core/rng.ts';
import type { ModelShape, TrainedModel } from '../../models/model.ts';
import { createBodyAndHead, createNetworkPredictor } from '../../models/recurrent/network-model.ts';
import { SignalStream } from '../../models/signals/stream.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import { recurrentWindowLayer } from '../../networks/layers/recurrent-window.ts';
import { type Benchmark, secondsPer } from './benchmark.ts';

const COLUMNS = 30;
const WINDOW = 32;
const HIDDEN = 64;

export const modelBenchmarks: readonly Benchmark[] = [
  { name: 'lstm.stream_us', unit: 'µs', measure: () => measureStream('lstm') },
  { name: 'gru.stream_us', unit: 'µs', measure: () => measureStream('gru') },
];

/** One bar in, one signal out: 64 units over a window of 32 bars of 30 columns, three classes, calibrated. */
function measureStream(cell: 'lstm' | 'gru'): number {
  const kernels = createKernels();
  const rng = createRng(1);
  const shape: ModelShape = {
    task: 'classification',
    columns: Array.from({ length: COLUMNS }, (_, c) => `column ${c}`),
    classNames: ['down', 'flat', 'up'],
  };
  const options = {
    cell,
    window: WINDOW,
    inputDim: COLUMNS,
    hiddenDim: HIDDEN,
    init: 'orthogonal',
    rng,
  } as const;
  const network = createBodyAndHead(kernels, recurrentWindowLayer(options), WINDOW * COLUMNS, 3, 0, rng);
  const curve = { method: 'platt', slope: 1, intercept: 0 } as const;
  const model: TrainedModel = {
    kind: cell,
    config: {},
    shape,
    window: WINDOW,
    acceptsMissing: false,
    predictor: createNetworkPredictor(network, 'logits', shape, { mean: 0, deviation: 1 }, {}),
    scaler: { means: new Float64Array(COLUMNS), deviations: new Float64Array(COLUMNS).fill(1) },
    calibration: { method: 'platt', curves: [curve, curve, curve] },
    pipeline: undefined,
    label: undefined,
    trainedOn: { dataHash: '', numRows: 0, unit: 'row', spans: [] },
  };
  const stream = new SignalStream(model);
  const bars = Array.from({ length: 256 }, () =>
    Float32Array.from({ length: COLUMNS }, () => rng.gaussian()),
  );
  let bar = 0;
  return secondsPer(2000, () => stream.next(bars[bar++ & 255])) * 1e6;
}
