/** The public names of the command line: every command as a function of a program. */
export { main, type OptionValue, runCommand } from './main.ts';
export {
  type CapturedIo,
  type CapturedOutput,
  capturedIo,
  type Io,
  type Output,
  processIo,
} from './terminal/io.ts';
