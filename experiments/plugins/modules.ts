/** Loads a user's TypeScript or JavaScript file. */
import { statSync } from 'node:fs';
import module from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, MarketGymError } from '../../core/errors.ts';

/** A module hook: TypeScript files are ES modules, also in a folder without a package.json that says so. */
const asModule = <Resolved extends { readonly url: string }>(resolved: Resolved): Resolved =>
  /\.tsx?(\?|$)/.test(resolved.url) ? { ...resolved, format: 'module' } : resolved;
/** The same for versions of Node whose hooks run on a thread of their own: before 22.15. */
const AS_MODULE_ON_A_THREAD = `const asModule = ${asModule};
export const resolve = async (specifier, context, next) => asModule(await next(specifier, context));`;

let understandsTypeScript = false;
/** The code of each path that this process has loaded: Node keeps a module for good. */
const loaded = new Map<string, string>();

/**
 * @param file path, from the working directory
 * @param what it is, for messages
 * @param sha256 of the file and its imports; another one than last time loads the file anew
 * @returns the module's exports
 * @throws ConfigError `plugin-not-loaded` when there is no such file or it cannot be evaluated
 */
export async function importModule(
  file: string,
  what = 'plugin',
  sha256 = '',
): Promise<Record<string, unknown>> {
  const path = resolve(file);
  if (!/\.[cm]?[jt]sx?$/.test(path) || !statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new ConfigError(
      'plugin-not-loaded',
      `No such ${what} file: "${file}". Give the path of a .ts or .js module.`,
    );
  }
  try {
    if (/\.[cm]?tsx?$/.test(path)) await understandTypeScript();
    const { href } = pathToFileURL(path);
    const first = loaded.get(path) ?? sha256;
    loaded.set(path, first);
    return await import(first === sha256 ? href : `${href}?sha256=${sha256}`);
  } catch (error) {
    // The framework's own errors say what to do.
    const remedy = error instanceof MarketGymError ? '' : ' Correct the file.';
    throw new ConfigError(
      'plugin-not-loaded',
      `Cannot load the ${what} "${file}": ${explain(error)}.${remedy}`,
      { cause: error },
    );
  }
}

/** Of Node 22.15 and later. */
type RegisterHooks = (hooks: {
  resolve: (
    specifier: string,
    context: unknown,
    next: (specifier: string, context: unknown) => { readonly url: string },
  ) => { readonly url: string };
}) => void;

/** Hooks into Node's own loader, so that the files share their modules with the framework. */
async function understandTypeScript(): Promise<void> {
  if (understandsTypeScript) return;
  const tsx = await import('tsx/esm/api');
  tsx.register();
  const { register, registerHooks } = module as typeof module & { registerHooks?: RegisterHooks };
  // The older one is deprecated where there is the newer one, and says so to the user.
  if (registerHooks !== undefined) {
    registerHooks({ resolve: (specifier, context, next) => asModule(next(specifier, context)) });
  } else register(`data:text/javascript,${encodeURIComponent(AS_MODULE_ON_A_THREAD)}`);
  understandsTypeScript = true;
}

/** One line, with the place where the compiler found a mistake. */
function explain(error: unknown): string {
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (/Cannot find package 'market-gym'/.test(message)) {
    return 'it imports "market-gym", which is not installed there: run npm install market-gym beside it';
  }
  const lines = message.split('\n').filter((line) => !/^Transform failed/.test(line));
  return (lines[0] ?? message).replace(/\.$/, '');
}
