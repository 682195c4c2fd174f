/** A live session on virtual time that keeps learning: books with an edge, a tape on the disk, a registry. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentCode, buildStoredAgent, loadPolicy } from '../../continual/agent-policies.ts';
import type { LearningEvent } from '../../continual/events.ts';
import type { Learner } from '../../continual/learner.ts';
import { type LearnerContext, performTask } from '../../continual/learner-tasks.ts';
import { type Continual, startContinual } from '../../continual/learning.ts';
import { resolveLearnConfig } from '../../continual/registry-state.ts';
import { createRng } from '../../core/rng.ts';
import type { Json, Snapshot } from '../../core/snapshot.ts';
import { loadCatalog } from '../../experiments/plugins/catalog.ts';
import {
  type Assembled,
  assemble,
  headerRecord,
  readHeader,
  type SessionHeader,
} from '../../live/session/assemble.ts';
import { type LiveConfig, resolveLiveConfig } from '../../live/session/config.ts';
import type { Decision } from '../../live/session/session.ts';
import { bookFrame } from '../../live/tape/book-frames.ts';
import { replayTape } from '../../live/tape/replay.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { BookTapeBuilder } from '../../market/books/tape-builder.ts';
import { type AgentModel, packAgentModel } from '../../storage/agent-model.ts';
import { ModelRegistry } from '../../storage/model-registry.ts';
import { readTape, type TapeRecord } from '../../storage/tape.ts';
import { isTape } from '../../storage/tape-segments.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';

export const START_MS = 1_700_000_000_000;
const GAP_MS = 15_000;
export const BAR_MS = 60_000;
export const catalog = await loadCatalog();

export interface MarketOptions {
  readonly seed: number;
  readonly hours: number;
  /** Correlation of a bar's return with the one before: what there is to learn. */
  readonly reversal?: number;
  /** From this hour on moves are larger by a factor, and the spread is wider: half of it, quote units. */
  readonly change?: { readonly fromHour: number; readonly factor?: number; readonly halfSpread?: number };
}

/** The mid moves once a bar, by 10 bp or so, and takes part of the last move back. */
export function reversingBooks({ seed, hours, reversal = 0.6, change }: MarketOptions): BookTape {
  const rng = createRng(`reversing-${seed}`);
  const builder = new BookTapeBuilder({ venues: [{ name: 'bybit', base: 'BTC', quote: 'USDT' }], depth: 1 });
  let mid = 100;
  let last = 0;
  const events = (hours * 3_600_000) / GAP_MS;
  for (let event = 0; event < events; event++) {
    const isChanged = change !== undefined && event * GAP_MS >= change.fromHour * 3_600_000;
    const factor = (isChanged ? change.factor : undefined) ?? 1;
    const half = (isChanged ? change.halfSpread : undefined) ?? 0.002;
    if (event % (BAR_MS / GAP_MS) === 1) {
      last = -reversal * last + 0.001 * factor * rng.gaussian();
      mid *= 1 + last;
    }
    const side = (price: number) => Float64Array.of(price);
    builder.append(0, START_MS + event * GAP_MS, Number.NaN, {
      bidPrices: side(mid - half),
      askPrices: side(mid + half),
      bidSizes: side(1e5),
      askSizes: side(1e5),
    });
  }
  return builder.build();
}

const ENV = {
  barMs: BAR_MS,
  features: ['return:1'],
  normalizationBars: 50,
  window: 1,
  latencyMs: 100,
  staleMs: 120_000,
  feeRate: 0,
  actions: 'discrete',
  levels: [-1, 0, 1],
  episodeBars: 120,
  episodeStart: 'random',
};

const RISK = { maxDrawdown: 1, maxOrdersPerMinute: 100, maxModelAgeHours: 1e6, maxLoopLagMs: 60_000 };

export const CONFIG = resolveLiveConfig({
  mode: 'trading',
  markets: [{ venue: 'bybit', symbol: 'BTC/USDT', settings: { staleAfterMs: 120_000 } }],
  depth: 1,
  env: ENV,
  risk: RISK,
});

/** Two venues whose mids drift apart and meet again: buying at the cheaper one pays. */
export function divergingBooks({ seed, hours }: Pick<MarketOptions, 'seed' | 'hours'>): BookTape {
  const rng = createRng(`diverging-${seed}`);
  const venues = ['bybit', 'okx'].map((name) => ({ name, base: 'BTC', quote: 'USDT' }));
  const builder = new BookTapeBuilder({ venues, depth: 1 });
  let mid = 100;
  let basis = 0;
  for (let event = 0; event < (hours * 3_600_000) / GAP_MS; event++) {
    mid *= 1 + 0.0002 * rng.gaussian();
    basis = 0.8 * basis + 0.0012 * rng.gaussian();
    for (const venue of venues.keys()) {
      const price = mid * (1 + (venue - 0.5) * basis);
      const side = (value: number) => Float64Array.of(value);
      builder.append(venue, START_MS + event * GAP_MS + venue, Number.NaN, {
        bidPrices: side(price - 0.01),
        askPrices: side(price + 0.01),
        bidSizes: side(1e5),
        askSizes: side(1e5),
      });
    }
  }
  return builder.build();
}

const MARKETS = ['bybit', 'okx'].map((venue) => {
  return { venue, symbol: 'BTC/USDT', settings: { staleAfterMs: 120_000 } };
});

export const CONTINUOUS = resolveLiveConfig({
  mode: 'trading',
  markets: MARKETS.slice(0, 1),
  depth: 1,
  env: { ...ENV, actions: 'continuous' },
  risk: RISK,
});

export const arbitrageConfig = (actions: 'discrete' | 'continuous') =>
  resolveLiveConfig({
    mode: 'arbitrage',
    markets: MARKETS,
    depth: 1,
    env: {
      actions,
      decisionMs: BAR_MS,
      latencyMs: [100],
      takerFeeRates: [0],
      sizes: [0.2],
      limitRate: 0.005,
      staleMs: 120_000,
      observed: ['edge'],
      warmupEvents: 20,
      episodeEvents: 960,
    },
    risk: RISK,
  });

export const LEARN = {
  enabled: true,
  everyHours: 6,
  spanHours: 6,
  steps: 6000,
  forwardDays: 0.25,
  agentSettings: { learningRate: 0.003 },
  gate: { embargoHours: 0.5, freeTurnoverPerDay: 1e5, maxDrawdown: 0.9 },
  drift: {
    windowDecisions: 120,
    maxPsi: 1e9,
    maxOutside: 1,
    maxActionKl: 1e9,
    maxLoss: 1,
    maxFillGapBps: 1e9,
  },
};

/** What trades, and by which kind of agent. */
export interface Setup {
  readonly config: LiveConfig;
  readonly agent: string;
  readonly settings: Readonly<Record<string, Json>>;
}

export const PPO: Setup = {
  config: CONFIG,
  agent: 'ppo',
  settings: { hidden: [8], rolloutSteps: 256, minibatchSize: 64, epochs: 4 },
};

/** An untrained policy, or one with another state. */
export function createModel(
  seed: number,
  change: (state: Snapshot) => Snapshot = (state) => state,
  setup = PPO,
  code: Partial<AgentCode> = {},
): AgentModel {
  const { market } = assemble(
    { config: setup.config, model: '', modelCreatedMs: Number.NaN },
    {
      venues: builtInVenues,
      policyFor: () => ({ model: '', createdMs: Number.NaN, act: () => undefined }),
      record: () => {},
    },
  );
  const config = JSON.parse(
    JSON.stringify((code.catalog ?? catalog).agents.get(setup.agent).config.parse(setup.settings)),
  );
  const empty = {
    agent: { name: setup.agent, config },
    env: { name: setup.config.mode === 'arbitrage' ? 'arbitrage' : 'trading-books', config: {} },
    numEnvs: 4,
    steps: 0,
    ...(code.network && { network: code.network.record as Json }),
  };
  const model = { ...empty, state: { arrays: {}, values: {} } };
  const state = change(buildStoredAgent(model, market, { catalog, ...code }, { seed }).save());
  return { ...model, state };
}

export function saveModel(
  registry: ModelRegistry,
  model: AgentModel,
  details: { name?: string; parent?: string; createdMs?: number; toMs?: number } = {},
): string {
  const { name = 'policy', parent, createdMs = START_MS - 1, toMs = createdMs } = details;
  const packed = packAgentModel(model, {
    name,
    parent,
    data: { hash: 'h', fromMs: toMs - 1000, toMs },
    codeVersion: '0',
    createdMs,
  });
  return registry.save(packed.details, packed.files).id;
}

export interface Place {
  readonly tape: string;
  readonly registry: string;
}

export function createPlace(prefix = 'market-gym-continual-'): Place {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  return { tape: join(directory, 'tape'), registry: join(directory, 'registry') };
}

/** The same as if it had been rebuilt: what came out equals what the tape says. */
export function replay({ tape, registry: path }: Place) {
  const registry = new ModelRegistry(path);
  const outcome = replayTape(readTape(tape), {
    venues: builtInVenues,
    policyFor: (model, _createdMs, market) => loadPolicy(registry, model, market, { catalog }),
  });
  registry.close();
  return outcome;
}

/** A session that is on the tape is continued, as `LiveRun` does. */
export class Play {
  readonly registry: ModelRegistry;
  readonly continual: Continual;
  readonly decisions: { timeMs: number; index: number; model: string }[] = [];
  readonly events: LearningEvent[] = [];
  readonly #writer: TapeWriter;
  readonly #assembled: Assembled;
  #nowMs = START_MS;

  constructor(
    place: Place,
    {
      learn = {},
      learner,
      config = CONFIG,
    }: {
      learn?: Record<string, Json>;
      learner?: (context: LearnerContext) => Learner;
      config?: LiveConfig;
    } = {},
  ) {
    this.registry = new ModelRegistry(place.registry, { create: true });
    const link: { continual?: Continual; isLive: boolean } = { isLive: false };
    const past = isTape(place.tape) ? [...readTape(place.tape, { onTorn: () => {} })] : [];
    const header: SessionHeader =
      past.length > 0
        ? readHeader(past[0].record)
        : { config, model: this.registry.get('policy@champion').id, modelCreatedMs: Number.NaN };
    this.#writer = new TapeWriter(place.tape);
    const write = (record: TapeRecord) => {
      if (!link.isLive) return;
      this.#writer.append(record);
      if (record[0] !== 'input') this.#writer.flush();
      link.continual?.onRecord(record);
    };
    this.#assembled = assemble(header, {
      venues: builtInVenues,
      policyFor: (model, _createdMs, market) => loadPolicy(this.registry, model, market, { catalog }),
      record: write,
      onDecision: (decision: Decision) => {
        if (!link.isLive) return;
        const { model } = this.#assembled.session.policy;
        this.decisions.push({ timeMs: decision.timeMs, index: decision.index, model });
        link.continual?.onDecision(decision);
      },
    });
    for (const { record } of past.slice(1)) {
      this.#assembled.repeat(record);
      this.#nowMs = record[1];
    }
    link.isLive = true;
    const { session, market, repeat } = this.#assembled;
    if (past.length === 0) {
      write(headerRecord(header, START_MS));
      for (const source of config.markets.keys()) repeat(['input', START_MS, source, 'open']);
    }
    const resolved = resolveLearnConfig({ ...LEARN, ...learn });
    const context = { ...place, registry: this.registry, catalog, venues: builtInVenues, learn: resolved };
    this.continual = startContinual({
      run: {
        session,
        market,
        swap: (policy) => session.swap(policy, this.#nowMs),
        halt: (reason) => session.halt(reason, this.#nowMs),
        note: (text) => write(['note', this.#nowMs, text]),
      },
      registry: this.registry,
      model: 'policy',
      catalog,
      learn: resolved,
      learner: (learner ?? inlineLearner)(context),
      onEvent: (event) => this.events.push(event),
    });
    link.continual = this.continual;
  }

  /** Ends at once, as a process that is killed: only what was written is left. */
  kill(): void {
    this.#writer.flush();
    this.#writer.abandon();
    this.registry.close();
  }

  /** Takes the books in. @param waits whether each task ends before the next book comes */
  async take(books: BookTape, fromHour: number, toHour: number, waits = true): Promise<void> {
    for (let event = 0; event < books.length; event++) {
      const hour = (books.timeMs[event] - START_MS) / 3_600_000;
      if (hour < fromHour || hour >= toHour) continue;
      this.#nowMs = books.timeMs[event];
      const source = books.venue[event];
      const frame = bookFrame(books, event, source, 'BTC/USDT');
      this.#assembled.repeat(['input', this.#nowMs, source, 'frame', frame]);
      if (waits) {
        await Promise.resolve();
        await this.continual.idle();
      } else if (event % 4 === 0) await new Promise(setImmediate);
    }
    await Promise.resolve();
  }

  async close(): Promise<void> {
    await this.continual.stop();
    await this.#writer.close();
    this.registry.close();
  }
}

/** Does the same on this thread. */
export function inlineLearner(context: LearnerContext): Learner {
  return {
    perform: async (task) => {
      try {
        return performTask(task, context);
      } catch (error) {
        return { kind: 'failed', message: (error as Error).message };
      }
    },
    stop: async () => {},
  };
}
