/** `market-gym models promote`: makes a model the champion of its name. */
import type { ArgumentsOf } from '../../terminal/command.ts';
import type { Io } from '../../terminal/io.ts';
import { withRegistry } from '../../terminal/registry.ts';
import { reasonOptions } from '../../terminal/registry-options.ts';

export const options = reasonOptions;

/** @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { model, reason } = args;
  return withRegistry(args, io, async (registry, console) => {
    const record = registry.promote(model, Date.now(), { reason });
    console.say(`${record.id} is the champion of ${record.name}.`);
    console.result(record);
    return 0;
  });
}
