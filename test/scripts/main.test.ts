/** The command line as a function: what it writes where, the codes it returns, and what it loads before it must. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { inertText } from '../../core/printable.ts';
import { run as list } from '../../scripts/commands/list.ts';
import { run as replay } from '../../scripts/commands/replay.ts';
import { main, runCommand } from '../../scripts/main.ts';
import { capturedIo, type Io } from '../../scripts/terminal/io.ts';
import { codeOf } from '../source-graph.ts';

async function call(...argv: string[]) {
  const io = capturedIo();
  const code = await main(argv, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

test('help and version go to stdout, with code 0, and nothing is carried out', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await call('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  const help = await call('--help');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const word of ['quickstart', 'fit <data>', 'experiment <file>', 'tape', '--version']) {
    expect(help.stdout).toContain(word);
  }
  expect((await call('train', '--help')).stdout).toMatch(/--steps .*Env steps over all envs/);
  expect((await call('tape', 'make', '--help')).stdout).toContain('market-gym tape make <tape>');
});

test.each<[string, string[], RegExp]>([
  ['no command', [], /^Name a command\. See market-gym --help\.\n$/],
  ['an unknown command', ['trian'], /^Did you mean train\? See market-gym --help\.\n$/],
  [
    'a group without its command',
    ['tape'],
    /^Name a tape command: verify, info, prune, export or make\. See/,
  ],
  ['a wrong command of a group', ['data', 'describ'], /^Did you mean describe\?|^Unknown/],
  ['an unknown option', ['list', '--jsn'], /^Unknown argument: jsn\. See market-gym list --help\.\n$/],
  [
    'an option given twice',
    ['train', '--agent', 'a', '--agent', 'b'],
    /^--agent was given 2 times; give it once\.\n$/,
  ],
  ['an option without its value', ['train', '--seed'], /^Not enough arguments following: seed\. See/],
  ['a missing argument', ['fit'], /^Not enough non-option arguments: got 0, need at least 1\. See/],
  ['a value out of range', ['train', '--steps', '0'], /^--steps takes a whole number from 1, got "0"\.\n$/],
  ['an error that quotes lines', ['list', 'a\nb'], /^No .*"a b".*\n$/],
])('a mistake is one line on stderr, with code 2: %s', async (_, argv, pattern) => {
  const { code, stdout, stderr } = await call(...argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(pattern);
  expect(stderr.split('\n')).toHaveLength(2);
});

test('what is no mistake of the user keeps its stack: the call rejects', async () => {
  const broken: Io = {
    ...capturedIo(),
    stdout: {
      write() {
        throw new TypeError('the pipe burst');
      },
    },
  };
  await expect(main(['list'], broken)).rejects.toThrow(TypeError);
});

test('a command is called from a program with its options by name, and throws what the command line would print', async () => {
  const io = capturedIo();
  expect(await list({ name: 'ppo', plugin: [], json: true }, io)).toBe(0);
  expect(JSON.parse(io.stdout.text)).toMatchObject({ kind: 'agent', name: 'ppo' });
  await expect(replay({ tape: 'nowhere', json: false }, io)).rejects.toThrow(/holds no tape/);
});

test('a program runs any command by its words and options, and catches the mistakes as errors with a code', async () => {
  const io = capturedIo();
  expect(await runCommand(['list', 'ppo'], { json: true, plugin: [], name: undefined }, io)).toBe(0);
  expect(JSON.parse(io.stdout.text)).toMatchObject({ kind: 'agent', name: 'ppo' });
  await expect(runCommand(['train'], { steps: 0 }, io)).rejects.toMatchObject({ name: 'ConfigError' });
  await expect(runCommand(['train'], { envWorkers: 65 }, io)).rejects.toThrow('--env-workers takes');
  await expect(runCommand(['train'], { set: ['agent.lr=1', 'b'], json: false }, io)).rejects.toThrow(
    '--set b;',
  );
  await expect(runCommand(['replay'], {}, io)).rejects.toMatchObject({ code: 'usage' });
  await expect(runCommand(['tape', 'info', 'nowhere'], {}, io)).rejects.toThrow(/holds no tape/);
  expect(io.stderr.text).toBe('');
});

test('no command is loaded before it is asked for', () => {
  // What is imported for its types alone is not there when the program runs.
  const isValue = (statement: string) => !/^import type\b/.test(statement);
  const imported = (file: string) =>
    codeText(file)
      .filter(isValue)
      .map((statement) => /'([^']+)'$/.exec(statement)?.[1] ?? '')
      .filter((path) => path.startsWith('.'));
  expect(imported('scripts/market-gym.ts')).toEqual(['../experiments/version.ts', './terminal/io.ts']);
  expect(imported('scripts/commands/index.ts')).toEqual(['../terminal/registry-options.ts']);
  expect(imported('scripts/main.ts').sort()).toEqual([
    '../core/errors.ts',
    '../experiments/version.ts',
    './commands/index.ts',
    './terminal/exit-codes.ts',
    './terminal/io.ts',
  ]);
});

/** The import statements of a source. */
function codeText(file: string): string[] {
  const source = readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
  const texts: string[] = [];
  const code = codeOf(source, texts);
  return [...code.matchAll(/^import\b[^;]*'(\d+)'/gm)].map(([statement, n]) =>
    statement.replace(`'${n}'`, `'${texts[Number(n)]}'`),
  );
}

test('nothing that is written acts on a terminal, whatever a name holds', async () => {
  const io = capturedIo();
  expect(await main(['evaluate', 'gone\u001b[2J\u009b1m'], io)).toBe(2);
  expect(io.stderr.text).toContain('gone\\u001b[2J\\u009b1m');
  const written = io.stderr.text + io.stdout.text;
  expect(inertText(written)).toBe(written);
});
