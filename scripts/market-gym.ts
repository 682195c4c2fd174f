#!/usr/bin/env node
/** The program: hands the process's arguments and streams to the command line, and its exit code back. */
import module from 'node:module';
import { version } from '../experiments/version.ts';
import { processIo } from './terminal/io.ts';

// A reader that has seen enough, such as `head`, is no reason to stop a training.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// Where Node can, what it has compiled once is kept for the next start.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();

const argv = process.argv.slice(2);
// Asked for the version alone, the program needs no parser, which takes longer to load than to answer.
if (argv.length === 1 && argv[0] === '--version') processIo.stdout.write(`${version}\n`);
else process.exitCode = await (await import('./main.ts')).main(argv, processIo);
