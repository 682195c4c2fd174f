/**
 * The folders of users with a plugin of every kind, one a language, and what they run in them. As a program, it packs the
 * project, installs it in the folder that it is given, and puts `every-command.mjs` there, to be run by any Node.
 */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  argumentsOf,
  bookFrame,
  COMMANDS,
  dataFiles,
  ENDLESS,
  experimentOf,
  LANGUAGES,
  SLOWER,
  searchOf,
  sessionOf,
  TAPE_COMMANDS,
} from '../plugins/one-of-each-kind.ts';
import { installPacked } from './installed.ts';

export interface PluginProject {
  readonly language: string;
  /** For `--plugin`. */
  readonly plugin: string;
  readonly files: readonly (readonly [name: string, content: string])[];
  readonly commands: readonly (readonly [what: string, args: readonly string[]])[];
  /** Settings of a live session, of a server on `localhost:PORT`; its plugin is in them. */
  readonly session: string;
  /** Commands on the tape of that session, which names the plugin. */
  readonly tapeCommands: PluginProject['commands'];
  /** Commands that are interrupted when they have said what they do. */
  readonly endless: PluginProject['commands'];
}

/** The commands that take seconds are in the last language alone: what they do beyond the others is the same in all. */
export function pluginProjects(): PluginProject[] {
  const data = dataFiles();
  const languages = Object.entries(LANGUAGES);
  return languages.map(([language, sources], i) => {
    const [[plugin]] = sources;
    const lines = i === languages.length - 1 ? [...COMMANDS, ...SLOWER] : COMMANDS;
    const split = (of: typeof COMMANDS) => of.map(([what, line]) => [what, argumentsOf(line)] as const);
    return {
      language,
      plugin,
      files: [
        ...sources,
        ...data,
        ['experiment.json', experimentOf(plugin)],
        ['search.json', searchOf(plugin)],
      ],
      commands: split(lines).map(([what, args]) => [what, [...args, '--plugin', plugin]]),
      session: sessionOf('ws://127.0.0.1:PORT', plugin),
      tapeCommands: split(TAPE_COMMANDS),
      endless: split(ENDLESS).map(([what, args]) => [what, [...args, '--plugin', plugin]]),
    };
  });
}

export const LIVE = ['live', '--config', 'session.json', '--decisions', '4'];

/** What the server of the sessions sends, one after the other, each with the time in place of 0. */
export const FRAMES = Array.from({ length: 7 }, (_, i) => bookFrame(100 + i, 0));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { user } = installPacked(process.argv[2]);
  copyFileSync(new URL('every-command.mjs', import.meta.url), join(user, 'every-command.mjs'));
  writeFileSync(
    join(user, 'projects.json'),
    JSON.stringify({ projects: pluginProjects(), live: LIVE, frames: FRAMES }),
  );
}
