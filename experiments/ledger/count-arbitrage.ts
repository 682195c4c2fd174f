/** Counts an arbitrage run in the ledger: profits by stretches of time, which know no exposure to a market. */
import type { BookTape } from '../../market/books/tape.ts';
import { periodsPerYear } from '../../market/candles/periods.ts';
import type { RowSpan } from '../../trainers/arbitrage/judge.ts';
import { hashTape } from '../run/books.ts';
import { countAccounts } from './count-accounts.ts';
import type { LedgerChoice } from './use-ledger.ts';

export interface ArbitrageTrial {
  readonly books: BookTape;
  /** The test span. */
  readonly span: RowSpan;
  readonly label: string;
  readonly settings: unknown;
  /** [n] gains of each seed in n equal stretches of the span's time, basis points of the capital. */
  readonly judged: readonly { readonly seed: number; readonly gainsBps: Float64Array }[];
  readonly source: string;
  readonly ledTo: string;
  /** UTC epoch. */
  readonly timeMs: number;
  readonly verdict: string;
}

export function countArbitrage(
  choice: LedgerChoice,
  { books, span, judged, settings, ...rest }: ArbitrageTrial,
): ReturnType<typeof countAccounts> {
  const { timeMs } = books;
  const fromMs = timeMs[span.fromRow];
  const toMs = timeMs[(span.toRow === 0 ? books.length : span.toRow) - 1];
  const count = judged[0].gainsBps.length;
  const axis = Float64Array.from({ length: count + 1 }, (_, i) => fromMs + ((toMs - fromMs) * i) / count);
  return countAccounts(choice, {
    ...rest,
    kind: 'arbitrage',
    place: { data: hashTape(books), fromMs, toMs },
    judged: settings,
    periodsPerYear: periodsPerYear(axis),
    tried: judged.map(({ seed, gainsBps }) => ({
      settings,
      seed,
      test: {
        timeMs: axis,
        price: new Float64Array(count + 1).fill(1),
        returns: gainsBps.map((gain) => gain / 1e4),
        exposure: 0,
      },
    })),
  });
}
