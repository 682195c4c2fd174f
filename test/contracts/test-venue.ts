/** What every venue must keep: a new venue plugin's test is one call with frames of a session as the venue sends them. */
import { describe, expect, test } from 'vitest';
import type { ConfigSchema } from '../../core/config.ts';
import { createRng, type Rng } from '../../core/rng.ts';
import type { VenueInput, VenuePlugin } from '../../live/connection/venue.ts';
import { CHANNELS, parseMarkets } from '../../live/connection/venue-markets.ts';
import { VenueSession } from '../../live/connection/venue-session.ts';
import { counts } from '../soak.ts';

export interface VenueSample {
  readonly markets: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
  /** A session from its opening on, without a fault: every market's book becomes valid. */
  readonly inputs: readonly VenueInput[];
}

const START_MS = 1_700_000_000_000;
/** Between two inputs. */
const STEP_MS = 20;

export function testVenue(
  plugin: VenuePlugin<ConfigSchema>,
  sample: VenueSample,
  { mutations = 5000 }: { mutations?: number } = {},
): void {
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

  describe(`${plugin.name} keeps the venue contract`, () => {
    test('its settings have defaults and descriptions, and unknown ones are refused', () => {
      for (const field of Object.values(plugin.config.shape))
        expect((field as { description?: string }).description).toBeTruthy();
      const markets = parseMarkets(plugin.name, symbols, plugin.nativeSymbol);
      expect(() => plugin.connect(markets, { nonsense: 1 })).toThrow('Unknown key "nonsense"');
    });

    test('a session without a fault makes every book valid, and rejects and loses nothing', () => {
      const { session } = create();
      const nowMs = play(session);
      expect(session.counters).toMatchObject({
        losses: {},
        rejected: { unreadable: 0, 'unknown-message': 0, malformed: 0 },
      });
      expect(tradable(session, nowMs)).toEqual(all);
      for (const { book } of session.feeds) {
        expect(book.isCrossed).toBe(false);
        expect(book.numBids * book.numAsks).toBeGreaterThan(0);
      }
    });

    test('the same inputs give the same events and commands, to the letter', () => {
      const [first, second] = [create(), create()];
      play(first.session);
      play(second.session);
      expect(second.log).toEqual(first.log);
    });

    test('a book is not tradable before it was there, when it is old, or after the connection is gone', () => {
      const { session } = create();
      expect(tradable(session, START_MS)).toEqual(none);
      const nowMs = play(session);
      const limits = limitsOf();
      expect(tradable(session, nowMs + limits.staleAfterMs + inputs.length * STEP_MS)).toEqual(none);
      expect(tradable(session, nowMs)).toEqual(all);
      session.handle({ kind: 'close', reason: 'test' }, nowMs);
      expect(tradable(session, nowMs)).toEqual(none);
    });

    test('silence is noticed within its deadline, and a new connection brings the books back', () => {
      const { session, log } = create();
      let timeMs = play(session);
      const limits = limitsOf();
      const silentFromMs = timeMs;
      while (!log.some((line) => line.includes('"reconnect"')) && timeMs < silentFromMs + 1e6) {
        timeMs += 250;
        session.handle({ kind: 'tick' }, timeMs);
      }
      expect(timeMs - silentFromMs).toBeLessThanOrEqual(limits.silenceMs + 250);
      session.handle({ kind: 'close', reason: 'silence' }, timeMs);
      play(session, inputs, timeMs + 1000);
      // Not tradable: by the venue's clock these are the old frames, and lag behind.
      expect(session.feeds.map(({ valid }) => valid)).toEqual(all);
    });

    test('a connection that is old is replaced by plan', () => {
      const { session, log } = create({ silenceMs: 1e12, streamDeadlineMs: 1e12 });
      const nowMs = play(session);
      session.handle({ kind: 'tick' }, nowMs + 24 * 3_600_000);
      expect(log.at(-1)).toContain('"planned":true');
    });

    test('losses beyond the budget disable the venue, which then does and says nothing more', () => {
      const { session, log } = create({ resyncBudget: 2 });
      let timeMs = play(session);
      for (let i = 0; i < 3; i++) {
        session.handle({ kind: 'close', reason: 'test' }, timeMs);
        timeMs = play(session, inputs, timeMs + 1000);
      }
      expect(session.disabledReason).toContain('3 losses or failures within 600 s');
      expect(tradable(session, timeMs)).toEqual(none);
      const { length } = log;
      play(session, inputs, timeMs + 1000);
      expect(log.length).toBe(length);
    });

    test('a binary frame is rejected and counted', () => {
      const { session } = create();
      const nowMs = play(session);
      session.handle({ kind: 'binary', bytes: 7 }, nowMs);
      expect(session.counters.rejected.unreadable).toBe(1);
      expect(tradable(session, nowMs)).toEqual(none);
    });

    test('values that are nested deeper than a stack, or are objects that cannot be shown, are rejected', () => {
      const seen = new Set<string>();
      let rejections = 0;
      for (const [place, input] of inputs.entries()) {
        if (input.kind !== 'frame' && input.kind !== 'snapshot') continue;
        const text = input.kind === 'frame' ? input.text : input.body;
        const kind = text.slice(0, 60);
        if (seen.has(kind)) continue;
        seen.add(kind);
        for (const hostile of withHostileValues(text)) {
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
      expect(rejections).toBeGreaterThan(50);
    }, 60_000);

    test(`${mutations} mutated frames: nothing is thrown, every frame that is not used is counted`, () => {
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
          expect.fail(`counted ${rejected} times: ${text}`);
        if (input.kind === 'frame' && rejected === 0 && text !== 'pong' && !isJsonObject(text))
          expect.fail(`not counted: ${text}`);
        if (session.feeds.some((feed) => feed.valid && feed.book.isCrossed))
          expect.fail(`crossed and valid: ${text}`);
        timeMs += STEP_MS;
        if (session.isOpen) continue;
        // A mutation may read like a refusal: then the venue is given up, as it should be.
        if (session.disabledReason !== undefined) current = create({ resyncBudget: Infinity });
        else session.handle({ kind: 'close', reason: 'test' }, timeMs);
        timeMs = play(current.session, inputs, timeMs) + STEP_MS;
      }
      expect(rejections).toBeGreaterThan(mutations / 10);
    }, 120_000);
  });
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

const ALPHABET = '{}[]":,0123456789.-eE+ nulltruefas\\u00ff';

/** Changes a text as faulty programs and lines do: letters, cuts, repeats, values of another kind. */
function mutate(text: string, rng: Rng): string {
  const at = rng.integer(text.length);
  const letter = ALPHABET[rng.integer(ALPHABET.length)];
  switch (rng.integer(8)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + letter + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + letter + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(at + 1 + rng.integer(20));
    case 4:
      return text.slice(0, at) + text.slice(at, at + rng.integer(40)) + text.slice(at);
    default:
      return mutateValue(text, rng);
  }
}

const STRANGE = [
  null,
  true,
  '',
  -1,
  0,
  1e300,
  '1e999',
  'NaN',
  '-0.5',
  [],
  {},
  [[]],
  [['1']],
  '9'.repeat(40),
  1.5,
];

const HOSTILE = [
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  '{"toString":1,"valueOf":1,"length":-1}',
  '[{"toString":1,"valueOf":1}]',
  '{"__proto__":{"length":1e9}}',
];
const PLACES = counts(10, 40);

/** The text with each of its first values replaced by each hostile one. */
function withHostileValues(text: string): string[] {
  const value: unknown = JSON.parse(text);
  const texts: string[] = [];
  const visit = (holder: unknown) => {
    if (typeof holder !== 'object' || holder === null || texts.length >= PLACES * HOSTILE.length) return;
    const fields = holder as Record<string, unknown>;
    for (const [key, inner] of Object.entries(fields)) {
      fields[key] = '@hostile@';
      const marked = JSON.stringify(value);
      texts.push(...HOSTILE.map((hostile) => marked.replace('"@hostile@"', hostile)));
      fields[key] = inner;
      visit(inner);
    }
  };
  visit(value);
  return texts;
}

/** Replaces one value anywhere inside by one of another kind; the text stays JSON. */
function mutateValue(text: string, rng: Rng): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `${text}}`;
  }
  const places: (readonly [holder: Record<string, unknown>, key: string])[] = [];
  const visit = (holder: unknown) => {
    if (typeof holder !== 'object' || holder === null) return;
    for (const [key, inner] of Object.entries(holder)) {
      places.push([holder as Record<string, unknown>, key]);
      visit(inner);
    }
  };
  visit(value);
  if (places.length === 0) return `${text} x`;
  const [holder, key] = places[rng.integer(places.length)];
  if (rng.integer(3) === 0) delete holder[key];
  else holder[key] = STRANGE[rng.integer(STRANGE.length)];
  return JSON.stringify(value);
}
