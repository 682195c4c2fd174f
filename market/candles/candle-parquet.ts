/** Writes candles as Parquet, the project's own form of them; docs/formats.md describes it. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Candles } from './candles.ts';

/** A series with the name under which it stands in a file. */
export interface SymbolCandles {
  readonly symbol: string | undefined;
  readonly candles: Candles;
}

const COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const;
const ROWS_PER_GROUP = 250_000;

/**
 * A whole file: columns time_ms (UTC epoch), open, high, low, close, volume, and symbol where there are several.
 * @param series one behind the other in the file
 */
export function encodeCandleParquet(series: readonly SymbolCandles[]): Uint8Array {
  const length = series.reduce((sum, { candles }) => sum + candles.length, 0);
  const gather = (pick: (candles: Candles) => Float64Array): Float64Array => {
    const values = new Float64Array(length);
    let at = 0;
    for (const { candles } of series) {
      values.set(pick(candles), at);
      at += candles.length;
    }
    return values;
  };
  const double = (name: string, data: Float64Array) => ({
    name,
    data,
    type: 'DOUBLE' as const,
    nullable: false,
  });
  const columnData = [
    double(
      'time_ms',
      gather(({ timeMs }) => timeMs),
    ),
    ...COLUMNS.map((name) =>
      double(
        name,
        gather((candles) => candles[name]),
      ),
    ),
  ];
  const symbols =
    series.length > 1 || series[0].symbol !== undefined
      ? [
          {
            name: 'symbol',
            data: series.flatMap(({ symbol = '', candles }) => Array<string>(candles.length).fill(symbol)),
            type: 'STRING' as const,
            nullable: false,
          },
        ]
      : [];
  return new Uint8Array(
    parquetWriteBuffer({ columnData: [...columnData, ...symbols], rowGroupSize: ROWS_PER_GROUP }),
  );
}
