/** Plugins of every kind, in JavaScript and in TypeScript, handed to every command of the program as it is installed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { NAMES } from '../plugins/one-of-each-kind.ts';
import { installPacked, ROOT, runProgram } from './installed.ts';
import { FRAMES, LIVE, pluginProjects } from './plugin-projects.ts';

const folder = mkdtempSync(join(tmpdir(), 'market-gym-plugins-'));
let user = '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => {
  ({ user } = installPacked(folder, ['@types/node@20']));
}, 280_000);

/** Runs the installed program to its end. @param stopsAt what it writes before it is interrupted; absent: it ends by itself */
async function program(place: string, args: readonly string[], stopsAt?: RegExp) {
  const child: ChildProcess = spawn(join(user, 'node_modules/.bin/market-gym'), args, {
    cwd: join(user, place),
    env: { ...process.env, MARKET_GYM_CONFIG: join(folder, 'config') },
  });
  const written = { stdout: '', stderr: '' };
  let isStopped = false;
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]!.setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text;
      // Once: a second interrupt ends a program at once.
      if (!isStopped && stopsAt?.test(written[stream])) isStopped = child.kill('SIGINT');
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...written };
}

describe.each(pluginProjects())(
  'plugins in $language',
  ({ language, files, commands, session, tapeCommands, endless }) => {
    beforeAll(() => {
      mkdirSync(join(user, language));
      for (const [name, content] of files) writeFileSync(join(user, language, name), content);
    });

    test.each(commands)('serve to %s', async (_, args) => {
      const { code, stdout, stderr } = await program(language, args);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      if (args[0] === 'list' && args[1] === '--plugin') {
        for (const name of Object.values(NAMES)) expect(stdout).toContain(name);
      }
    });

    test('serve to trade on a venue, and to repeat the tape', async () => {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      await once(server, 'listening');
      server.on('connection', (socket) => {
        let sent = 0;
        const timer = setInterval(() => {
          const frame = JSON.parse(FRAMES[sent++ % FRAMES.length]);
          socket.send(JSON.stringify({ ...frame, t: Date.now() }));
        }, 20);
        socket.on('close', () => clearInterval(timer));
      });
      const { port } = server.address() as { port: number };
      writeFileSync(join(user, language, 'session.json'), session.replace('PORT', String(port)));
      for (const args of [LIVE, ...tapeCommands.map(([, line]) => line)]) {
        const { code, stderr } = await program(language, args);
        expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
      }
      for (const [, args] of endless) {
        const { code, stderr } = await program(language, args, /connected|ws:\/\//);
        expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
      }
      server.close();
      for (const client of server.clients) client.terminate();
    });
  },
);

test('the plugins in TypeScript pass a strict compiler', () => {
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ['node'],
  };
  const project = join(user, 'TypeScript');
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['one-of-each.ts'] }),
  );
  expect(readFileSync(join(project, 'one-of-each.ts'), 'utf8')).toContain('shares: Float64Array');
  expect(runProgram('node', [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], project)).toBe('');
});
