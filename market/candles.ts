/** Price bars as column arrays. */

/** T bars in ascending time; bar t covers [timeMs[t], timeMs[t + 1]). */
export interface Candles {
  readonly length: number;
  readonly timeMs: Float64Array; // [T] open time, UTC epoch
  readonly open: Float64Array; // [T] quote units
  readonly high: Float64Array; // [T] quote units
  readonly low: Float64Array; // [T] quote units
  readonly close: Float64Array; // [T] quote units
  readonly volume: Float64Array; // [T] base units; zero where the source has none
}
