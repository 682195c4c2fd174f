/** Runs the sessions of several markets side by side in this process. */
import { setMaxListeners } from 'node:events';
import { extname, join } from 'node:path';
import { resolveConfig } from '../../../core/config.ts';
import type { MarketSession } from '../../../experiments/live/many-markets.ts';
import { systemClock } from '../../../live/connection/clock.ts';
import { SharedSockets } from '../../../live/connection/shared-sockets.ts';
import type { Transport } from '../../../live/connection/transport.ts';
import { parseMarkets } from '../../../live/connection/venue-markets.ts';
import { wsTransport } from '../../../live/connection/ws-transport.ts';
import { TotalRisk, totalRiskConfig } from '../../../live/session/total-risk.ts';
import { findVenue } from '../../../live/venues/find.ts';
import { sharingOf } from '../../../live/venues/sharing.ts';
import { EXIT_FAILED } from '../exit-codes.ts';
import type { Io, Output } from '../io.ts';
import type { LiveSession, SessionArguments, SessionEnd } from '../live-session.ts';

export interface ManySessionsOptions<Args extends SessionArguments> {
  readonly args: Args;
  readonly parts: readonly MarketSession[];
  readonly io: Io;
  /** Everything of one market's session, before any of them begins. */
  prepare(part: MarketSession, args: Args): Promise<Omit<LiveSession, 'io' | 'onEnd'>>;
  run(session: LiveSession): Promise<number>;
}

/**
 * One that fails does not end the others.
 * @returns the largest of their exit codes
 */
export async function runManySessions<Args extends SessionArguments>({
  args,
  parts,
  io,
  prepare,
  run,
}: ManySessionsOptions<Args>): Promise<number> {
  const { totalRisk } = parts[0].file;
  const total =
    totalRisk && new TotalRisk(resolveConfig(totalRiskConfig, totalRisk, '"totalRisk"'), systemClock);
  const sessions: Omit<LiveSession, 'io' | 'onEnd'>[] = [];
  for (const [i, part] of parts.entries()) sessions.push(await prepare(part, argumentsOf(args, part, i)));
  const signal = io.interrupt();
  const sockets = new Map<string, SharedSockets>();
  setMaxListeners(0, signal);
  const ends: SessionEnd[] = [];
  const codes = await Promise.all(
    sessions.map(async (session, i) => {
      const own: Io = {
        stdout: args.json ? io.stdout : prefixed(io.stdout, parts[i].title),
        stderr: prefixed(io.stderr, parts[i].title),
        interrupt: () => signal,
      };
      try {
        return await run({
          ...session,
          io: own,
          transport: sharedTransport(session, sockets),
          total,
          onEnd: (end) => ends.push(end),
        });
      } catch (error) {
        own.stderr.write(`${(error as Error).message}\n`);
        return EXIT_FAILED;
      }
    }),
  );
  if (!args.json) io.stdout.write(`${totalLine(parts.length, ends)}\n`);
  return Math.max(...codes);
}

/** Markets of one venue share its sockets, where they can. */
function sharedTransport(
  { config, code }: Omit<LiveSession, 'io' | 'onEnd'>,
  sockets: Map<string, SharedSockets>,
): Transport | undefined {
  const [{ venue, symbol }] = config.markets;
  const rules = sharingOf(venue);
  if (rules === undefined) return undefined;
  const shared = sockets.get(venue) ?? new SharedSockets(wsTransport, systemClock, rules);
  sockets.set(venue, shared);
  const plugin = findVenue([...code.catalog.venues], venue);
  const [{ native }] = parseMarkets(venue, [symbol], plugin.nativeSymbol);
  return shared.transportFor(native);
}

function argumentsOf<Args extends SessionArguments>(
  args: Args,
  { tape, name, file }: MarketSession,
  index: number,
): Args {
  const log = args.log ?? file.log;
  const port = args.http ?? file.http?.port;
  const end = log === undefined ? '' : extname(log);
  return {
    ...args,
    tape,
    // Lines of several sessions between each other would be no log of any.
    log:
      log === undefined ? join(tape, 'live.log') : `${log.slice(0, log.length - end.length)}-${name}${end}`,
    http: port === undefined || port === 0 ? port : port + index,
  };
}

function prefixed(stream: Output, title: string): Output {
  return {
    write: (text) => stream.write(text.replaceAll(/^(?=[^\n])/gm, `[${title}] `)),
  };
}

function totalLine(numMarkets: number, ends: readonly SessionEnd[]): string {
  const sum = (of: (end: SessionEnd) => number) => ends.reduce((total, end) => total + of(end), 0);
  const equity = sum(({ account }) => account.equity);
  const initial = sum(({ account }) => account.initialEquity);
  const halted = ends.filter(({ state }) => state === 'halted').length;
  const failed = numMarkets - ends.length;
  return (
    `${numMarkets} markets: equity ${equity.toFixed(2)} of ${initial.toFixed(2)}, ` +
    `${sum(({ decisions }) => decisions)} decisions, ${sum(({ account }) => account.numFills)} fills` +
    `${halted === 0 ? '' : `, ${halted} halted`}${failed === 0 ? '' : `, ${failed} did not run`}.`
  );
}
