/** Reads TypeScript as text: what is code in it, which files import which, and what that graph says. */
import { dirname, join } from 'node:path';

/** Files, from the root, and those of the project that each imports, types included. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Words after which a slash begins a regular expression. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+*%<>~^-]|\b(?:return|typeof|case|in|of|do|else))\s*$/;

/**
 * The text without comments, and without what texts, templates and regular expressions hold; what a template computes is
 * kept. A text in quotes becomes its number in quotes, from 0.
 * @param texts takes what stood in the quotes
 */
export function codeOf(source: string, texts: string[] = []): string {
  let code = '';
  let at = 0;
  /** Open braces of the code that each template computes, innermost last. */
  const templates: number[] = [];
  const replace = (end: number, by: string) => {
    code += by;
    at = end;
  };
  const takeTemplate = () => {
    let end = at + 1;
    while (end < source.length && source[end] !== '`' && !source.startsWith('${', end)) {
      end += source[end] === '\\' ? 2 : 1;
    }
    const computes = source[end] === '$';
    if (computes) templates.push(0);
    replace(end + (computes ? 2 : 1), computes ? '(' : ' 0');
  };
  while (at < source.length) {
    const letter = source[at];
    if (source.startsWith('//', at)) {
      const end = source.indexOf('\n', at);
      replace(end < 0 ? source.length : end, '');
    } else if (source.startsWith('/*', at)) {
      const end = source.indexOf('*/', at + 2);
      replace(end < 0 ? source.length : end + 2, ' ');
    } else if (letter === "'" || letter === '"') {
      let end = at + 1;
      while (end < source.length && source[end] !== letter) end += source[end] === '\\' ? 2 : 1;
      texts.push(source.slice(at + 1, end));
      replace(end + 1, `'${texts.length - 1}'`);
    } else if (letter === '/' && BEFORE_REGEX.test(code.slice(-20))) {
      let end = at + 1;
      let inClass = false;
      while (end < source.length && (inClass || source[end] !== '/')) {
        if (source[end] === '[') inClass = true;
        else if (source[end] === ']') inClass = false;
        end += source[end] === '\\' ? 2 : 1;
      }
      replace(end + 1, '0');
    } else if (letter === '`') takeTemplate();
    else if (letter === '}' && templates.at(-1) === 0) {
      templates.pop();
      code += ')';
      takeTemplate();
    } else {
      if (templates.length > 0 && letter === '{') templates[templates.length - 1]++;
      if (templates.length > 0 && letter === '}') templates[templates.length - 1]--;
      replace(at + 1, letter);
    }
  }
  return code;
}

const IMPORTS = [
  /(?<![.\w])(?:import|export)\b[^;'`]*?\bfrom\s*'(\d+)'/g,
  /(?<![.\w])import\s*\(\s*'(\d+)'/g,
  /(?<![.\w])import\s*'(\d+)'/g,
];

/** Paths, from the root, of the project's own files that a file imports, exports again or loads later, each once. */
export function importsOf(file: string, source: string): string[] {
  const texts: string[] = [];
  const code = codeOf(source, texts);
  const paths = IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)].map(([, n]) => texts[Number(n)]));
  const own = paths.filter((path) => path.startsWith('.'));
  return [...new Set(own.map((path) => join(dirname(file), path.endsWith('.ts') ? path : `${path}.ts`)))];
}

/** The entries, and all that they import, directly or not. */
export function reachedFrom(graph: ImportGraph, entries: Iterable<string>): Set<string> {
  const reached = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    open.push(...(graph.get(file) ?? []));
  }
  return reached;
}

/** Groups of files that import one another in a circle, each sorted. */
export function circlesOf(graph: ImportGraph): string[][] {
  const reachedBy = new Map([...graph].map(([file, imports]) => [file, reachedFrom(graph, imports)]));
  const circles: string[][] = [];
  const seen = new Set<string>();
  for (const [file, reached] of reachedBy) {
    if (seen.has(file) || !reached.has(file)) continue;
    const circle = [...reached].filter((other) => reachedBy.get(other)?.has(file)).sort();
    for (const other of circle) seen.add(other);
    circles.push(circle);
  }
  return circles;
}
