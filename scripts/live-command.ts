/** `market-gym live`: a trained policy trades on paper, on a venue's own messages; `market-gym record` only listens. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { ConfigError } from '../core/errors.ts';
import { systemClock } from '../live/clock.ts';
import { LiveRun } from '../live/live-run.ts';
import { OpsMonitor } from '../live/ops-monitor.ts';
import { startOpsServer } from '../live/ops-server.ts';
import { createScaledClock } from '../live/scaled-clock.ts';
import { builtInVenues } from '../live/venues/index.ts';
import { wsTransport } from '../live/ws-transport.ts';
import { writeFileAtomic } from '../storage/atomic.ts';
import { isTape } from '../storage/tape.ts';
import { createConsole } from './console.ts';
import { wholeNumber } from './counts.ts';
import { interruptSignal } from './interrupt.ts';
import { completeSession, type LiveFile, readLiveFile, splitLiveFile } from './live-file.ts';
import { prepareLearning } from './live-learning.ts';
import { createLiveLog, statusLine } from './live-log.ts';
import { openPolicy, type PolicySource } from './live-policy.ts';
import { createLoopLag } from './loop-lag.ts';
import { DEFAULT_REGISTRY } from './models-command.ts';
import { parseSettings } from './settings.ts';
import { tapePolicies } from './tape-policies.ts';

/** A file of this name in a tape's directory asks the session that writes it to stop trading. */
const HALT_FILE = 'halt';
const WATCH_MS = 500;

const common = (yargs: Argv) =>
  yargs
    .option('config', { type: 'string', describe: 'JSON or TypeScript file with the settings' })
    .option('tape', { type: 'string', describe: 'Directory of the tape; one that is there is continued' })
    .option('log', { type: 'string', describe: 'File for the log; default: standard error' })
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
    .option('model', { type: 'string', describe: 'Model of the registry that decides: NAME@champion' })
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
      describe: 'Stops after so many decisions; default: when told to',
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
  if (args.halt) return requestHalt(requireTape(args.tape ?? file.tape));
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
  config: ReturnType<typeof completeSession>,
): Promise<number> {
  const console = createConsole(args);
  const tape = requireTape(args.tape ?? file.tape);
  const speed = args.speed ?? file.speed;
  if (!(speed > 0 && speed < Number.POSITIVE_INFINITY)) {
    throw new ConfigError('invalid-value', `--speed must be a number above 0, got ${speed}.`);
  }
  const log = createLiveLog(args.log ?? file.log);
  const interrupt = interruptSignal();
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const registry = args.registry ?? file.policy.registry ?? DEFAULT_REGISTRY;
  const learning = file.learn && (await prepareLearning(file.learn, { tape, registry, model: policy.model }));
  const loopLag = createLoopLag();
  const monitor = new OpsMonitor({
    clock: systemClock,
    loopLag: loopLag.read,
    learning: () => learning?.status() ?? null,
  });
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
      if (args.decisions !== undefined && decision.index + 1 >= args.decisions) end();
    },
  });
  if (run.recovery !== undefined) {
    const { numInputs, equity, exposure, closes } = run.recovery;
    console.say(
      `Continued after ${numInputs} inputs: equity ${equity.toFixed(2)}, exposure ${exposure.toFixed(3)}` +
        `${exposure === 0 ? '' : closes ? ', which is closed' : ', which is kept'}.`,
    );
  }
  monitor.attach(run);
  const http = args.http === undefined ? file.http : { ...file.http, port: args.http };
  const ops = http && (await startOpsServer(monitor, { clock: systemClock, ...http }));
  console.say(
    `${policy.model} on ${config.markets.map(({ venue, symbol }) => `${venue} ${symbol}`).join(', ')}`,
  );
  if (ops !== undefined) console.say(`Watch it at ${ops.url}`);
  learning?.begin(run, (text) => {
    log.info({ learning: text }, 'learning');
    console.say(text);
  });
  const watch = setInterval(() => {
    const reason = takeHalt(tape);
    if (reason !== undefined) run.halt(reason);
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${statusLine(run)}`);
    const isLost = run.venueStatus.every(({ state }) => state === 'disabled');
    if (isLost) end();
  }, WATCH_MS);
  interrupt.addEventListener('abort', () => end(), { once: true });
  run.start();
  await ended;
  clearInterval(watch);
  await learning?.stop();
  await ops?.close();
  loopLag.stop();
  await run.stop();
  if (process.stderr.isTTY) process.stderr.write('\n');
  const status = statusLine(run);
  log.info({ account: run.market.account, chain: run.tapeChain }, 'stopped');
  console.say(status);
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

async function openFile(args: LiveArguments): Promise<LiveFile> {
  return args.config === undefined ? splitLiveFile({}, 'the command line') : await readLiveFile(args.config);
}

function requireTape(tape: string | undefined): string {
  if (tape !== undefined) return tape;
  throw new ConfigError('no-tape', 'A live session needs a tape: name a directory with --tape or "tape".');
}

function requestHalt(tape: string): number {
  if (!isTape(tape)) {
    throw new ConfigError('no-tape', `"${tape}" holds no tape; name that of the session which is to stop.`);
  }
  writeFileAtomic(join(tape, HALT_FILE), 'by hand');
  process.stdout.write(`The session of ${tape} closes what is open and trades no more.\n`);
  return 0;
}

/** @returns the reason that somebody asked to stop for; it is taken away with it */
function takeHalt(tape: string): string | undefined {
  const file = join(tape, HALT_FILE);
  if (!existsSync(file)) return undefined;
  const reason = readFileSync(file, 'utf8').trim();
  rmSync(file, { force: true });
  return reason;
}
