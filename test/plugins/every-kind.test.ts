/** Every kind of plugin, through every command that names one. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { Workplace } from '../scripts/command-line.ts';
import {
  argumentsOf,
  bookFrame,
  COMMANDS,
  dataFiles,
  LANGUAGES,
  NAMES,
  sessionOf,
  TAPE_COMMANDS,
} from './one-of-each-kind.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  for (const [name, content] of [...LANGUAGES.JavaScript, ...dataFiles()]) place.write(name, content);
});
afterAll(() => place.remove());

describe('one plugin file holds every kind, and', () => {
  test.each(COMMANDS)('serves to %s', async (_, line) => {
    const args = argumentsOf(line);
    const { stderr, code, stdout } = await place.run(...args, '--plugin', 'one-of-each.mjs', '--json');
    const said = args.includes('--resume')
      ? 'own is finished; nothing is left to train.\n'
      : // A model that predicts one and the same reacts to no data, by which nothing can be proved of it.
        args[0] === 'fit'
        ? expect.stringMatching(/^The model kind "my-model" shows nothing of the data .*\n$/)
        : '';
    expect({ stderr, code }).toEqual({ stderr: said, code: 0 });
    if (args[0] !== 'list' || args.length > 1) return;
    const groups = JSON.parse(stdout) as Record<string, { name: string }[]>;
    for (const [group, name] of Object.entries(NAMES))
      expect(groups[group].map((p) => p.name)).toContain(name);
  });

  test('is recorded by its path, its hash and that of what it imports', () => {
    const { plugins, env, network } = JSON.parse(place.read('trader/run.json'));
    expect(plugins).toEqual([
      {
        path: place.file('one-of-each.mjs'),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        imports: { 'step.mjs': expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    ]);
    expect(env.config.rewardSettings).toEqual({ penalty: 0.2 });
    expect(env.config.feeSettings).toEqual({ factor: 2 });
    expect(network).toEqual({ name: 'my-network', config: { width: 3 } });
  });

  test('trades live on its venue, from the file of the session', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    let sent = 0;
    server.on('connection', (socket) => {
      const timer = setInterval(() => socket.send(bookFrame(100 + (sent++ % 7), Date.now())), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const { port } = server.address() as { port: number };
    place.write('session.json', sessionOf(`ws://127.0.0.1:${port}`, 'one-of-each.mjs'));
    const outcome = await place.run('live', '--config', 'session.json', '--decisions', '4', '--json');
    server.close();
    for (const client of server.clients) client.terminate();
    expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({ code: 0, stderr: expect.any(String) });
    expect(JSON.parse(outcome.stdout).decisions).toBeGreaterThanOrEqual(4);
    for (const [, args] of TAPE_COMMANDS) {
      const { code, stderr } = await place.run(...argumentsOf(args), '--json');
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    }
  });
});
