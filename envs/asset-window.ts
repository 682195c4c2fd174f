/** Moves a window of features through the bars of several assets, for the envs that trade several. */

import { z } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import {
  joinSnapshots,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../core/snapshot.ts';
import type { Candles } from '../market/candles/candles.ts';
import { EpisodeRows, planRows } from './episode-rows.ts';
import { builtInParts, type EnvParts } from './parts.ts';
import type { ObservationWindow } from './spaces.ts';
import { sharedFeatures } from './trading/market.ts';

/** The keys that choose features and episodes. */
export const assetWindowConfig = {
  features: z
    .array(z.string())
    .min(1)
    .default(['return:1', 'return:5', 'return:20', 'volatility:20'])
    .describe('features of every asset, `name` or `name:bars`'),
  window: z.int().min(1).max(10_000).default(10).describe('bars in an observation'),
  normalize: z
    .enum(['rolling', 'none'])
    .default('rolling')
    .describe('rolling z-scores, or features as they are'),
  normalizationBars: z.int().min(2).default(252).describe('bars a rolling z-score looks at'),
  featureClip: z.number().positive().default(5).describe('bound of rolling z-scores'),
  episodeBars: z.int().min(0).default(0).describe('steps of an episode; 0: the whole range'),
  episodeStart: z
    .enum(['random', 'sequential'])
    .default('random')
    .describe('where episodes begin in the range'),
  fromRow: z.int().min(0).default(0).describe('first row an episode may start at'),
  toRow: z.int().min(0).default(0).describe('row before which every episode ends; 0: end of the data'),
};

type AssetWindowConfig = z.output<z.ZodObject<typeof assetWindowConfig>>;

/** M assets, F features an asset, W bars. Moves a row through aligned series. */
export class AssetWindow implements Snapshotable {
  /** [M] */
  readonly series: readonly Candles[];
  /** W·M·F: what `writeInto` writes. */
  readonly dim: number;
  /** `asset:feature@bar`, bar 0 the newest. [W·M·F] */
  readonly names: readonly string[];
  /** Rows of all assets side by side: M·F numbers. */
  readonly window: ObservationWindow;
  row = 0;
  readonly #values: readonly Float32Array[]; // [M], each [T, F]
  readonly #numColumns: number;
  readonly #config: AssetWindowConfig;
  readonly #rows: EpisodeRows;

  /**
   * @param series aligned: bar t of every asset opens at the same time
   * @param env whose it is, for messages
   * @throws ConfigError `unaligned-series`, `range-too-short`, and what the features throw
   */
  constructor(
    series: readonly Candles[],
    config: AssetWindowConfig,
    seed: number,
    env: string,
    { features: registry }: Pick<EnvParts, 'features'> = builtInParts,
  ) {
    requireAligned(series, env);
    const { features, normalize, normalizationBars, featureClip: clip, window, fromRow } = config;
    const matrices = series.map((candles) =>
      sharedFeatures(candles, features, { normalize, normalizationBars, clip }, registry),
    );
    const { columns, numColumns, firstRow } = matrices[0];
    const toRow = config.toRow === 0 ? series[0].length : config.toRow;
    this.series = series;
    this.dim = window * series.length * numColumns;
    this.names = Array.from({ length: window }, (_, w) =>
      series.flatMap((_, m) => columns.map((column) => `${m + 1}:${column}@${w - window + 1}`)),
    ).flat();
    this.window = { rows: window, columns: series.length * numColumns };
    this.#values = matrices.map(({ values }) => values);
    this.#numColumns = numColumns;
    this.#config = config;
    const range = planRows({
      env,
      firstRow: Math.max(fromRow, firstRow + window - 1),
      lastRow: Math.min(toRow, series[0].length) - 1,
      episodeSteps: config.episodeBars,
      first: 'the first with a whole observation',
      remedy: 'widen the range, or shorten episodeBars, window or features',
    });
    this.#rows = new EpisodeRows(range, config.episodeStart, seed);
  }

  get timeMs(): number {
    return this.series[0].timeMs[this.row];
  }

  /** The episode's last row is reached. */
  get isAtEnd(): boolean {
    return this.row >= this.#rows.endRow;
  }

  /** Begins an episode. */
  reset(seed: number | undefined): void {
    if (seed !== undefined) this.#rows.reseed(seed);
    this.row = this.#rows.begin();
  }

  /** Writes the features of the last W bars, oldest first, asset by asset within a bar. */
  writeInto(observation: Float32Array): void {
    const { window } = this.#config;
    const numColumns = this.#numColumns;
    let to = 0;
    for (let row = this.row - window + 1; row <= this.row; row++) {
      for (let m = 0; m < this.#values.length; m++) {
        const values = this.#values[m];
        for (let f = 0; f < numColumns; f++) observation[to++] = values[row * numColumns + f];
      }
    }
  }

  save(): Snapshot {
    const rows = { arrays: {}, values: { row: this.row, ...this.#rows.save().values } };
    return joinSnapshots({ rows, rng: this.#rows.rng.save() });
  }

  load(snapshot: Snapshot): void {
    this.row = restoreNumber(snapshot, 'rows/row');
    this.#rows.load(snapshotPart(snapshot, 'rows'));
    this.#rows.rng.load(snapshotPart(snapshot, 'rng'));
  }
}

function requireAligned(series: readonly Candles[], env: string): void {
  const [first] = series;
  if (first === undefined)
    throw new ConfigError('candles-needed', `Env "${env}" needs candles; name data files.`);
  series.forEach(({ timeMs }, m) => {
    if (timeMs.length === first.timeMs.length && timeMs.every((time, t) => time === first.timeMs[t])) return;
    throw new ConfigError(
      'unaligned-series',
      `Env "${env}": series 1 and ${m + 1} do not open at the same times; align them with alignCandles.`,
    );
  });
}
