/** `market-gym replay`: runs a recorded session again and compares every output with the recorded one, byte for byte. */
import type { Argv } from 'yargs';
import { tapePolicies } from '../../experiments/live/tape-policies.ts';
import { openTapeCatalog } from '../../experiments/live/tape-source.ts';
import { replayTape } from '../../live/tape/replay.ts';
import { readTape } from '../../storage/tape.ts';
import { listTapes } from '../../storage/tape-segments.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, codeOptions, networkOption } from '../terminal/plugin-options.ts';

export const options = (yargs: Argv) =>
  networkOption(codeOptions(yargs))
    .positional('tape', { type: 'string', demandOption: true, describe: 'Directory of the tape' })
    .option('run', { type: 'string', describe: 'Where the run of its model is now, if it was moved' })
    .option('registry', { type: 'string', describe: 'Where the registry of its model is' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['run', 'registry']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns 1 when something differs */
export async function run(args: Arguments, io: Io): Promise<number> {
  const tapes = listTapes(args.tape);
  let code = 0;
  for (const tape of tapes) {
    if (tapes.length > 1 && !args.json) io.stdout.write(`${tape}: `);
    code = Math.max(code, await replayOne({ ...args, tape }, io));
  }
  return code;
}

async function replayOne(args: Arguments, io: Io): Promise<number> {
  const { tape, run, registry } = args;
  const console = createConsole(args, io);
  const access = accessOf(args);
  const catalog = await openTapeCatalog(tape, access);
  const policyFor = await tapePolicies(tape, { run, registry, access, catalog });
  const outcome = replayTape(readTape(tape, { onTorn: () => {} }), {
    venues: [...catalog.venues],
    parts: catalog,
    policyFor,
  });
  const { numInputs, numOutputs, difference, missing, assembled, header } = outcome;
  const { account } = assembled.market;
  console.result({
    model: header.model,
    numInputs,
    numOutputs,
    numMissing: missing.length,
    difference,
    account,
  });
  if (difference !== undefined) {
    const { index, recorded, replayed } = difference;
    console.say(`The replay differs at record ${index}:`);
    console.say(`  recorded ${recorded === '' ? 'nothing' : recorded}`);
    console.say(`  replayed ${replayed === '' ? 'nothing' : replayed}`);
    return 1;
  }
  console.say(
    `${numInputs} inputs led to the same ${numOutputs} outputs, byte for byte: ${account.numFills} fills, ` +
      `equity ${account.equity.toFixed(2)}.`,
  );
  if (missing.length > 0) {
    console.say(`The tape was cut off: ${missing.length} outputs of its last input are not on it.`);
  }
  return 0;
}
