/** Whether a session that runs for hours needs more and more memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createRng } from '../../core/rng.ts';
import type { SocketHandlers, Transport } from '../../live/connection/transport.ts';
import { VirtualClock } from '../../live/connection/virtual-clock.ts';
import { resolveLiveConfig } from '../../live/session/config.ts';
import { LiveRun } from '../../live/session/live-run.ts';
import { bookFrame } from '../../live/tape/book-frames.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';

const HOUR_MS = 3_600_000;
const FRAME_MS = 250;
/** The first hours fill caches and let the heap find its size. */
const WARM_HOURS = 3;
const BEGIN_MS = 1_700_000_000_000;

/** @returns slope of the resident memory over virtual hours, MB an hour, least squares behind the first ones */
export async function measureMemorySlope(hours = 72): Promise<number> {
  const books = new SyntheticVenues({
    events: 4000,
    venues: ['bybit', 'okx'].map((name) => ({ name, intervalMs: FRAME_MS })),
  }).generate(createRng(1));
  const frames: string[] = [];
  for (let n = 0; n < books.length; n++) {
    if (books.venue[n] === 0) frames.push(bookFrame(books, n, 0, 'BTC/USDT'));
  }
  const clock = new VirtualClock(BEGIN_MS);
  let socket: SocketHandlers | undefined;
  const transport: Transport = {
    connect(_url, _options, handlers) {
      socket = handlers;
      clock.schedule(0, handlers.open);
      return { send: () => {}, terminate: () => {} };
    },
    get: () => () => {},
  };
  const directory = mkdtempSync(join(tmpdir(), 'market-gym-memory-'));
  try {
    const markets = [{ venue: 'bybit', symbol: 'BTC/USDT', settings: { url: 'ws://nowhere' } }];
    const config = resolveLiveConfig({
      markets,
      channels: ['book'],
      env: { barMs: 1000 },
      risk: { maxDrawdown: 1 },
    });
    let count = 0;
    const run = new LiveRun({
      header: { config, model: 'restless', modelCreatedMs: Number.NaN },
      venues: builtInVenues,
      policyFor: () => ({ model: 'restless', createdMs: Number.NaN, act: () => count++ % 3 }),
      clock,
      transport,
      tape: join(directory, 'tape'),
    });
    run.start();
    const resident: number[] = [];
    for (let hour = 1; hour <= hours; hour++) {
      for (let timeMs = 0; timeMs < HOUR_MS; timeMs += FRAME_MS) {
        clock.runUntil(BEGIN_MS + (hour - 1) * HOUR_MS + timeMs);
        socket?.text(frames[(timeMs / FRAME_MS) % frames.length]);
        // Compressions of finished segments go on meanwhile.
        if (timeMs % 60_000 === 0) await setImmediate();
      }
      globalThis.gc?.();
      if (hour > WARM_HOURS) resident.push(process.memoryUsage.rss() / 2 ** 20);
    }
    await run.stop();
    return slopeOf(resident);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  let products = 0;
  let squares = 0;
  for (const [i, value] of values.entries()) {
    products += (i - middle) * value;
    squares += (i - middle) ** 2;
  }
  return products / squares;
}
