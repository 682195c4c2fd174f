/** The options of commands that open the registry of models. */
import type { Argv } from 'yargs';
import { DEFAULT_REGISTRY } from '../../experiments/models/default-registry.ts';

export const registryOptions = <Values>(yargs: Argv<Values>) =>
  yargs
    .option('registry', { type: 'string', default: DEFAULT_REGISTRY, describe: 'Directory of the registry' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' });

/** With the model that is meant. */
export const modelOptions = (yargs: Argv) =>
  registryOptions(yargs).positional('model', {
    type: 'string',
    demandOption: true,
    describe: 'NAME@VERSION, NAME@champion, or NAME: its champion or latest version',
  });

/** With the model, and why it is changed. */
export const reasonOptions = (yargs: Argv) =>
  modelOptions(yargs).option('reason', {
    type: 'string',
    demandOption: true,
    describe: 'Why; it is kept',
  });
