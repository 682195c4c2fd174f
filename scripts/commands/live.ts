/** `market-gym live`: a trained policy trades on paper, on a venue's own messages. */
import { existsSync } from 'node:fs';
import type { Argv } from 'yargs';
import { completeSession, type LiveFile } from '../../experiments/live/file.ts';
import { partMarkets } from '../../experiments/live/many-markets.ts';
import { openPolicy } from '../../experiments/live/policy.ts';
import { isTape, listTapes } from '../../storage/tape-segments.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { wholeNumber } from '../terminal/counts.ts';
import { EXIT_FAILED } from '../terminal/exit-codes.ts';
import { requestHalt } from '../terminal/halt-request.ts';
import type { Io } from '../terminal/io.ts';
import { runManySessions } from '../terminal/live/many-sessions.ts';
import { sessionOptions } from '../terminal/live-options.ts';
import { openLiveFile, openSessionCode, requireTape, runLiveSession } from '../terminal/live-session.ts';
import { networkOption } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';

export const options = (yargs: Argv) =>
  networkOption(sessionOptions(yargs))
    .option('run', { type: 'string', describe: 'Run directory of the agent that decides' })
    .option('checkpoint', { type: 'string', describe: 'best, latest, or a name; default: best' })
    .option('model', {
      type: 'string',
      describe: 'Model of the registry that decides: NAME (its champion) or NAME@VERSION',
    })
    .option('registry', { type: 'string', describe: 'Directory of the registry' })
    .option('rule', {
      type: 'string',
      describe: 'Rule that decides: buy-and-hold, sma-cross, edge-threshold, or an agent of --plugin',
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

type Arguments = Partial<ArgumentsOf<typeof options>> & { readonly json: boolean };

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const file = await openLiveFile(args);
  if (args.halt) {
    let code = 0;
    for (const tape of tapesBelow(requireTape(args.tape ?? file.tape)))
      code = Math.max(code, await halt(tape, io));
    return code;
  }
  const settings = parseSettings(args.set ?? [], ['env', 'risk', 'rule']);
  const { rule, run: directory, checkpoint, model, registry } = args;
  const isChosen = (rule ?? directory ?? model) !== undefined;
  const choice = isChosen
    ? { rule, run: directory, checkpoint, model, registry }
    : { ...file.policy, ...(registry && { registry }) };
  const prepare = async (own: LiveFile, ownArgs: Arguments) => {
    const code = await openSessionCode(ownArgs, own);
    const ownChoice = isChosen ? choice : { ...own.policy, ...(registry && { registry }) };
    const ruleSettings = { ...own.policy.settings, ...settings.rule };
    const policy = await openPolicy({ ...ownChoice, settings: ruleSettings, ...code });
    const config = completeSession(own.session, policy, settings);
    return { args: ownArgs, file: own, policy, config, code };
  };
  const parts = partMarkets(file, args.tape ?? file.tape ?? '');
  if (parts === undefined) return runLiveSession({ ...(await prepare(file, args)), io });
  requireTape(args.tape ?? file.tape);
  return runManySessions({
    args,
    parts,
    io,
    prepare: (part, ownArgs) => prepare(part.file, ownArgs),
    run: runLiveSession,
  });
}

/** Where there is none, the path itself: who asks it says so. */
function tapesBelow(path: string): string[] {
  return isTape(path) || !existsSync(path) ? [path] : listTapes(path);
}

/** @returns the exit code */
async function halt(tape: string, { stdout, stderr }: Io): Promise<number> {
  if (await requestHalt(tape)) {
    stdout.write(`The session of ${tape} closes what is open and trades no more.\n`);
    return 0;
  }
  stderr.write(`The session of ${tape} has not answered yet; it halts as soon as it does.\n`);
  return EXIT_FAILED;
}
