/** Frames as faulty programs and lines make them of good ones. */
import type { Rng } from '../core/rng.ts';

const ALPHABET = '{}[]":,0123456789.-eE+ nulltruefas\\u00ff';

/** Changes a text as faulty programs and lines do: letters, cuts, repeats, values of another kind. */
export function mutate(text: string, rng: Rng): string {
  const at = rng.integer(text.length);
  const letter = ALPHABET[rng.integer(ALPHABET.length)];
  switch (rng.integer(8)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + letter + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + letter + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(at + 1 + rng.integer(20));
    case 4:
      return text.slice(0, at) + text.slice(at, at + rng.integer(40)) + text.slice(at);
    default:
      return mutateValue(text, rng);
  }
}

const STRANGE = [
  null,
  true,
  '',
  -1,
  0,
  1e300,
  '1e999',
  'NaN',
  '-0.5',
  [],
  {},
  [[]],
  [['1']],
  '9'.repeat(40),
  1.5,
];

const HOSTILE = [
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  '{"toString":1,"valueOf":1,"length":-1}',
  '[{"toString":1,"valueOf":1}]',
  '{"__proto__":{"length":1e9}}',
];

/** The text with each of its first `places` values replaced by each hostile one. */
export function withHostileValues(text: string, places: number): string[] {
  const value: unknown = JSON.parse(text);
  const texts: string[] = [];
  const visit = (holder: unknown) => {
    if (typeof holder !== 'object' || holder === null || texts.length >= places * HOSTILE.length) return;
    const fields = holder as Record<string, unknown>;
    for (const [key, inner] of Object.entries(fields)) {
      fields[key] = '@hostile@';
      const marked = JSON.stringify(value);
      texts.push(...HOSTILE.map((hostile) => marked.replace('"@hostile@"', hostile)));
      fields[key] = inner;
      visit(inner);
    }
  };
  visit(value);
  return texts;
}

/** Replaces one value anywhere inside by one of another kind; the text stays JSON. */
function mutateValue(text: string, rng: Rng): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `${text}}`;
  }
  const places: (readonly [holder: Record<string, unknown>, key: string])[] = [];
  const visit = (holder: unknown) => {
    if (typeof holder !== 'object' || holder === null) return;
    for (const [key, inner] of Object.entries(holder)) {
      places.push([holder as Record<string, unknown>, key]);
      visit(inner);
    }
  };
  visit(value);
  if (places.length === 0) return `${text} x`;
  const [holder, key] = places[rng.integer(places.length)];
  if (rng.integer(3) === 0) delete holder[key];
  else holder[key] = STRANGE[rng.integer(STRANGE.length)];
  return JSON.stringify(value);
}
