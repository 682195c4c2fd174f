/** `market-gym models verify`: reads every byte of every model. */
import type { Argv } from 'yargs';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { EXIT_FAILED } from '../../terminal/exit-codes.ts';
import type { Io } from '../../terminal/io.ts';
import { withRegistry } from '../../terminal/registry.ts';
import { registryOptions } from '../../terminal/registry-options.ts';

export const options = (yargs: Argv) =>
  registryOptions(yargs).option('prune', {
    type: 'boolean',
    default: false,
    describe: 'Remove what cut-off saves left',
  });

/** @returns the exit code: 1 when a model is damaged */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { prune } = args;
  return withRegistry(args, io, async (registry, console) => {
    const { numModels, defects, numUnreferenced } = registry.verify();
    const numPruned = prune ? registry.prune() : 0;
    for (const { id, problem } of defects) console.say(`${id}: ${problem}`);
    console.say(`${numModels} models, ${defects.length} damaged.`);
    if (numPruned > 0) console.say(`${numPruned} leftovers of cut-off saves removed.`);
    else if (numUnreferenced > 0) {
      console.say(`${numUnreferenced} leftovers of cut-off saves; remove them with --prune.`);
    }
    console.result({ numModels, defects, numUnreferenced, numPruned });
    return defects.length === 0 ? 0 : EXIT_FAILED;
  });
}
