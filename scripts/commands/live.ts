/** `market-gym live`: a trained policy trades on paper, on a venue's own messages; `market-gym record` only listens. */
import type { Argv } from 'yargs';
import { type Learning, prepareLearning } from '../../continual/live-learning.ts';
import { ConfigError } from '../../core/errors.ts';
import { completeSession, type LiveFile, readLiveFile, splitLiveFile } from '../../experiments/live/file.ts';
import { openPolicy, type PolicySource } from '../../experiments/live/policy.ts';
import { tapePolicies } from '../../experiments/live/tape-policies.ts';
import { systemClock } from '../../live/connection/clock.ts';
import { createScaledClock } from '../../live/connection/scaled-clock.ts';
import { wsTransport } from '../../live/connection/ws-transport.ts';
import { OpsMonitor } from '../../live/ops/monitor.ts';
import { type OpsServer, startOpsServer } from '../../live/ops/server.ts';
import type { LiveConfig } from '../../live/session/config.ts';
import { LiveRun, type Recovery } from '../../live/session/live-run.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import { describeMarket, prepareVenues } from '../../live/venues/find.ts';
import { isTape } from '../../storage/tape-segments.ts';
import { createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import { forgetHaltRequest, requestHalt, takeHaltRequest } from '../terminal/halt-request.ts';
import { interruptSignal } from '../terminal/interrupt.ts';
import { createLiveLog } from '../terminal/live-log.ts';
import { createLoopLag } from '../terminal/loop-lag.ts';
import { parseSettings } from '../terminal/settings.ts';
import { createStatusLine, statusLine } from '../terminal/status-line.ts';
import { DEFAULT_REGISTRY } from './models.ts';

const WATCH_MS = 500;

const common = (yargs: Argv) =>
  yargs
    .option('config', { type: 'string', describe: 'JSON or TypeScript file with the settings' })
    .option('tape', { type: 'string', describe: 'Directory of the tape; one that is there is continued' })
    .option('log', {
      type: 'string',
      describe: 'File for the log; default: standard error, and on a terminal warnings only',
    })
    .option('http', {
      coerce: wholeNumber('http', 0, 65_535),
      describe: 'Port of the page that shows the session; 0: any free one; default: none',
    })
    .option('speed', { type: 'number', describe: 'How fast time passes; as fast as the tape that is played' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['config', 'tape', 'log', 'http', 'speed']);

export const liveOptions = (yargs: Argv) =>
  common(yargs)
    .option('run', { type: 'string', describe: 'Run directory of the agent that decides' })
    .option('checkpoint', { type: 'string', describe: 'best, latest, or a name; default: best' })
    .option('model', {
      type: 'string',
      describe: 'Model of the registry that decides: NAME (its champion) or NAME@VERSION',
    })
    .option('registry', { type: 'string', describe: 'Directory of the registry' })
    .option('rule', {
      type: 'string',
      describe: 'Rule that decides: buy-and-hold, sma-cross, edge-threshold',
    })
    .option('set', {
      type: 'string',
      array: true,
      describe: 'env.key=value, risk.key=value or rule.key=value',
    })
    .option('decisions', {
      coerce: wholeNumber('decisions', 1),
      describe: 'Stops after so many decisions of its own; default: when told to',
    })
    .option('halt', {
      type: 'boolean',
      default: false,
      describe: 'Tells the session of --tape to stop trading',
    })
    .requiresArg(['run', 'checkpoint', 'model', 'registry', 'rule', 'set', 'decisions']);

export const recordOptions = common;

type LiveArguments = Partial<Awaited<ReturnType<typeof liveOptions>['argv']>> & { readonly json: boolean };

/** @returns the exit code */
export async function liveCommand(args: LiveArguments): Promise<number> {
  const file = await openFile(args);
  if (args.halt) return halt(requireTape(args.tape ?? file.tape));
  const settings = parseSettings(args.set ?? [], ['env', 'risk', 'rule']);
  const { rule, run, checkpoint, model, registry } = args;
  const isChosen = (rule ?? run ?? model) !== undefined;
  const choice = isChosen
    ? { rule, run, checkpoint, model, registry }
    : { ...file.policy, ...(registry && { registry }) };
  const policy = await openPolicy({ ...choice, settings: { ...file.policy.settings, ...settings.rule } });
  const config = completeSession(file.session, policy, settings);
  return carryOut(args, file, policy, config);
}

/** @returns the exit code */
export async function recordCommand(args: LiveArguments): Promise<number> {
  const file = await openFile(args);
  const silent: PolicySource = {
    model: 'none',
    createdMs: Number.NaN,
    mode: undefined,
    env: {},
    policyFor: () => ({ model: 'none', createdMs: Number.NaN, act: () => 0 }),
  };
  const session = { ...file.session, mode: 'record' };
  return carryOut(args, file, silent, completeSession(session, silent, { env: {}, risk: {} }));
}

async function carryOut(
  args: LiveArguments,
  file: LiveFile,
  policy: PolicySource,
  config: LiveConfig,
): Promise<number> {
  const tape = requireTape(args.tape ?? file.tape);
  const speed = args.speed ?? file.speed;
  if (!(speed > 0 && speed < Number.POSITIVE_INFINITY)) {
    throw new ConfigError('invalid-value', `--speed must be a number above 0, got ${speed}.`);
  }
  await prepareVenues(builtInVenues, config);
  const registry = args.registry ?? file.policy.registry ?? DEFAULT_REGISTRY;
  const learning =
    file.learn &&
    (await prepareLearning(file.learn, { tape, registry, model: policy.model, session: config }));
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
    return await trade({ args, file, policy, config, tape, speed, learning, monitor, ops });
  } finally {
    await ops?.close();
    loopLag.stop();
  }
}

interface Parts {
  readonly args: LiveArguments;
  readonly file: LiveFile;
  readonly policy: PolicySource;
  readonly config: LiveConfig;
  readonly tape: string;
  readonly speed: number;
  readonly learning: Learning | undefined;
  readonly monitor: OpsMonitor;
  readonly ops: OpsServer | undefined;
}

async function trade(parts: Parts): Promise<number> {
  const { args, file, policy, config, tape, speed, learning, monitor, ops } = parts;
  const terminal = createStatusLine(process.stderr);
  const console = terminal.above(createConsole(args));
  const log = createLiveLog(args.log ?? file.log, terminal);
  const interrupt = interruptSignal();
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let numDecisions = 0;
  const run = new LiveRun({
    header: { config, model: policy.model, modelCreatedMs: policy.createdMs },
    venues: builtInVenues,
    policyFor: isTape(tape)
      ? await tapePolicies(tape, args, [policy])
      : (_model, _createdMs, market) => policy.policyFor(market),
    clock: createScaledClock(systemClock, speed),
    transport: wsTransport,
    tape,
    onReceive: monitor.onReceive,
    onRecord: (record) => {
      log.record(record);
      monitor.onRecord(record);
      learning?.onRecord(record);
    },
    onDecision: (decision) => {
      monitor.onDecision();
      learning?.onDecision(decision);
      if (++numDecisions >= (args.decisions ?? Infinity)) end();
    },
  });
  // What was asked of a session before this one is not asked of it.
  forgetHaltRequest(tape);
  if (run.recovery !== undefined) console.say(describeRecovery(run.recovery));
  monitor.attach(run);
  console.say(
    `${policy.model} on ${config.markets.map((market) => describeMarket(builtInVenues, market)).join(', ')}`,
  );
  if (ops !== undefined) console.say(`Watch it at ${ops.url}`);
  learning?.begin(run, (text) => {
    log.info({ learning: text }, 'learning');
    console.say(text);
  });
  const watch = setInterval(() => {
    const reason = takeHaltRequest(tape);
    if (reason !== undefined) run.halt(reason);
    terminal.show(statusLine(run));
    const isLost = run.venueStatus.every(({ state }) => state === 'disabled');
    if (isLost) end();
  }, WATCH_MS);
  interrupt.addEventListener('abort', () => end(), { once: true });
  run.start();
  await ended;
  clearInterval(watch);
  terminal.end();
  await learning?.stop();
  await run.stop();
  log.info({ account: run.market.account, chain: run.tapeChain }, 'stopped');
  console.say(statusLine(run));
  console.result({
    tape,
    decisions: run.session.numDecisions,
    account: run.market.account,
    state: run.session.guard.state,
    chain: run.tapeChain,
    venues: run.venueStatus,
  });
  const disabled = run.venueStatus.find(({ state }) => state === 'disabled');
  if (disabled === undefined) return 0;
  console.warn(`Venue "${disabled.venue}" was given up: ${disabled.reason}.`);
  return 1;
}

function describeRecovery({ numInputs, equity, exposure, closes }: Recovery): string {
  const fate = exposure === 0 ? '' : closes ? ', which is closed' : ', which is kept';
  return `Continued after ${numInputs} inputs: equity ${equity.toFixed(2)}, exposure ${exposure.toFixed(3)}${fate}.`;
}

async function openFile(args: LiveArguments): Promise<LiveFile> {
  return args.config === undefined ? splitLiveFile({}, 'the command line') : await readLiveFile(args.config);
}

function requireTape(tape: string | undefined): string {
  if (tape !== undefined) return tape;
  throw new ConfigError('no-tape', 'A live session needs a tape: name a directory with --tape or "tape".');
}

/** @returns the exit code */
async function halt(tape: string): Promise<number> {
  if (await requestHalt(tape)) {
    process.stdout.write(`The session of ${tape} closes what is open and trades no more.\n`);
    return 0;
  }
  process.stderr.write(`The session of ${tape} has not answered yet; it halts as soon as it does.\n`);
  return 1;
}
