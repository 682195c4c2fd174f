/** How long a live session takes from a frame to the decision on its tape, while a candidate trains in the background. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ppo } from '../../agents/ppo.ts';
import { createRng } from '../../core/rng.ts';
import { systemClock } from '../../live/connection/clock.ts';
import type { SocketHandlers, Transport } from '../../live/connection/transport.ts';
import { OpsMonitor } from '../../live/ops/monitor.ts';
import { resolveLiveConfig } from '../../live/session/config.ts';
import type { LiveMarket } from '../../live/session/live-market.ts';
import { LiveRun } from '../../live/session/live-run.ts';
import { agentPolicy, type LivePolicy } from '../../live/session/policy.ts';
import { bookFrame, STAND_IN_VENUES } from '../../live/tape/book-frames.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import { createLoopLag } from '../terminal/loop-lag.ts';

const EVENTS = 6000;
/** The first decisions warm the compiler up, and are not counted. */
const WARMUP = 2000;
const GAP_MS = 1;
const DEPTH = 10;

export interface DecisionLatency {
  readonly numDecisions: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** Environment steps that the candidate was trained meanwhile. */
  readonly trainedSteps: number;
  /** Of the event loop meanwhile, 99 %, ms. */
  readonly loopLagMs: number;
}

/** Two venues, a 64-64 policy asked at every book, every record on a tape that is written to the disk. */
export async function measureDecisionLatency(): Promise<DecisionLatency> {
  const directory = mkdtempSync(join(tmpdir(), 'market-gym-latency-'));
  const worker = startTraining();
  let trainedSteps = 0;
  worker.on('message', (steps: number) => {
    trainedSteps = steps;
  });
  await new Promise((resolve) => worker.once('message', resolve));
  const stepsBefore = trainedSteps;
  const lag = createLoopLag();
  try {
    const microseconds = await play(join(directory, 'tape'));
    const sorted = microseconds.sort();
    const quantile = (q: number) => sorted[Math.ceil(q * sorted.length) - 1];
    return {
      numDecisions: sorted.length,
      p50Us: quantile(0.5),
      p99Us: quantile(0.99),
      maxUs: quantile(1),
      trainedSteps: trainedSteps - stepsBefore,
      loopLagMs: lag.read().p99Ms,
    };
  } finally {
    lag.stop();
    await worker.terminate();
    rmSync(directory, { recursive: true });
  }
}

/** The candidate; a thread needs a loader of its own to run from source. */
function startTraining(): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const url = new URL(`training-worker${isSource ? '.ts' : '.js'}`, import.meta.url);
  if (!isSource) return new Worker(url);
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const program = `import(${tsx}).then(({ register }) => { register(); return import('${url}'); })`;
  return new Worker(program, { eval: true, execArgv: [] });
}

/** @returns microseconds of each decision, after the warm-up */
async function play(tape: string): Promise<Float64Array> {
  const books = syntheticBooks();
  const handlers: SocketHandlers[] = [];
  const transport: Transport = {
    connect(_url, _options, listener) {
      handlers.push(listener);
      return { send: () => {}, terminate: () => {} };
    },
    get: () => () => {},
  };
  const monitor = new OpsMonitor({ clock: systemClock });
  const run = new LiveRun({
    header: {
      config: resolveLiveConfig({
        mode: 'arbitrage',
        markets: STAND_IN_VENUES.map((venue) => ({ venue, symbol: 'BTC/USDT' })),
        depth: DEPTH,
        env: { warmupEvents: 100, decisionMs: 0, takerFeeRates: [0.0001], latencyMs: [20] },
        risk: { maxDrawdown: 1, maxOrdersPerMinute: 100_000, maxModelAgeHours: 1e9 },
      }),
      model: 'ppo',
      modelCreatedMs: Number.NaN,
    },
    venues: builtInVenues,
    policyFor: (_model, _createdMs, market) => ppoPolicy(market),
    clock: systemClock,
    transport,
    tape,
    onReceive: monitor.onReceive,
    onRecord: monitor.onRecord,
    onDecision: monitor.onDecision,
  });
  monitor.attach(run);
  run.start();
  for (const handler of handlers) handler.open();
  const seconds = new Float64Array(EVENTS);
  let count = 0;
  for (let event = 0; event < EVENTS; event++) {
    await wait(GAP_MS);
    const venue = books.venue[event];
    books.timeMs[event] = Date.now();
    const frame = bookFrame(books, event, venue, 'BTC/USDT');
    const before = run.session.numDecisions;
    const start = performance.now();
    handlers[venue].text(frame);
    const end = performance.now();
    if (event >= WARMUP && run.session.numDecisions > before) seconds[count++] = (end - start) * 1000;
  }
  await run.stop();
  return seconds.slice(0, count);
}

function ppoPolicy(market: LiveMarket): LivePolicy {
  const { observationSpace, actionSpace } = market;
  const masksActions = market.actionMask !== undefined;
  const context = {
    observationSpace,
    actionSpace,
    numEnvs: 1,
    rng: createRng(1),
    masksActions,
    totalSteps: 1,
  };
  return agentPolicy(ppo.build(context, { hidden: [64, 64] }), actionSpace, 'ppo', Number.NaN);
}

function syntheticBooks(): BookTape {
  const venues = STAND_IN_VENUES.map((name) => ({
    name,
    intervalMs: 400,
    basisDeviationBps: 15,
    spreadBps: 4,
  }));
  return new SyntheticVenues({ events: EVENTS, depth: DEPTH, venues }).generate(createRng(3));
}
