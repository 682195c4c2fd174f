/** `market-gym models import`: takes in an exported model as the next version of its name. */
import type { Argv } from 'yargs';
import type { ArgumentsOf } from '../../terminal/command.ts';
import type { Io } from '../../terminal/io.ts';
import { withRegistry } from '../../terminal/registry.ts';
import { registryOptions } from '../../terminal/registry-options.ts';

export const options = (yargs: Argv) =>
  registryOptions(yargs).positional('path', { type: 'string', demandOption: true });

/** @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { path } = args;
  return withRegistry(
    args,
    io,
    async (registry, console) => {
      const record = registry.import(path);
      console.say(`${path} is ${record.id}, a candidate.`);
      console.result(record);
      return 0;
    },
    { create: true },
  );
}
