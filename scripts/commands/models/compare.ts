/** `market-gym models compare`: metrics and settings side by side. */
import type { Argv } from 'yargs';
import { ConfigError } from '../../../core/errors.ts';
import type { Json } from '../../../core/snapshot.ts';
import { formatColumns } from '../../../core/text-table.ts';
import type { ModelRecord } from '../../../storage/model-registry.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import type { Io } from '../../terminal/io.ts';
import { flatten, formatValue } from '../../terminal/model-text.ts';
import { withRegistry } from '../../terminal/registry.ts';
import { registryOptions } from '../../terminal/registry-options.ts';

export const options = (yargs: Argv) =>
  registryOptions(yargs).positional('models', { type: 'string', array: true, demandOption: true });

/** @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { models } = args;
  return withRegistry(args, io, async (registry, console) => {
    if (models.length < 2) throw new ConfigError('usage', 'Name two models or more to compare.');
    const records = models.map((model) => registry.get(model));
    const fieldsOf = ({ manifest }: ModelRecord): Record<string, Json> => ({
      kind: manifest.kind,
      ...manifest.metrics,
      ...flatten(manifest.config),
    });
    const columns = records.map(fieldsOf);
    const names = [...new Set(columns.flatMap((fields) => Object.keys(fields)))];
    const rows = names.map((name) => [name, ...columns.map((fields) => formatValue(fields[name]))]);
    console.say(formatColumns([['', ...records.map(({ id }) => id)], ...rows]));
    console.result({ models: records });
    return 0;
  });
}
