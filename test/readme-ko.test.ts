/** README.ko.md says what README.md does: the same sections, commands, outputs, links, names and figures. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const CODE = /^```\w+\n.*?^```$/gms;

interface Section {
  readonly level: number;
  readonly blocks: readonly string[];
  /** What stands between backticks, and where links lead, outside of blocks. */
  readonly names: readonly string[];
  readonly links: readonly string[];
  readonly figures: readonly string[];
}

function sectionsOf(text: string): Section[] {
  const blocks: string[] = [];
  const marked = text.replace(CODE, (block) => `@@${blocks.push(block) - 1}@@`);
  return marked.split(/^(?=#+ )/m).map((section) => {
    const links = [...section.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link);
    const plain = section.replaceAll(/\]\([^)]+\)/g, ']').replaceAll(/\s+/g, ' ');
    const names = [...plain.matchAll(/`([^`]+)`/g)].map(([, name]) => name.trim());
    const words = plain.replaceAll(/`[^`]+`|@@\d+@@/g, ' ');
    return {
      level: /^#*/.exec(section)![0].length,
      blocks: [...section.matchAll(/@@(\d+)@@/g)].map(([, index]) => blocks[Number(index)]),
      names: names.sort(),
      links: links.filter((link) => !/^(#|README)/.test(link)).sort(),
      figures: (words.match(/\d[\d,.]*(?<![,.])/g) ?? []).sort(),
    };
  });
}

const [english, korean] = ['README.md', 'README.ko.md'].map((file) => sectionsOf(read(file)));

test('it has the same sections', () => {
  expect(korean.map(({ level }) => level)).toEqual(english.map(({ level }) => level));
});

test.each(english.map((section, i) => [section.blocks[0]?.split('\n')[1] ?? `section ${i}`, i] as const))(
  'commands, names, links and figures are those of the English page: %s',
  (_, i) => {
    expect(korean[i]).toEqual(english[i]);
  },
);

test('each page leads to the other', () => {
  expect(read('README.md')).toContain('](README.ko.md)');
  expect(read('README.ko.md')).toContain('](README.md)');
});
