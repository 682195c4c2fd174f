/** Counts what a connection has met since it was made. */
import type { LossReason, RejectionReason } from './venue.ts';

export interface FrameCounters {
  /** Frames of any content, the rejected ones too. */
  frames: number;
  readonly rejected: Record<RejectionReason, number>;
  bookUpdates: number;
  trades: number;
  tickers: number;
  /** Messages about marks, funding and open interest; absent where there was none. */
  contracts?: number;
  /** Messages passed over because they were seen before. */
  duplicates: number;
  /** Times a book was found to be wrong or incomplete, by reason. */
  readonly losses: Partial<Record<LossReason, number>>;
  resyncs: number;
  snapshots: number;
  snapshotFailures: number;
  connections: number;
  stale: number;
}

export function createFrameCounters(): FrameCounters {
  return {
    frames: 0,
    rejected: { unreadable: 0, 'unknown-message': 0, malformed: 0 },
    bookUpdates: 0,
    trades: 0,
    tickers: 0,
    duplicates: 0,
    losses: {},
    resyncs: 0,
    snapshots: 0,
    snapshotFailures: 0,
    connections: 0,
    stale: 0,
  };
}
