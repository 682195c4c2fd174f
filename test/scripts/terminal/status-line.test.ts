/** The line of state at the bottom of a terminal. */
import { expect, test } from 'vitest';
import { createConsole } from '../../../scripts/terminal/console.ts';
import { processIo } from '../../../scripts/terminal/io.ts';
import { createStatusLine } from '../../../scripts/terminal/status-line.ts';

function terminal(columns: number, isTTY = true) {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  return { line: createStatusLine({ isTTY, columns, write } as never), written };
}

const CLEAR = '\r\u001b[K';

test('is cut to the width, so that it never wraps, and replaces itself', () => {
  const { line, written } = terminal(10);
  line.show('0123456789abc');
  line.show('short');
  line.end();
  line.end();
  expect(written).toEqual(['012345678', CLEAR, 'short', CLEAR]);
});

test('stands below what a console says', () => {
  const { line, written } = terminal(0);
  const console = line.above({
    ...createConsole({ json: false }, processIo),
    say: (text) => written.push(`${text}\n`),
  });
  console.say('before');
  line.show('state');
  console.say('news');
  expect(written).toEqual(['before\n', 'state', CLEAR, 'news\n', 'state']);
});

test('is not shown where there is no terminal', () => {
  const { line, written } = terminal(80, false);
  line.show('state');
  line.around(() => {});
  line.end();
  expect(written).toEqual([]);
});
