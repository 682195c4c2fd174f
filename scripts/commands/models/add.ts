/** `market-gym models add`: stores the agent of a run as the next version of a name. */
import type { Argv } from 'yargs';
import { agentArtifact, readRunModel } from '../../../experiments/models/agent-model.ts';
import { version } from '../../../experiments/version.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import type { Io } from '../../terminal/io.ts';
import { accessOf, codeOptions } from '../../terminal/plugin-options.ts';
import { withRegistry } from '../../terminal/registry.ts';
import { registryOptions } from '../../terminal/registry-options.ts';

export const options = (yargs: Argv) =>
  codeOptions(registryOptions(yargs))
    .positional('run', { type: 'string', demandOption: true, describe: 'Run directory' })
    .option('name', { type: 'string', demandOption: true, describe: 'The model’s name' })
    .option('checkpoint', { type: 'string', describe: 'best, latest, or a name; default: best' })
    .requiresArg(['name', 'checkpoint']);

/** @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { run: path, name, checkpoint } = args;
  const access = accessOf(args);
  return withRegistry(
    args,
    io,
    async (registry, console) => {
      const { details, files } = agentArtifact(await readRunModel(path, checkpoint, access), name, version);
      const record = registry.save(details, files);
      console.say(`The agent of ${path} is ${record.id}, a candidate.`);
      console.result(record);
      return 0;
    },
    { create: true },
  );
}
