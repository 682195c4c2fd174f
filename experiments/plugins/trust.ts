/** The code that was given on this machine's command line before, by its hash: it may be run again without being named. */
import { appendFileSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../../storage/atomic.ts';
import { type PluginFile, packagesOf } from '../../storage/plugin-file.ts';

/** One line of the list. */
interface TrustedFile {
  readonly sha256: string;
  readonly path: string;
  /** Where the packages that it imports lay; null where they were not found. */
  readonly packages: Readonly<Record<string, string | null>>;
}

const FILE = 'trusted-plugins.jsonl';

/** `$MARKET_GYM_CONFIG`, else `market-gym` in `$XDG_CONFIG_HOME` or `~/.config`. */
export function configFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { MARKET_GYM_CONFIG, XDG_CONFIG_HOME } = environment;
  if (MARKET_GYM_CONFIG) return MARKET_GYM_CONFIG;
  return join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'market-gym');
}

/** The list, one JSON object a line; lines that cannot be read are passed over. */
export class TrustedPlugins {
  readonly #file: string;

  /** @param folder the user's configuration folder */
  constructor(folder: string = configFolder()) {
    this.#file = join(folder, FILE);
  }

  /**
   * Whether the code may be run where it lies now: at a path where it was given, or at another where it would import the
   * same packages. The same file beside other packages is other code.
   */
  allows(file: PluginFile): boolean {
    const known = this.#read().filter(({ sha256 }) => sha256 === file.sha256);
    if (known.some(({ path }) => path === file.path)) return true;
    return known.some(({ packages }) =>
      Object.entries(packages).every(([name, place]) => place === placeOf(name, file.path)),
    );
  }

  /** Whether any code was given at this path. */
  knowsPath(path: string): boolean {
    return this.#read().some((entry) => entry.path === path);
  }

  /** Paths at which code of this hash was given. */
  pathsOf(sha256: string): string[] {
    return this.#read()
      .filter((entry) => entry.sha256 === sha256)
      .map(({ path }) => path);
  }

  /** Where the list cannot be written, the file has to be named again the next time. */
  add(file: PluginFile): void {
    const { sha256, path } = file;
    if (this.#read().some((entry) => entry.sha256 === sha256 && entry.path === path)) return;
    const packages = Object.fromEntries(packagesOf(file).map((name) => [name, placeOf(name, path)]));
    try {
      makeDirectory(dirname(this.#file));
      appendFileSync(this.#file, `${JSON.stringify({ sha256, path, packages } satisfies TrustedFile)}\n`);
    } catch {}
  }

  #read(): TrustedFile[] {
    if (!existsSync(this.#file)) return [];
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      return [];
    }
    return text.split('\n').flatMap((line) => {
      try {
        const entry = JSON.parse(line) as Partial<TrustedFile>;
        const { sha256, path, packages } = entry;
        const isWhole =
          typeof sha256 === 'string' && typeof path === 'string' && typeof packages === 'object';
        return isWhole && sha256 !== '' ? [entry as TrustedFile] : [];
      } catch {
        return [];
      }
    });
  }
}

/** The real path of a package as a file at `path` would find it. */
function placeOf(name: string, path: string): string | null {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
    if (dirname(folder) === folder) return null;
  }
}
