/** The contract of a command's file: its options, and what it does. */
import type { Argv } from 'yargs';
import type { Io } from './io.ts';

export interface Command {
  /** Adds the command's options to the parser. */
  options(yargs: Argv): unknown;
  /** @returns the exit code */
  run(args: never, io: Io): Promise<number>;
}

/** A command as the command line lists it; its file is loaded when it is asked for. */
export interface CommandEntry {
  /** With its positional arguments, as yargs writes them: `fit <data>`. */
  readonly usage: string;
  readonly describe: string;
  load(): Promise<Command>;
}

/** Commands under one word, such as `tape info`. */
export interface CommandGroup {
  readonly name: string;
  readonly describe: string;
  readonly commands: readonly CommandEntry[];
  /** Options of all of them. */
  options?(yargs: Argv): Argv<unknown>;
}

/** The options by their names in code, without what the parser adds of its own. */
type Named<Values> = {
  readonly [Key in keyof Values as string extends Key
    ? never
    : Key extends '_' | '$0' | `${string}-${string}`
      ? never
      : Key]: Values[Key];
};
type UndefinedKeys<Values> = {
  [Key in keyof Values]-?: undefined extends Values[Key] ? Key : never;
}[keyof Values];
type OptionalWhereUndefined<Values> = Omit<Values, UndefinedKeys<Values>> &
  Partial<Pick<Values, UndefinedKeys<Values>>>;

/** What a command with these options is called with, from the command line or from a program. */
export type ArgumentsOf<Options extends (yargs: Argv) => { readonly argv: unknown }> = OptionalWhereUndefined<
  Named<Awaited<ReturnType<Options>['argv']>>
>;
