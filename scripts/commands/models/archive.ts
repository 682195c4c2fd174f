/** `market-gym models archive`: takes a model out of use; its files stay. */
import type { ArgumentsOf } from '../../terminal/command.ts';
import type { Io } from '../../terminal/io.ts';
import { withRegistry } from '../../terminal/registry.ts';
import { reasonOptions } from '../../terminal/registry-options.ts';

export const options = reasonOptions;

/** @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { model, reason } = args;
  return withRegistry(args, io, async (registry, console) => {
    const record = registry.archive(model, Date.now(), { reason });
    console.say(`${record.id} is archived.`);
    console.result(record);
    return 0;
  });
}
