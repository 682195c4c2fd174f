/** `market-gym models`: the registry of trained models: what there is, which is in use, whether it is whole. */
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import type { Json } from '../../core/snapshot.ts';
import { agentArtifact, readRunModel } from '../../experiments/models/agent-model.ts';
import { version } from '../../experiments/plugins/catalog.ts';
import { type ModelEvent, type ModelRecord, ModelRegistry } from '../../storage/model-registry.ts';
import { type Console, createConsole } from '../terminal/console.ts';
import { formatColumns } from '../terminal/table.ts';

/** Where models are kept unless told otherwise. */
export const DEFAULT_REGISTRY = 'registry';

interface ModelsArguments {
  readonly registry: string;
  readonly json: boolean;
  readonly models?: readonly string[];
  readonly model?: string;
  readonly path?: string;
  readonly reason?: string;
  readonly prune?: boolean;
  readonly run?: string;
  readonly name?: string;
  readonly checkpoint?: string;
}

type Action = (registry: ModelRegistry, args: ModelsArguments, console: Console) => number | Promise<number>;

/** Names the sub-commands; each opens the registry, acts, and closes it. */
export function modelsCommands(yargs: Argv, exitWith: (run: () => Promise<number>) => Promise<void>): Argv {
  const run = (action: Action, create = false) => {
    return (args: object): Promise<void> =>
      exitWith(async () => {
        const { registry: path, json, ...rest } = args as ModelsArguments;
        const registry = new ModelRegistry(path, { create });
        try {
          return await action(registry, { registry: path, json, ...rest }, createConsole({ json }));
        } finally {
          registry.close();
        }
      });
  };
  const model = (y: Argv) =>
    y.positional('model', {
      type: 'string',
      demandOption: true,
      describe: 'NAME@VERSION, NAME@champion, or NAME: its champion or latest version',
    });
  const reason = (y: Argv) =>
    model(y).option('reason', { type: 'string', demandOption: true, describe: 'Why; it is kept' });
  return yargs
    .option('registry', { type: 'string', default: DEFAULT_REGISTRY, describe: 'Directory of the registry' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .command(
      'list [name]',
      'Every model, or the versions of one',
      (y) => y.positional('name', { type: 'string', describe: 'A name, without version' }),
      (args) => run(list)({ ...args, model: args.name }),
    )
    .command('show <model>', 'All that is known of a model', model, run(show))
    .command(
      'compare <models..>',
      'Metrics and settings side by side',
      (y) => y.positional('models', { type: 'string', array: true, demandOption: true }),
      run(compare),
    )
    .command(
      'add <run>',
      'Store the agent of a run as the next version of a name',
      (y) =>
        y
          .positional('run', { type: 'string', demandOption: true, describe: 'Run directory' })
          .option('name', { type: 'string', demandOption: true, describe: 'The model’s name' })
          .option('checkpoint', { type: 'string', describe: 'best, latest, or a name; default: best' })
          .requiresArg(['name', 'checkpoint']),
      run(add, true),
    )
    .command('promote <model>', 'Make it the champion of its name', reason, run(promote))
    .command('archive <model>', 'Take it out of use; its files stay', reason, run(archive))
    .command(
      'export <model> <path>',
      'Copy it into a directory of its own',
      (y) => model(y).positional('path', { type: 'string', demandOption: true }),
      run(exportModel),
    )
    .command(
      'import <path>',
      'Take in an exported model as the next version',
      (y) => y.positional('path', { type: 'string', demandOption: true }),
      run(importModel, true),
    )
    .command(
      'verify',
      'Read every byte of every model',
      (y) =>
        y.option('prune', { type: 'boolean', default: false, describe: 'Remove what cut-off saves left' }),
      run(verify),
    )
    .demandCommand(1, 'Name a models command');
}

const list: Action = (registry, { model }, console) => {
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
};

const show: Action = (registry, { model = '' }, console) => {
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
};

const compare: Action = (registry, { models = [] }, console) => {
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
};

const add: Action = async (registry, { run = '', name = '', checkpoint }, console) => {
  const { details, files } = agentArtifact(await readRunModel(run, checkpoint), name, version);
  const record = registry.save(details, files);
  console.say(`The agent of ${run} is ${record.id}, a candidate.`);
  console.result(record);
  return 0;
};

const promote: Action = (registry, { model = '', reason = '' }, console) => {
  const record = registry.promote(model, Date.now(), { reason });
  console.say(`${record.id} is the champion of ${record.name}.`);
  console.result(record);
  return 0;
};

const archive: Action = (registry, { model = '', reason = '' }, console) => {
  const record = registry.archive(model, Date.now(), { reason });
  console.say(`${record.id} is archived.`);
  console.result(record);
  return 0;
};

const exportModel: Action = (registry, { model = '', path = '' }, console) => {
  const record = registry.export(model, path);
  console.say(`${record.id} is in ${path}.`);
  console.result({ ...record, path });
  return 0;
};

const importModel: Action = (registry, { path = '' }, console) => {
  const record = registry.import(path);
  console.say(`${path} is ${record.id}, a candidate.`);
  console.result(record);
  return 0;
};

/** @returns 1 when a model is damaged */
const verify: Action = (registry, { prune }, console) => {
  const { numModels, defects, numUnreferenced } = registry.verify();
  const numPruned = prune ? registry.prune() : 0;
  for (const { id, problem } of defects) console.say(`${id}: ${problem}`);
  console.say(`${numModels} models, ${defects.length} damaged.`);
  if (numPruned > 0) console.say(`${numPruned} leftovers of cut-off saves removed.`);
  else if (numUnreferenced > 0) {
    console.say(`${numUnreferenced} leftovers of cut-off saves; remove them with --prune.`);
  }
  console.result({ numModels, defects, numUnreferenced, numPruned });
  return defects.length === 0 ? 0 : 1;
};

function eventRow({ timeMs, action, evidence }: ModelEvent): string[] {
  return [`  ${formatTime(timeMs)}`, action, evidence === null ? '' : JSON.stringify(evidence)];
}

function formatFields(value: Json): string {
  const rows = Object.entries(flatten(value)).map(([key, field]) => [`  ${key}`, formatValue(field)]);
  return rows.length === 0 ? '  –' : formatColumns(rows);
}

/** The fields of an object; another value under the name `value`. */
function flatten(value: Json): Record<string, Json> {
  if (value === null) return {};
  return typeof value === 'object' && !Array.isArray(value) ? value : { value };
}

function formatMetrics({ manifest }: ModelRecord): string {
  return Object.entries(manifest.metrics)
    .slice(0, 3)
    .map(([name, value]) => `${name} ${formatValue(value)}`)
    .join(', ');
}

function formatValue(value: Json | undefined): string {
  if (value === undefined) return '–';
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function formatTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
