/** `market-gym models export`: copies a model into a directory of its own. */
import type { Argv } from 'yargs';
import type { ArgumentsOf } from '../../terminal/command.ts';
import type { Io } from '../../terminal/io.ts';
import { withRegistry } from '../../terminal/registry.ts';
import { modelOptions } from '../../terminal/registry-options.ts';

export const options = (yargs: Argv) =>
  modelOptions(yargs).positional('path', { type: 'string', demandOption: true });

/** @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { model, path } = args;
  return withRegistry(args, io, async (registry, console) => {
    const record = registry.export(model, path);
    console.say(`${record.id} is in ${path}.`);
    console.result({ ...record, path });
    return 0;
  });
}
