/** Puts the deterministic part of a session together: venues, market, guard, policy; live and in replay the same. */
import { type ConfigSchema, z } from '../../core/config.ts';
import { ConfigError, LiveError } from '../../core/errors.ts';
import type { Json } from '../../core/snapshot.ts';
import type { StepResult } from '../../envs/env.ts';
import { builtInParts, type EnvParts } from '../../envs/parts.ts';
import { featureName } from '../../market/features/pipeline.ts';
import { type PluginFile, pluginFileSchema } from '../../storage/plugin-file.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import { CHECKPOINT_KIND } from '../../storage/tape-segments.ts';
import type { VenueCommand, VenueEvent, VenuePlugin } from '../connection/venue.ts';
import { parseMarkets, requireChannels } from '../connection/venue-markets.ts';
import { VenueSession } from '../connection/venue-session.ts';
import { findVenue } from '../venues/find.ts';
import { ArbitrageLiveMarket } from './arbitrage-live-market.ts';
import { ComboLiveMarket } from './combo-live-market.ts';
import { LIVE_COMBOS, type LiveConfig, resolveLiveConfig } from './config.ts';
import { actionFromJson, inputFromJson } from './inputs.ts';
import type { LiveMarket } from './live-market.ts';
import { namedMarkets } from './market-names.ts';
import type { LivePolicy } from './policy.ts';
import { SilentMarket } from './recording-market.ts';
import { RiskGuard } from './risk-guard.ts';
import { type Decision, LiveSession } from './session.ts';
import { TradingMarket } from './trading-live-market.ts';

/** What decides a session beside its inputs: the first record of its tape. */
export interface SessionHeader {
  readonly config: LiveConfig;
  /** The model it begins with. */
  readonly model: string;
  /** UTC epoch; NaN where nobody knows. */
  readonly modelCreatedMs: number;
  /** Files of code that it needs beside the framework's own; absent: none. */
  readonly plugins?: readonly PluginFile[];
}

export function headerRecord(
  { config, model, modelCreatedMs, plugins = [] }: SessionHeader,
  timeMs: number,
): TapeRecord {
  const created = Number.isNaN(modelCreatedMs) ? null : modelCreatedMs;
  // As the tape will have it: settings of venues may hold what JSON leaves out.
  const plain = JSON.parse(JSON.stringify(config, spellNumber)) as Json;
  const header = { config: plain, model, modelCreatedMs: created };
  return ['session', timeMs, plugins.length === 0 ? header : { ...header, plugins: [...plugins] }];
}

/** @throws LiveError `foreign-tape` for a record that begins no session and is no checkpoint of one */
export function readHeader(record: TapeRecord): SessionHeader {
  const kind = record[0] === CHECKPOINT_KIND ? 'session' : record[0];
  const header = record[0] === CHECKPOINT_KIND ? (record[2] as { session?: Json }).session : record[2];
  const { config, model, modelCreatedMs, plugins = [] } = (header ?? {}) as { [key: string]: Json };
  const files = z.array(pluginFileSchema).safeParse(plugins);
  if (kind !== 'session' || typeof config !== 'object' || typeof model !== 'string' || !files.success) {
    throw new LiveError(
      'foreign-tape',
      'The tape does not begin with a session of this version; use the version that recorded it.',
    );
  }
  return {
    config: resolveLiveConfig(JSON.parse(JSON.stringify(config), readNumber)),
    model,
    modelCreatedMs: typeof modelCreatedMs === 'number' ? modelCreatedMs : Number.NaN,
    ...(files.data.length > 0 && { plugins: files.data }),
  };
}

/** Numbers that JSON has not: a budget of a venue may be `Infinity`. */
const SPELT: ReadonlyMap<string, number> = new Map([
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['NaN', Number.NaN],
]);

const spellNumber = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value;

function readNumber(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[key, spelt] = []] = entries;
  const number = entries.length === 1 && key === 'number' ? SPELT.get(String(spelt)) : undefined;
  return number ?? value;
}

export interface AssembleOptions {
  readonly venues: readonly VenuePlugin<ConfigSchema>[];
  /** What the settings of the env may name; absent: what comes with the framework. */
  readonly parts?: EnvParts;
  /** The policy of a model: the first one, or one that is named later. */
  policyFor(model: string, createdMs: number, market: LiveMarket): LivePolicy;
  /** Takes every record: inputs before they are taken, outputs as they happen. */
  record(record: TapeRecord): void;
  onDecision?(decision: Decision): void;
  onWait?(step: StepResult<object>): void;
  /** What a venue asks of its connection. */
  onCommand?(source: number, command: VenueCommand): void;
}

export interface Assembled {
  readonly session: LiveSession;
  readonly market: LiveMarket;
  /** In the order of the markets. */
  readonly venueSessions: readonly VenueSession[];
  /** Does again what an input on a tape did; other records are passed over. @returns whether it was an input */
  repeat(record: TapeRecord): boolean;
}

/** @throws ConfigError for settings that cannot be */
export function assemble(header: SessionHeader, options: AssembleOptions): Assembled {
  // Venues and session know each other; the session is there before the first input.
  const link: { session?: LiveSession } = {};
  requireInstrument(header.config, options.venues);
  const venueSessions = connectVenues(header.config, {
    venues: options.venues,
    onEvent: (source, event) => link.session?.takeEvent(source, event),
    onCommand: options.onCommand,
  });
  const session = createSession(header, venueSessions, options);
  const { market } = session;
  link.session = session;
  const repeat = ([kind, timeMs, ...body]: TapeRecord): boolean => {
    switch (kind) {
      case 'input': {
        const source = Number(body[0]);
        const input = inputFromJson(body.slice(1));
        session.takeInput(source, input, timeMs);
        venueSessions[source].handle(input, timeMs);
        return true;
      }
      case 'tick':
        session.tick(timeMs);
        return true;
      case 'skip':
        session.skipTo(timeMs);
        return true;
      case 'limit': {
        const maxExposure = body[0] === null ? Infinity : Number(body[0]);
        session.restrain({ maxExposure, mayOrder: body[1] === true }, timeMs);
        return true;
      }
      case 'halt':
        session.halt(String(body[0]), timeMs);
        return true;
      case 'close-out':
        session.closeOut(timeMs);
        return true;
      case 'action':
        session.answer(actionFromJson(body[0]), timeMs);
        return true;
      case 'model': {
        const createdMs = typeof body[1] === 'number' ? body[1] : Number.NaN;
        session.swap(options.policyFor(String(body[0]), createdMs, market), timeMs);
        return true;
      }
      default:
        return false;
    }
  };
  return { session, market, venueSessions, repeat };
}

export interface ConnectOptions extends Pick<AssembleOptions, 'venues' | 'onCommand'> {
  onEvent(source: number, event: VenueEvent): void;
}

/**
 * The venues' side of a session, in the order of the markets. What they make of inputs does not depend on who listens.
 * @throws ConfigError for settings that cannot be
 */
export function connectVenues(
  { markets, channels }: LiveConfig,
  { venues, onEvent, onCommand }: ConnectOptions,
): VenueSession[] {
  return markets.map(({ venue, symbol, settings }, source) => {
    const plugin = findVenue(venues, venue);
    const parsed = parseMarkets(plugin.name, [symbol], plugin.nativeSymbol);
    const setup = plugin.connect(parsed, settings as never);
    if (setup.transport === undefined) requireSocketUrl(plugin.name, setup.url);
    return new VenueSession({
      setup,
      markets: parsed,
      channels: requireChannels(plugin.name, channels),
      onEvent: (event) => onEvent(source, event),
      onCommand: (command) => onCommand?.(source, command),
    });
  });
}

/** A market, its guard and its policy, fed by what `venueSessions` hear. @throws ConfigError for settings that cannot be */
export function createSession(
  { config, model, modelCreatedMs }: SessionHeader,
  venueSessions: readonly VenueSession[],
  { parts, policyFor, record, onDecision, onWait }: Omit<AssembleOptions, 'venues' | 'onCommand'>,
): LiveSession {
  const market = createMarket(config, record, parts);
  return new LiveSession({
    market,
    sources: config.markets.map(({ venue, symbol }, source) => ({
      name: `${venue} ${symbol}`,
      isTradable: (nowMs) => venueSessions[source].isTradable(symbol.toUpperCase(), nowMs),
    })),
    guard: new RiskGuard(config.risk),
    policy: policyFor(model, modelCreatedMs, market),
    record,
    onDecision,
    onWait,
  });
}

function createMarket(
  config: LiveConfig,
  record: (record: TapeRecord) => void,
  parts: EnvParts = builtInParts,
): LiveMarket {
  const { markets, depth, seed } = config;
  if (config.mode === 'record') return new SilentMarket(markets.length, depth);
  if (config.mode === 'trading') {
    requireFeed(config.env.features, config, parts);
    return new TradingMarket({
      config: config.env,
      depth,
      seed,
      parts,
      onOrder: ({ timeMs, arrivalMs, exposure, mid }) =>
        record(['order', timeMs, { arrivalMs, exposure, mid }]),
      onFill: ({ timeMs, row: _, ...fill }) => record(['fill', timeMs, fill]),
    });
  }
  const venues = namedMarkets(markets);
  if (config.mode !== 'arbitrage') {
    return new ComboLiveMarket({
      kind: LIVE_COMBOS[config.mode],
      config: config.env,
      venues,
      depth,
      seed,
      onFill: ({ timeMs, market: venue, ...fill }) => record(['fill', timeMs, { venue, ...fill }]),
    });
  }
  return new ArbitrageLiveMarket({
    config: config.env,
    venues,
    depth,
    seed,
    parts,
    onSend: ({ timeMs, ...order }) => record(['order', timeMs, order]),
    onReport: ({ timeMs, ...report }) => record(['fill', timeMs, report]),
  });
}

/** @throws ConfigError `instrument-mismatch` for a perpetual that is traded as spot, or the reverse */
function requireInstrument(config: LiveConfig, venues: readonly VenuePlugin<ConfigSchema>[]): void {
  if (config.mode === 'record' || config.mode === 'arbitrage') return;
  for (const [m, { venue }] of config.markets.entries()) {
    const isSpot = (findVenue(venues, venue).instrument ?? 'spot') === 'spot';
    const [asked, isSpotAsked] =
      config.mode === 'trading'
        ? [`env.instrument is "${config.env.instrument}"`, config.env.instrument === 'spot']
        : [
            `market ${m} of mode "${config.mode}" is ${LIVE_COMBOS[config.mode].markets[m].kind}`,
            LIVE_COMBOS[config.mode].markets[m].kind === 'spot',
          ];
    if (isSpot === isSpotAsked) continue;
    throw new ConfigError(
      'instrument-mismatch',
      `Venue "${venue}" is of ${isSpot ? 'spot markets' : 'perpetuals'}, and ${asked}; correct one of the two.`,
    );
  }
}

/** @throws ConfigError `features-unavailable` for features of what is not asked for */
function requireFeed(
  features: readonly string[],
  { channels, markets }: LiveConfig,
  { features: registry }: EnvParts,
): void {
  const feature = features.find((spec) => registry.get(featureName(spec)).usesVolume);
  if (feature === undefined || channels.includes('trades')) return;
  throw new ConfigError(
    'features-unavailable',
    `Feature "${feature}" needs the trades of ${markets[0].venue}, and "channels" leaves them out; add "trades".`,
  );
}

/** @throws ConfigError `invalid-url` */
function requireSocketUrl(venue: string, url: string): void {
  if (/^wss?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) return;
  throw new ConfigError(
    'invalid-url',
    `Venue "${venue}" needs the address of a WebSocket, such as wss://host/path; got "${url}".`,
  );
}
