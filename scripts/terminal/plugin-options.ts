/** The options that say which files of code a command may run. */
import type { Argv } from 'yargs';
import type { PluginAccess } from '../../experiments/plugins/access.ts';
import { TFJS_BACKEND_VARIABLE, TFJS_BACKENDS } from '../../networks/tfjs-backend.ts';

/** For every command that resolves names. */
export const pluginOptions = <Values>(yargs: Argv<Values>) =>
  yargs
    .option('plugin', {
      type: 'string',
      array: true,
      describe: 'TypeScript or JavaScript file with plugins of any kind; may be given several times',
    })
    .option('tfjs-backend', {
      choices: TFJS_BACKENDS,
      describe:
        'Backend of TensorFlow.js, where a network or model is made of it; default: the first that is installed',
    })
    .requiresArg(['plugin', 'tfjs-backend'])
    .middleware(({ tfjsBackend }) => {
      // What is started from here, workers and runs of an experiment, inherits it.
      if (tfjsBackend !== undefined) process.env[TFJS_BACKEND_VARIABLE] = tfjsBackend;
    });

/** For those that open a run, a model or a tape, which names the files it was made with. */
export const codeOptions = <Values>(yargs: Argv<Values>) =>
  pluginOptions(yargs).option('trust-plugins', {
    type: 'boolean',
    describe: 'Runs the files of code that a run, model or tape names, though they were never given here',
  });

/** For those that go on with what was made with a file that may have changed since. */
export const changedCodeOptions = <Values>(yargs: Argv<Values>) =>
  codeOptions(yargs).option('accept-changed-plugin', {
    type: 'boolean',
    describe: 'Goes on with a file of code that has changed since; what follows is marked by its hash',
  });

/** For those that build the agent of a run or model. */
export const networkOption = <Values>(yargs: Argv<Values>) =>
  yargs
    .option('network', {
      type: 'string',
      describe: 'Where the file of --network is now that the agent was trained with',
    })
    .requiresArg('network');

export interface CodeArguments {
  readonly plugin?: readonly string[];
  readonly network?: string;
  readonly trustPlugins?: boolean;
  readonly acceptChangedPlugin?: boolean;
}

/** What the command line allows. */
export function accessOf({
  plugin,
  network,
  trustPlugins,
  acceptChangedPlugin,
}: CodeArguments): PluginAccess {
  return { plugins: plugin, network, trustPlugins, acceptChangedPlugin };
}
