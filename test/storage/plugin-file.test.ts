import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changedParts, codeOf, packagesOf, readPluginFile } from '../../storage/plugin-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-plugin-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

describe('what a plugin file is', () => {
  test('its own content alone, where it imports nothing by a path', () => {
    const path = write('a.mjs', "import { z } from 'market-gym';\n");
    const sha256 = '9f1c30d4179aef161d3206d6ea63e2c6d78f4a50bf6104bee823f70ddb21f050';
    expect(readPluginFile(path)).toEqual({ path, sha256 });
  });

  test.each([
    ['a static import', "import { b } from './b.mjs';", 'b.mjs'],
    ['an import for its effect', "import './b.mjs';", 'b.mjs'],
    ['a re-export', "export * from './b.mjs';", 'b.mjs'],
    ['a dynamic import', "await import('./b.mjs');", 'b.mjs'],
    ['a require', "const b = require('./b.cjs');", 'b.cjs'],
    ['a require without an ending', "const b = require('./b');", 'b.cjs'],
    ['TypeScript under the name it compiles to', "import './b.js';", 'b.ts'],
    ['the index of a folder', "import './lib';", 'lib/index.js'],
    ['JSON', "import b from './b.json' with { type: 'json' };", 'b.json'],
    ['a worker beside it', "new Worker(new URL('./b.mjs', import.meta.url));", 'b.mjs'],
    ['a folder above', "import '../up.mjs';", '../up.mjs'],
  ])('%s belongs to it', (_, source, name) => {
    const path = write('plugins/a.mjs', source);
    const imported = write(join('plugins', name), 'export const b = 1;');
    const before = readPluginFile(path);
    expect(Object.keys(before.imports ?? {})).toEqual([name]);
    writeFileSync(imported, 'export const b = 2;');
    const after = readPluginFile(path);
    expect(after.sha256).not.toBe(before.sha256);
    expect(changedParts(before, after)).toEqual([name]);
  });

  test('what its imports import, in a circle too', () => {
    const path = write('a.mjs', "import './b.mjs';");
    write('b.mjs', "import './c.mjs';");
    write('c.mjs', "import './a.mjs';");
    expect(Object.keys(readPluginFile(path).imports!)).toEqual(['b.mjs', 'c.mjs']);
  });

  test('no data that it names, and nothing that is not there', () => {
    const path = write('a.mjs', "readFileSync(new URL('./prices.csv', import.meta.url)); log('./gone.mjs');");
    write('prices.csv', '1');
    expect(readPluginFile(path).imports).toBeUndefined();
  });

  test('the same wherever it lies, whatever its name', () => {
    write('here/a.mjs', "import './b.mjs';");
    write('here/b.mjs', '1');
    write('there/other.mjs', "import './b.mjs';");
    write('there/b.mjs', '1');
    const [here, there] = ['here/a.mjs', 'there/other.mjs'].map((name) => readPluginFile(join(folder, name)));
    expect(there.sha256).toBe(here.sha256);
    expect(changedParts(here, there)).toEqual(['the file itself']);
  });
});

test('what is no module is refused', () => {
  write('a.txt', '');
  for (const name of ['a.txt', 'gone.mjs', '.']) {
    expect(() => readPluginFile(join(folder, name))).toThrow(
      expect.objectContaining({
        code: 'plugin-not-loaded',
        message: expect.stringMatching(/Give the path of a \.ts/),
      }),
    );
  }
});

test('the packages of a file and of what it imports are known without running it', () => {
  const path = write(
    'a.mjs',
    "import { z } from 'market-gym';\nimport fs from 'node:fs';\nimport './b.mjs';",
  );
  write('b.mjs', "import x from '@scope/name/part'; const y = require('plain');");
  expect(packagesOf(readPluginFile(path))).toEqual(['@scope/name', 'market-gym', 'plain']);
});

test('code is told by the hashes of all files, and of those before a change', () => {
  const file = (sha256: string, before?: string[]) => ({ path: '/a.mjs', sha256: sha256.repeat(64), before });
  expect(codeOf([])).toBe('');
  expect(codeOf([file('a'), file('b', ['c'.repeat(64)])])).toBe('aaaaaaaa+cccccccc→bbbbbbbb');
});
