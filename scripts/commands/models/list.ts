/** `market-gym models list`: every model of the registry, or the versions of one. */
import type { Argv } from 'yargs';
import { formatColumns } from '../../../core/text-table.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import type { Io } from '../../terminal/io.ts';
import { formatMetrics, formatTime } from '../../terminal/model-text.ts';
import { withRegistry } from '../../terminal/registry.ts';
import { registryOptions } from '../../terminal/registry-options.ts';

export const options = (yargs: Argv) =>
  registryOptions(yargs).positional('name', { type: 'string', describe: 'A name, without version' });

/** @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { name: model } = args;
  return withRegistry(args, io, async (registry, console) => {
    const records = registry.list(model);
    if (model !== undefined && records.length === 0) registry.get(model);
    if (records.length === 0) console.say('The registry is empty.');
    else {
      const rows = records.map((record) => [
        record.id,
        record.manifest.kind,
        record.stage,
        formatTime(record.manifest.createdMs),
        formatMetrics(record),
      ]);
      console.say(formatColumns([['model', 'kind', 'stage', 'created', 'metrics'], ...rows]));
    }
    console.result({ models: records });
    return 0;
  });
}
