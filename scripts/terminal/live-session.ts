/** Runs a live session from this terminal: what `market-gym live` and `market-gym record` have in common. */
import { join } from 'node:path';
import { describeLearningEvent } from '../../continual/events.ts';
import { type Learning, prepareLearning } from '../../continual/live-learning.ts';
import { ConfigError, LiveError } from '../../core/errors.ts';
import { type LiveFile, readLiveFile, splitLiveFile } from '../../experiments/live/file.ts';
import type { PolicySource } from '../../experiments/live/policy.ts';
import { tapePolicies } from '../../experiments/live/tape-policies.ts';
import { openTapeCatalog } from '../../experiments/live/tape-source.ts';
import { DEFAULT_REGISTRY } from '../../experiments/models/default-registry.ts';
import type { PluginAccess } from '../../experiments/plugins/access.ts';
import { type Catalog, loadGranted, openCatalog } from '../../experiments/plugins/catalog.ts';
import { systemClock } from '../../live/connection/clock.ts';
import { createScaledClock, requireSpeed } from '../../live/connection/scaled-clock.ts';
import type { Transport } from '../../live/connection/transport.ts';
import { wsTransport } from '../../live/connection/ws-transport.ts';
import { OpsMonitor } from '../../live/ops/monitor.ts';
import { renderEndedPage } from '../../live/ops/page.ts';
import { type OpsServer, startOpsServer } from '../../live/ops/server.ts';
import type { LiveConfig } from '../../live/session/config.ts';
import type { LiveAccount } from '../../live/session/live-market.ts';
import { LiveRun, type LiveRunOptions, type Recovery } from '../../live/session/live-run.ts';
import type { RiskState } from '../../live/session/risk-guard.ts';
import type { TotalRisk } from '../../live/session/total-risk.ts';
import { describeMarket, prepareVenues } from '../../live/venues/find.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import { lastCheckpoint } from '../../storage/tape-place.ts';
import { isTape } from '../../storage/tape-segments.ts';
import { type Console, createConsole } from './console.ts';
import { EXIT_FAILED, EXIT_HALTED, EXIT_INTERRUPTED, EXIT_TAPE } from './exit-codes.ts';
import { forgetHaltRequest, takeHaltRequest } from './halt-request.ts';
import type { Io } from './io.ts';
import { joinTotal } from './live/risk-member.ts';
import { SessionAlerts } from './live/session-alerts.ts';
import { SessionPace } from './live/session-pace.ts';
import { reportSession, type SessionResult } from './live/session-summary.ts';
import { createLiveLog } from './live-log.ts';
import { createLoopLag } from './loop-lag.ts';
import { accessOf, type CodeArguments } from './plugin-options.ts';
import { createStatusLine, statusLine } from './status-line.ts';

const WATCH_MS = 500;
/** Records of a tape that are read at the end of its session: some seconds' worth. */
const MOST_RECORDS = 200_000;

/** What the session is started with on the command line. */
export interface SessionArguments extends CodeArguments {
  readonly config?: string;
  readonly tape?: string;
  readonly tapeFallback?: string;
  readonly log?: string;
  readonly http?: number;
  readonly speed?: number;
  readonly json: boolean;
  readonly run?: string;
  readonly checkpoint?: string;
  readonly model?: string;
  readonly registry?: string;
  readonly decisions?: number;
}

export interface LiveSession {
  readonly args: SessionArguments;
  readonly file: LiveFile;
  readonly policy: PolicySource;
  readonly config: LiveConfig;
  readonly code: SessionCode;
  readonly io: Io;
  /** Default: sockets of its own. */
  readonly transport?: Transport;
  /** Limits of the sum of all sessions of this process. */
  readonly total?: TotalRisk;
  /** Told how it ended, before its last lines are printed. */
  readonly onEnd?: (end: SessionEnd) => void;
}

/** What a session came to. */
export interface SessionEnd {
  readonly account: LiveAccount;
  readonly decisions: number;
  readonly state: RiskState;
}

/** The plugins of a session, and which others may be run. */
export interface SessionCode {
  readonly access: PluginAccess;
  readonly catalog: Catalog;
}

/**
 * The plugins that the command line and the session's file name, and those of the tape that it goes on with.
 * @throws as `openCatalog`, before any code is run
 */
export async function openSessionCode(args: SessionArguments, file: LiveFile): Promise<SessionCode> {
  const given = accessOf(args);
  const access = { ...given, plugins: [...file.plugins, ...(given.plugins ?? [])] };
  const tape = args.tape ?? file.tape;
  const catalog =
    tape !== undefined && isTape(tape)
      ? await openTapeCatalog(tape, access)
      : await openCatalog([], access, 'The session');
  return { access, catalog };
}

/** @returns the exit code, when the session has ended; see docs/live-operations.md */
export async function runLiveSession(session: LiveSession): Promise<number> {
  const { args, file, policy, config, code } = session;
  const venues = [...code.catalog.venues];
  const tape = requireTape(args.tape ?? file.tape);
  const speed = args.speed ?? file.speed;
  if (speed !== undefined) requireSpeed(speed, '--speed');
  await prepareVenues(venues, config);
  const registry = args.registry ?? file.policy.registry ?? DEFAULT_REGISTRY;
  const learning =
    file.learn &&
    (await prepareLearning(file.learn, {
      registry,
      model: policy.model,
      session: config,
      access: code.access,
    }));
  const loopLag = createLoopLag();
  const monitor = new OpsMonitor({
    clock: systemClock,
    loopLag: loopLag.read,
    learning: () => learning?.status() ?? null,
  });
  const http = args.http === undefined ? file.http : { ...file.http, port: args.http };
  // A port in use is found before there is anything on the disk.
  const ops = http && (await startOpsServer(monitor, { clock: systemClock, ...http }));
  try {
    return await trade({ ...session, tape, speed, learning, monitor, ops });
  } finally {
    await ops?.close();
    loopLag.stop();
  }
}

interface Parts extends LiveSession {
  readonly tape: string;
  /** As the user said. */
  readonly speed: number | undefined;
  readonly learning: Learning | undefined;
  readonly monitor: OpsMonitor;
  readonly ops: OpsServer | undefined;
}

async function trade(parts: Parts): Promise<number> {
  const { args, file, policy, config, code, io, tape, speed, learning, monitor, ops } = parts;
  // A model's features and rewards come from its own files: the session, and whoever repeats it, needs them too.
  const own = new Set(code.catalog.files.map(({ path }) => path));
  const brought = (policy.plugins ?? []).filter(({ path }) => !own.has(path));
  const files = [...code.catalog.files, ...brought];
  const catalog = brought.length === 0 ? code.catalog : await loadGranted(files);
  const venues = [...catalog.venues];
  const terminal = createStatusLine(io.stderr);
  const console = terminal.above(createConsole(args, io));
  const log = createLiveLog(args.log ?? file.log, terminal, io.stderr);
  const interrupt = io.interrupt();
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let numDecisions = 0;
  const clock = createScaledClock(systemClock, speed ?? 1);
  const pace = new SessionPace(clock, speed, (text) => console.warn(text));
  const alerts = new SessionAlerts({
    addresses: file.alerts,
    config,
    tape,
    warn: (text) => {
      log.warn({ alert: text }, 'alert');
      console.warn(text);
    },
  });
  const spare = args.tapeFallback ?? file.tapeFallback;
  const place = spare !== undefined && isTape(spare) ? spare : tape;
  let endReason: string | undefined;
  const member = parts.total && joinTotal(parts.total, config);
  const options: LiveRunOptions = {
    header: { config, model: policy.model, modelCreatedMs: policy.createdMs, plugins: files },
    venues,
    parts: catalog,
    policyFor: isTape(place)
      ? await tapePolicies(
          place,
          { run: args.run, registry: args.registry, ...code },
          [policy],
          lastCheckpoint(place),
        )
      : (_model, _createdMs, market) => policy.policyFor(market),
    clock,
    transport: parts.transport ?? wsTransport,
    tape,
    onSpeed: (told, venue) => pace.follow(told, venue),
    tapeFallback: spare,
    onEnd: (reason) => {
      endReason = reason;
      end();
    },
    ...(member && { outerLimit: member.limit }),
    onReceive: monitor.onReceive,
    onRecord: (record) => {
      member?.onRecord(record);
      log.record(record);
      monitor.onRecord(record);
      learning?.onRecord(record);
      alerts.onRecord(record);
    },
    onDecision: (decision) => {
      monitor.onDecision();
      parts.total?.onDecision();
      learning?.onDecision(decision);
      if (++numDecisions >= (args.decisions ?? Infinity)) end();
    },
  };
  // What was asked of a session before this one is not asked of it.
  forgetHaltRequest(tape);
  const run = await openUnlessInterrupted(
    options,
    (progress) => {
      monitor.onRecovery(progress);
      const reason = takeHaltRequest(tape);
      if (reason !== undefined) monitor.halt(reason);
      terminal.show(`Reading the tape: ${(100 * progress.share).toFixed(0)} %`);
    },
    interrupt,
  );
  if (run === undefined) return EXIT_INTERRUPTED;
  if (run.recovery !== undefined) console.say(describeRecovery(run.recovery));
  monitor.attach(run);
  member?.attach(run);
  console.say(
    `${policy.model} on ${config.markets.map((market) => describeMarket(venues, market)).join(', ')}`,
  );
  if (ops !== undefined) console.say(`Watch it at ${ops.url}`);
  learning?.begin(run, (event) => {
    const text = describeLearningEvent(event);
    log.info({ learning: text }, 'learning');
    console.say(text);
    alerts.onLearning(event, run.clock.nowMs());
  });
  const watch = setInterval(() => {
    const reason = takeHaltRequest(tape);
    if (reason !== undefined) run.halt(reason);
    terminal.show(statusLine(run));
    pace.check(run.venueStatus);
    const isLost = run.venueStatus.every(({ state }) => state === 'disabled');
    if (isLost) end();
  }, WATCH_MS);
  interrupt.addEventListener('abort', () => end(), { once: true });
  alerts.begin();
  run.start();
  await ended;
  clearInterval(watch);
  terminal.end();
  await learning?.stop();
  await run.stop(endReason);
  log.info({ account: run.market.account, chain: run.tapeChain }, 'stopped');
  console.say(statusLine(run));
  const { equity, initialEquity } = run.market.account;
  parts.onEnd?.({
    account: { ...run.market.account },
    decisions: run.session.numDecisions,
    state: run.session.guard.state,
  });
  const ending = `The session of ${tape} has ended: equity ${equity.toFixed(2)} of ${initialEquity.toFixed(2)}, ${run.session.numDecisions} decisions, guard ${run.session.guard.state}.`;
  const [result] = await Promise.all([
    summarize(run, run.tapePath, config, code.access, console),
    alerts.end(ending, run.clock.nowMs(), { ...run.market.account }),
  ]);
  await ops?.end(result);
  const page = keepPage(run.tapePath, monitor, result);
  if (page !== undefined) console.say(`Page as it was at the end: ${page}`);
  console.result({
    ...result,
    page: page ?? null,
    tape: run.tapePath,
    decisions: run.session.numDecisions,
    account: run.market.account,
    state: run.session.guard.state,
    chain: run.tapeChain,
    venues: run.venueStatus,
  });
  const failure = endReason ?? run.tapeFailure;
  if (failure !== undefined) {
    console.warn(`Ended: ${failure}`);
    return EXIT_TAPE;
  }
  const { fault } = run.session;
  if (fault !== undefined) {
    console.warn(`Halted: ${fault}. A session on this tape stays halted; begin another tape to trade again.`);
    return EXIT_HALTED;
  }
  const disabled = run.venueStatus.find(({ state }) => state === 'disabled');
  if (disabled === undefined) return 0;
  console.warn(`Venue "${disabled.venue}" was given up: ${disabled.reason}.`);
  return EXIT_FAILED;
}

/** A tape that takes minutes to read is left to `evaluate`: who stops a session wants it stopped. */
async function summarize(
  run: LiveRun,
  tape: string,
  config: LiveConfig,
  access: PluginAccess,
  console: Console,
): Promise<SessionResult | undefined> {
  if (config.mode === 'record' || run.tapeFailure !== undefined) return undefined;
  const { numRecords } = run;
  if (numRecords > MOST_RECORDS) {
    console.say(`The tape has ${numRecords} records: market-gym evaluate tape:${tape} sums the session up.`);
    return undefined;
  }
  try {
    return await reportSession(tape, console, { access });
  } catch (error) {
    console.warn(`The session cannot be summed up: ${(error as Error).message}`);
    return undefined;
  }
}

/** @returns where it is; undefined where the folder cannot be written any more */
function keepPage(tape: string, monitor: OpsMonitor, result: SessionResult | undefined): string | undefined {
  const file = join(tape, 'page.html');
  try {
    writeFileAtomic(file, renderEndedPage(monitor.state(), monitor.history(), result));
    return file;
  } catch {
    return undefined;
  }
}

/** @returns undefined when it was interrupted while it read its tape */
async function openUnlessInterrupted(
  ...args: Parameters<(typeof LiveRun)['open']>
): Promise<LiveRun | undefined> {
  try {
    return await LiveRun.open(...args);
  } catch (error) {
    if (error instanceof LiveError && error.code === 'interrupted') return undefined;
    throw error;
  }
}

function describeRecovery(recovery: Recovery): string {
  const { numInputs, numRead, numSkipped, ended, torn, isSpare, equity, exposure, closes } = recovery;
  const fate = exposure === 0 ? '' : closes ? ', which is closed' : ', which is kept';
  const notes = [
    ended === undefined ? 'The session before was cut off.' : `The session before ended: ${ended}.`,
    ...(numRead < numInputs ? [`Its last ${numRead} inputs were read, from a checkpoint on.`] : []),
    ...(numSkipped === 0 ? [] : [`${numSkipped} decisions fell due meanwhile, and are left out.`]),
    ...(torn === undefined ? [] : [`${torn.numBytes} bytes of an unfinished line were cut off.`]),
    ...(isSpare ? ['It goes on with the spare tape, since the other one could not be written.'] : []),
  ];
  const account = `equity ${equity.toFixed(2)}, exposure ${exposure.toFixed(3)}${fate}`;
  return `Continued after ${numInputs} inputs: ${account}. ${notes.join(' ')}`;
}

/** The settings that `--config` names; none without it. */
export async function openLiveFile(args: { readonly config?: string }): Promise<LiveFile> {
  return args.config === undefined ? splitLiveFile({}, 'the command line') : await readLiveFile(args.config);
}

/** @throws ConfigError `no-tape` */
export function requireTape(tape: string | undefined): string {
  if (tape !== undefined) return tape;
  throw new ConfigError('no-tape', 'A live session needs a tape: name a directory with --tape or "tape".');
}
