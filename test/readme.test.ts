/** Every command and every program in the README runs as it stands, in a copy of what a user has. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, POSTGRES } from './system/queue/postgres.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const CI = readFileSync(join(ROOT, '.ci/run'), 'utf8');
const PACKAGE_TEST = readFileSync(join(ROOT, 'test/system/installed.ts'), 'utf8');

/** What makes a folder with the package in it; here that is the project itself. */
const installs = (command: string) =>
  /^(npm (init|pkg|install) |cp -r node_modules\/)|^npx market-gym quickstart$/.test(command);

interface Block {
  readonly language: string;
  readonly content: string;
  /** The output that the README shows right after the block. */
  readonly output: string | undefined;
}

const blocks: readonly Block[] = [...README.matchAll(/^```(\w+)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)]
  .map(([, language, content, output]) => ({ language, content, output }))
  .filter(({ language }) => language !== 'text');

const commands = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ content }) => content.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '');

/** Inside the project, so that `market-gym` resolves to it. */
mkdirSync(join(ROOT, 'runs'), { recursive: true });
const scratch = mkdtempSync(join(ROOT, 'runs', 'readme-'));
/** What the README leaves running. */
const beside: ChildProcess[] = [];
/** What `$QUEUE` names. */
let cluster: Cluster | undefined;
beforeAll(async () => {
  if (POSTGRES === undefined) return;
  cluster = await Cluster.start();
  process.env.QUEUE = cluster.url;
});
afterAll(async () => {
  // npx starts the program in a process of its own: the whole group ends.
  for (const { pid } of beside) if (pid !== undefined) process.kill(-pid);
  await cluster?.remove();
  rmSync(scratch, { recursive: true, force: true });
});

function run(command: string): string {
  return execFileSync('bash', ['-c', command], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('commands', () => {
  for (const command of commands) {
    if (/^(git clone|cd) /.test(command)) continue;
    if (command.includes('$QUEUE') && POSTGRES === undefined) {
      test.skip(`${command} needs PostgreSQL`, () => {});
      continue;
    }
    if (installs(command)) {
      test(`${command} is run by the test of the package`, () => {
        expect(PACKAGE_TEST).toContain('commands of the quickstart');
      });
    } else if (/^npm (ci|start|test|run test:\w+|run lint|run typecheck)$/.test(command)) {
      test(`${command} is run by the continuous integration`, () => {
        expect(CI).toMatch(new RegExp(`^(step|tests) ${command}\\b`, 'm'));
      });
    } else if (command.endsWith('&')) {
      test(`${command} runs beside the commands that follow`, async () => {
        const args = command.slice(0, -1).trim().replaceAll('runs/', `${scratch}/`);
        const server = spawn('bash', ['-c', `exec ${args}`], {
          cwd: ROOT,
          stdio: ['ignore', 'pipe', 'inherit'],
          detached: true,
        });
        beside.push(server);
        // Its first words say that it is ready.
        await once(server.stdout, 'data');
      });
    } else {
      // Runs of the README go into the scratch folder, so that they neither find nor leave anything.
      test(command, () => {
        run(command.replaceAll('runs/', `${scratch}/`));
      });
    }
  }
});

describe('programs', () => {
  blocks
    .filter(({ language }) => language === 'ts')
    .forEach(({ content, output }, i) => {
      test(`program ${i + 1}: ${content.split('\n')[0]}`, () => {
        const file = join(scratch, `program-${i + 1}.ts`);
        writeFileSync(file, content);
        const printed = run(`npx tsx ${file}`);
        if (output !== undefined) expect(printed).toBe(output);
      });
    });
});

test('the README has programs and commands to run', () => {
  expect(commands.length).toBeGreaterThan(5);
  expect(blocks.some(({ language }) => language === 'ts')).toBe(true);
});
