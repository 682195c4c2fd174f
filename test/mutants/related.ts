/** Which tests may notice a change of a file: those that reach it by imports, the nearest first. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Files that `npm test` leaves to others, and those whose both sides run the same code: they agree on any mistake. */
const EXCLUDED = /^test\/(system|learning|measures|mutants)\/|readme\.test|^test\/live\/tape\/replay\.test/;

/** Where a file names what its threads run, beside it, without the ending. */
export const THREAD_ENTRY = /threadEntry\(import\.meta\.url, '([a-z-]+)'/;

export class TestMap {
  /** The files that import a file. */
  readonly #importers = new Map<string, string[]>();
  readonly #project: string;

  constructor(project: string) {
    this.#project = project;
    for (const folder of readdirSync(project, { withFileTypes: true })) {
      if (!folder.isDirectory() || /^(\.|node_modules$|dist$|docs$|data$)/.test(folder.name)) continue;
      for (const name of readdirSync(join(project, folder.name), { recursive: true, encoding: 'utf8' })) {
        if (name.endsWith('.ts')) this.#add(join(folder.name, name));
      }
    }
  }

  /** Test files from the nearest to the farthest, at most `limit` of them. */
  nearest(file: string, limit: number): string[] {
    const found: string[] = [];
    const seen = new Set([file]);
    // Among those at the same distance, the ones with the longest common path first.
    const likeness = (test: string): number => {
      const [own, theirs] = [file.split('/'), test.split('/').slice(1)];
      let same = 0;
      while (same < own.length && own[same] === theirs[same]) same++;
      const [name] = own.at(-1)?.split('.') ?? [''];
      return same + Number(theirs.at(-1)?.startsWith(`${name}.`) ?? false);
    };
    for (let level = [file]; level.length > 0 && found.length < limit; ) {
      const next: string[] = [];
      for (const reached of level) {
        for (const importer of this.#importers.get(reached) ?? []) {
          if (seen.has(importer) || EXCLUDED.test(importer)) continue;
          seen.add(importer);
          next.push(importer);
        }
      }
      const tests = next.filter((path) => path.endsWith('.test.ts'));
      found.push(...tests.sort((a, b) => likeness(b) - likeness(a) || a.localeCompare(b)));
      level = next.filter((path) => !path.endsWith('.test.ts'));
    }
    return found.slice(0, limit);
  }

  #add(file: string): void {
    const text = readFileSync(join(this.#project, file), 'utf8');
    for (const [, path] of text.matchAll(
      /^(?:import|export)(?! type)[^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/gm,
    )) {
      if (path !== undefined) this.#link(path, file);
    }
    const [, entry] = THREAD_ENTRY.exec(text) ?? [];
    if (entry !== undefined) this.#link(`./${entry}.ts`, file);
  }

  #link(path: string, file: string): void {
    const imported = relative('', join(dirname(file), path));
    const importers = this.#importers.get(imported);
    if (importers === undefined) this.#importers.set(imported, [file]);
    else importers.push(file);
  }
}
