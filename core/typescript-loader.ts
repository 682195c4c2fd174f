/** Starts threads and processes whose first module may be TypeScript, which they have to be taught to read. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const IS_TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * @param url of the module that starts them
 * @returns URL of a module to load first in a new process (`--import`); undefined where the sources are compiled
 */
export function typeScriptLoader(url: string): string | undefined {
  if (!IS_TYPESCRIPT.test(url)) return undefined;
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}

/** What `THREAD_START` is told by the thread's `workerData`. */
export interface ThreadEntry {
  /** URL of the module that the thread is to run. */
  readonly entry: string;
  /** URL of what makes TypeScript readable; absent where no module of the thread is. */
  readonly loader?: string;
}

/**
 * @param url of the module that starts the thread
 * @param file name of the thread's module beside it, without its extension
 * @param others URLs of modules that the thread loads later by itself
 */
export function threadEntry(url: string, file: string, others: readonly string[] = []): ThreadEntry {
  const entry = new URL(`./${file}${IS_TYPESCRIPT.test(url) ? '.ts' : '.js'}`, url).href;
  if (![entry, ...others].some((each) => IS_TYPESCRIPT.test(each))) return { entry };
  // The ES module of tsx; `require` finds its CommonJS form, beside it, which cannot be used in a thread.
  const found = createRequire(import.meta.url).resolve('tsx/esm/api');
  return { entry, loader: pathToFileURL(found.replace(/\.cjs$/, '.mjs')).href };
}

/**
 * A thread's first lines, for `new Worker(…, { eval: true, execArgv: [] })`: a string, so that no flags of the parent's are
 * needed. The promise `running` fails with what the thread's module cannot do before it has taken over.
 */
export const THREAD_START = `
const { workerData } = require('node:worker_threads');
const running = (async () => {
  if (workerData.loader !== undefined) (await import(workerData.loader)).register();
  await import(workerData.entry);
})();
`;
