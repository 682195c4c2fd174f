/** Makes text of others fit for one line of a terminal or a log: nothing in it moves a cursor or hides what follows. */

/** Control characters of both ranges, line and paragraph separators, and what turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** The text with each run of unprintable characters as one space, or as nothing at its ends. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ').trim();
}

/** What would act on a terminal in text of several lines: line ends and tabs are meant. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * The text with every unprintable character but line ends and tabs spelt as JSON spells it, `\u001b`: nothing in it acts on a
 * terminal, and JSON stays the JSON it was.
 */
export function inertText(text: string): string {
  return text.replace(ACTING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
