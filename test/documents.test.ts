/** The documents: files they name exist, links lead somewhere, rooms are all listed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const { exports } = JSON.parse(read('package.json'));
const rooms = Object.keys(exports)
  .map((door) => door.slice(2))
  .filter((room) => room !== '' && room !== 'package.json');

const documents = ['', 'docs', 'docs/how-to', 'docs/decisions'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
);

test('the architecture names files that exist, in each of its journeys', () => {
  const [, ...parts] = read('docs/architecture.md').split(/^## /m);
  const journeys = parts.slice(1);
  expect(journeys.map((journey) => journey.split('\n')[0])).toEqual([
    'A bar through training',
    'A frame through a live session',
    'A signal through a prior',
  ]);
  for (const part of parts) {
    const files = [...part.matchAll(/`([a-z][\w-]*\/[\w/.-]+\.ts)`/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  }
});

test('the architecture, the README and the notes for contributors list every room', () => {
  for (const file of ['docs/architecture.md', 'README.md', 'CONTRIBUTING.md']) {
    const text = read(file);
    const missing = [...rooms, 'core', 'scripts'].filter(
      (room) => !new RegExp(`^\\| \`${room}\``, 'm').test(text),
    );
    expect(missing, file).toEqual([]);
  }
});

describe('links', () => {
  for (const document of documents) {
    test(`of ${document} lead to files that exist`, () => {
      const links = [...read(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link);
      const local = links.filter((link) => !/^[a-z]+:/.test(link));
      expect(local.filter((link) => !existsSync(join(ROOT, dirname(document), link)))).toEqual([]);
    });
  }
});

test('the notes on releasing tell the number of each format as the code has it', () => {
  const rows = [...read('RELEASING.md').matchAll(/^\| .* \| `(\w+)` of `([\w/.-]+)`\s+\| (\d+) /gm)];
  expect(rows.length).toBeGreaterThan(8);
  for (const [row, name, file, number] of rows) {
    expect(read(file), row).toMatch(new RegExp(`const ${name} = ${number};`));
  }
});

test('what is packed is there', () => {
  const { files } = JSON.parse(read('package.json'));
  const wanted = (files as string[]).filter((file) => !file.startsWith('!') && file !== 'dist');
  expect(wanted.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
