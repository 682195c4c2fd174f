/** `market-gym models show`: all that is known of a model. */

import { formatColumns } from '../../../core/text-table.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import type { Io } from '../../terminal/io.ts';
import { eventRow, formatFields, formatTime } from '../../terminal/model-text.ts';
import { withRegistry } from '../../terminal/registry.ts';
import { modelOptions } from '../../terminal/registry-options.ts';

export const options = modelOptions;

/** @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { model } = args;
  return withRegistry(args, io, async (registry, console) => {
    const record = registry.get(model);
    const events = registry.events(record.id);
    const { manifest } = record;
    const { data, config, pipeline } = manifest;
    console.say(
      formatColumns([
        ['model', record.id],
        ['kind', `${manifest.kind}, version ${manifest.kindVersion} of its files`],
        ['stage', record.stage],
        ['created', `${formatTime(manifest.createdMs)}, by market-gym ${manifest.codeVersion}`],
        ['parent', manifest.parent ?? '–'],
        ['data', data ? `${formatTime(data.fromMs)} to ${formatTime(data.toMs)}, hash ${data.hash}` : '–'],
        ['files', Object.keys(manifest.files).join(', ')],
        ['artifact', record.artifact],
      ]),
    );
    console.say(`\nmetrics\n${formatFields(manifest.metrics)}`);
    console.say(`\nsettings\n${formatFields(config)}`);
    console.say(`\npipeline\n${formatFields(pipeline)}`);
    console.say(`\nevents\n${formatColumns(events.map(eventRow))}`);
    console.result({ ...record, events });
    return 0;
  });
}
