/** A live run on virtual time, fed with books by a transport of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../live/connection/clock.ts';
import type { SocketHandlers, Transport } from '../../live/connection/transport.ts';
import { VirtualClock } from '../../live/connection/virtual-clock.ts';
import { OpsMonitor, type OpsMonitorOptions } from '../../live/ops/monitor.ts';
import { resolveLiveConfig } from '../../live/session/config.ts';
import type { LiveMarket } from '../../live/session/live-market.ts';
import { LiveRun } from '../../live/session/live-run.ts';
import type { LivePolicy } from '../../live/session/policy.ts';
import { bookFrame } from '../../live/tape/book-frames.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import { hashPolicy } from './recorded-session.ts';

export interface ScriptedRun {
  readonly run: LiveRun;
  readonly monitor: OpsMonitor;
  readonly clock: VirtualClock;
  /** Events played so far. */
  readonly numPlayed: number;
  /** Connects, and then plays events, each at its time. */
  play(events: number): void;
  /** Cuts the connection of a venue. */
  cut(venue: number): void;
  close(): Promise<void>;
}

export interface ScriptOptions {
  readonly books: BookTape;
  readonly config: Readonly<Record<string, unknown>>;
  readonly policyFor?: (market: LiveMarket) => LivePolicy;
  readonly loopLag?: OpsMonitorOptions['loopLag'];
  readonly learning?: OpsMonitorOptions['learning'];
  /** Directory of the tape; absent: one that is removed at the end. */
  readonly tape?: string;
  readonly tapeFallback?: string;
  readonly checkpointInputs?: number;
  readonly onEnd?: (reason: string) => void;
  readonly onRecord?: (record: TapeRecord) => void;
  /** Events that were played before. */
  readonly skip?: number;
}

export function scriptedRun(options: ScriptOptions): ScriptedRun {
  const { books, config, policyFor = hashPolicy, loopLag, learning, skip = 0 } = options;
  const directory = mkdtempSync(join(tmpdir(), 'market-gym-run-'));
  const clock = new VirtualClock(books.timeMs[skip] - 1000);
  const handlers: SocketHandlers[] = [];
  const transport: Transport = {
    connect(_url, _options, listener) {
      const venue = handlers.length < books.venues.length ? handlers.push(listener) - 1 : 0;
      handlers[venue] = listener;
      clock.schedule(0, () => listener.open());
      return { send: () => {}, terminate: () => {} };
    },
    get: () => () => {},
  };
  const monitor = new OpsMonitor({ clock: clock as Clock, loopLag, learning });
  const run = new LiveRun({
    header: { config: resolveLiveConfig(config), model: 'hash', modelCreatedMs: books.timeMs[0] - 3_600_000 },
    venues: builtInVenues,
    policyFor: (_model, _createdMs, market) => policyFor(market),
    clock,
    transport,
    tape: options.tape ?? join(directory, 'tape'),
    tapeFallback: options.tapeFallback,
    checkpointInputs: options.checkpointInputs,
    onEnd: options.onEnd,
    onReceive: monitor.onReceive,
    onRecord: (record) => {
      monitor.onRecord(record);
      options.onRecord?.(record);
    },
    onDecision: monitor.onDecision,
  });
  monitor.attach(run);
  let numPlayed = skip;
  return {
    run,
    monitor,
    clock,
    get numPlayed() {
      return numPlayed;
    },
    play(events) {
      run.start();
      for (const end = Math.min(books.length, numPlayed + events); numPlayed < end; numPlayed++) {
        clock.runUntil(books.timeMs[numPlayed]);
        const venue = books.venue[numPlayed];
        handlers[venue].text(bookFrame(books, numPlayed, venue, 'BTC/USDT'));
      }
    },
    cut: (venue) => handlers[venue].close('cut'),
    async close() {
      await run.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Settings of a session of one market that fit `walkingBooks`. */
export const TRADING_SCRIPT = {
  mode: 'trading',
  markets: [{ venue: 'bybit', symbol: 'BTC/USDT' }],
  depth: 3,
  env: {
    barMs: 2000,
    features: ['return:1', 'volatility:5'],
    normalizationBars: 20,
    window: 3,
    latencyMs: 300,
    staleMs: 4000,
  },
  risk: { maxOrdersPerMinute: 1000, maxDrawdown: 1, maxNotional: 12_000 },
  seed: 5,
};
