/** What every venue must keep, by the contract of live/connection/venue.ts. */
import type { ConfigSchema } from '../core/config.ts';
import { createRng } from '../core/rng.ts';
import type { VenueInput, VenuePlugin } from '../live/connection/venue.ts';
import { CHANNELS, parseMarkets } from '../live/connection/venue-markets.ts';
import { VenueSession } from '../live/connection/venue-session.ts';
import { type Check, requireSame, requireThat, requireThrows, runChecks } from './check.ts';
import { mutate, withHostileValues } from './mutated-frames.ts';

export interface VenueSample {
  readonly markets: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
  /** A session from its opening on, without a fault: every market's book becomes valid. */
  readonly inputs: readonly VenueInput[];
}

export interface VenueTestOptions {
  /** Mutated frames to play; default 1000. */
  readonly mutations?: number;
  /** In how many places of each kind of frame hostile values are put; default 10. */
  readonly places?: number;
}

const START_MS = 1_700_000_000_000;
/** Between two inputs. */
const STEP_MS = 20;

/**
 * Plays a recorded session of a venue, and mutations of it, and says what the plugin breaks of the contract: books valid and
 * not crossed, staleness and silence noticed, losses within a budget, every frame used or counted, nothing thrown.
 * @param sample frames of a session as the venue sends them
 * @throws ConfigError `broken-contract` with every problem
 * @example
 * checkVenue(myVenue, { markets: ['BTC/USDT'], inputs: [{ kind: 'open' }, { kind: 'frame', text: snapshot }] });
 */
export function checkVenue(
  plugin: VenuePlugin<ConfigSchema>,
  sample: VenueSample,
  options: VenueTestOptions = {},
): void {
  runChecks(`venue "${plugin.name}"`, venueChecks(plugin, sample, options));
}

/** The same, rule by rule. */
export function venueChecks(
  plugin: VenuePlugin<ConfigSchema>,
  sample: VenueSample,
  { mutations = 1000, places = 10 }: VenueTestOptions = {},
): Check[] {
  const { markets: symbols, inputs, config = {} } = sample;

  function create(overrides: Readonly<Record<string, unknown>> = {}) {
    const markets = parseMarkets(plugin.name, symbols, plugin.nativeSymbol);
    const log: string[] = [];
    const session = new VenueSession({
      setup: plugin.connect(markets, { ...config, ...overrides }),
      markets,
      channels: CHANNELS,
      onEvent: ({ ...event }) => {
        log.push(JSON.stringify({ ...event, book: undefined }));
      },
      onCommand: (command) => log.push(JSON.stringify(command)),
    });
    return { session, log };
  }

  function play(session: VenueSession, given: readonly VenueInput[] = inputs, fromMs = START_MS): number {
    let timeMs = fromMs;
    for (const input of given) {
      session.handle(input, timeMs);
      timeMs += STEP_MS;
    }
    return timeMs - STEP_MS;
  }

  const tradable = (session: VenueSession, nowMs: number) =>
    symbols.map((symbol) => session.isTradable(symbol, nowMs));
  const all = symbols.map(() => true);
  const none = symbols.map(() => false);

  const limitsOf = () =>
    plugin.connect(parseMarkets(plugin.name, symbols, plugin.nativeSymbol), config).limits;

  return [
    {
      name: 'its settings have defaults and descriptions, and unknown ones are refused',
      run() {
        for (const [key, field] of Object.entries(plugin.config.shape))
          requireThat(
            Boolean((field as { description?: string }).description),
            `the setting "${key}" has no description`,
          );
        const markets = parseMarkets(plugin.name, symbols, plugin.nativeSymbol);
        const message = requireThrows(
          () => plugin.connect(markets, { nonsense: 1 }),
          'connect with an unknown key',
        );
        requireThat(message.includes('Unknown key "nonsense"'), `an unknown key gives "${message}"`);
      },
    },
    {
      name: 'a session without a fault makes every book valid, and rejects and loses nothing',
      run() {
        const { session } = create();
        const nowMs = play(session);
        const { losses, rejected } = session.counters;
        requireSame({ ...losses }, {}, 'what was lost');
        requireThat(total(rejected) === 0, `${total(rejected)} frames were rejected`);
        requireSame(tradable(session, nowMs), all, 'which books are tradable');
        for (const { book } of session.feeds) {
          requireThat(!book.isCrossed, 'a book is crossed');
          requireThat(book.numBids * book.numAsks > 0, 'a book has an empty side');
        }
      },
    },
    {
      name: 'the same inputs give the same events and commands, to the letter',
      run() {
        const [first, second] = [create(), create()];
        play(first.session);
        play(second.session);
        requireSame(second.log, first.log, 'what a session says');
      },
    },
    {
      name: 'a book is not tradable before it was there, when it is old, or after the connection is gone',
      run() {
        const { session } = create();
        requireSame(tradable(session, START_MS), none, 'which books are tradable before any frame');
        const nowMs = play(session);
        const limits = limitsOf();
        requireSame(
          tradable(session, nowMs + limits.staleAfterMs + inputs.length * STEP_MS),
          none,
          'which old books are tradable',
        );
        requireSame(tradable(session, nowMs), all, 'which books are tradable');
        session.handle({ kind: 'close', reason: 'test' }, nowMs);
        requireSame(tradable(session, nowMs), none, 'which books are tradable');
      },
    },
    {
      name: 'silence is noticed within its deadline, and a new connection brings the books back',
      run() {
        const { session, log } = create();
        let timeMs = play(session);
        const limits = limitsOf();
        const silentFromMs = timeMs;
        while (!log.some((line) => line.includes('"reconnect"')) && timeMs < silentFromMs + 1e6) {
          timeMs += 250;
          session.handle({ kind: 'tick' }, timeMs);
        }
        const silenceMs = timeMs - silentFromMs;
        requireThat(silenceMs <= limits.silenceMs + 250, `silence was noticed after ${silenceMs} ms alone`);
        session.handle({ kind: 'close', reason: 'silence' }, timeMs);
        play(session, inputs, timeMs + 1000);
        // Not tradable: by the venue's clock these are the old frames, and lag behind.
        requireSame(
          session.feeds.map(({ valid }) => valid),
          all,
          'which books are valid',
        );
      },
    },
    {
      name: 'a connection that is old is replaced by plan',
      run() {
        const { session, log } = create({ silenceMs: 1e12, streamDeadlineMs: 1e12 });
        const nowMs = play(session);
        session.handle({ kind: 'tick' }, nowMs + 24 * 3_600_000);
        requireThat(log.at(-1)?.includes('"planned":true') ?? false, 'no planned reconnection after a day');
      },
    },
    {
      name: 'losses beyond the budget disable the venue, which then does and says nothing more',
      run() {
        const { session, log } = create({ resyncBudget: 2 });
        let timeMs = play(session);
        for (let i = 0; i < 3; i++) {
          session.handle({ kind: 'close', reason: 'test' }, timeMs);
          timeMs = play(session, inputs, timeMs + 1000);
        }
        requireThat(
          session.disabledReason?.includes('3 losses or failures within 600 s') ?? false,
          `the venue is disabled because of: ${session.disabledReason}`,
        );
        requireSame(tradable(session, timeMs), none, 'which books are tradable');
        const { length } = log;
        play(session, inputs, timeMs + 1000);
        requireThat(log.length === length, 'a disabled venue says more');
      },
    },
    {
      name: 'a binary frame is rejected and counted',
      run() {
        const { session } = create();
        const nowMs = play(session);
        session.handle({ kind: 'binary', bytes: 7 }, nowMs);
        requireThat(
          session.counters.rejected.unreadable === 1,
          'a binary frame is not counted as unreadable',
        );
        requireSame(tradable(session, nowMs), none, 'which books are tradable');
      },
    },
    {
      name: 'values that are nested deeper than a stack, or are objects that cannot be shown, are rejected',
      run() {
        const seen = new Set<string>();
        let rejections = 0;
        for (const [place, input] of inputs.entries()) {
          if (input.kind !== 'frame' && input.kind !== 'snapshot') continue;
          const text = input.kind === 'frame' ? input.text : input.body;
          const kind = text.slice(0, 60);
          if (seen.has(kind)) continue;
          seen.add(kind);
          for (const hostile of withHostileValues(text, places)) {
            // After what came before it, so that it is not passed over as an old one.
            const { session } = create({ resyncBudget: Infinity });
            const timeMs = play(session, inputs.slice(0, place)) + STEP_MS;
            session.handle(
              input.kind === 'frame' ? { ...input, text: hostile } : { ...input, body: hostile },
              timeMs,
            );
            rejections += total(session.counters.rejected);
          }
        }
        requireThat(rejections > 5 * places, `${rejections} hostile frames were rejected`);
      },
    },
    {
      name: `${mutations} mutated frames: nothing is thrown, every frame that is not used is counted`,
      run() {
        const rng = createRng(plugin.name);
        const frames = inputs.filter((input) => input.kind === 'frame' || input.kind === 'snapshot');
        let current = create({ resyncBudget: Infinity });
        let timeMs = play(current.session);
        let rejections = 0;
        for (let i = 0; i < mutations; i++) {
          const { session, log } = current;
          const input = frames[rng.integer(frames.length)];
          const text = mutate(input.kind === 'frame' ? input.text : input.body, rng);
          log.length = 0;
          const before = total(session.counters.rejected);
          session.handle(input.kind === 'frame' ? { ...input, text } : { ...input, body: text }, timeMs);
          const rejected = total(session.counters.rejected) - before;
          rejections += rejected;
          // At most once, and said as often as counted; what is not even JSON is never passed over.
          if (rejected > 1 || rejected !== log.filter((line) => line.includes('"rejected"')).length)
            throw new Error(`counted ${rejected} times: ${text}`);
          if (input.kind === 'frame' && rejected === 0 && text !== 'pong' && !isJsonObject(text))
            throw new Error(`not counted: ${text}`);
          if (session.feeds.some((feed) => feed.valid && feed.book.isCrossed))
            throw new Error(`crossed and valid: ${text}`);
          timeMs += STEP_MS;
          if (session.isOpen) continue;
          // A mutation may read like a refusal: then the venue is given up, as it should be.
          if (session.disabledReason !== undefined) current = create({ resyncBudget: Infinity });
          else session.handle({ kind: 'close', reason: 'test' }, timeMs);
          timeMs = play(current.session, inputs, timeMs) + STEP_MS;
        }
        requireThat(
          rejections > mutations / 10,
          `${rejections} of ${mutations} mutated frames were rejected`,
        );
      },
    },
  ];
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
