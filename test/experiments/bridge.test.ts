/** The bridge to other programs: what it answers, and how it leaves clients that send nonsense. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { arbitrage } from '../../envs/arbitrage.ts';
import { cartpole } from '../../envs/cartpole.ts';
import { pendulum } from '../../envs/pendulum.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { startBridge } from '../../experiments/bridge/server.ts';
import { BridgeSession } from '../../experiments/bridge/session.ts';

const folder = mkdtempSync(join(tmpdir(), 'bridge-'));
afterAll(() => rmSync(folder, { recursive: true }));

const cartpoles = (numEnvs: number, seed: number) =>
  createVectorEnv(
    Array.from({ length: numEnvs }, (_, i) => cartpole.create({ seed: seed + i }, { maxSteps: 9 })),
  );

const message = (kind: number, body: Uint8Array = new Uint8Array(0)) =>
  Uint8Array.from([kind, 0, 0, 0, ...body]);
const hello = (about: object) => message(1, new TextEncoder().encode(JSON.stringify(about)));
const reset = (seed?: number) =>
  message(2, new Uint8Array(Uint32Array.of(seed === undefined ? 0 : 1, seed ?? 0).buffer));
const step = (...actions: number[]) => message(3, new Uint8Array(Int32Array.from(actions).buffer));
const textOf = (answer: Uint8Array) => new TextDecoder().decode(answer.subarray(4));

function read(answer: Uint8Array, numEnvs: number, dim: number) {
  const { buffer } = answer;
  const finished = new Uint32Array(buffer.slice(4, 8))[0];
  let at = 8;
  const take = (bytes: number) => {
    at += bytes;
    return buffer.slice(at - bytes, at);
  };
  const observations = new Float32Array(take(4 * numEnvs * dim));
  const rewards = new Float32Array(take(4 * numEnvs));
  const terminated = new Uint8Array(take(numEnvs));
  const truncated = new Uint8Array(take(numEnvs));
  const which = new Uint32Array(take(4 * finished));
  const last = new Float32Array(take(4 * finished * dim));
  return {
    observations,
    rewards,
    terminated,
    truncated,
    which,
    last,
    rest: new Uint8Array(buffer.slice(at)),
  };
}

describe('a client', () => {
  test('is given the steps that the same envs make here, ends of episodes among them', () => {
    const session = new BridgeSession('cartpole', cartpoles);
    const about = JSON.parse(textOf(session.answer(hello({ version: 1, numEnvs: 3 }))));
    expect(about).toMatchObject({
      env: 'cartpole',
      numEnvs: 3,
      masks: 0,
      actionSpace: { kind: 'discrete', n: 2 },
    });
    expect(about.observationSpace.shape).toEqual([4]);
    const own = cartpoles(3, 0);
    expect(read(session.answer(reset(7)), 3, 4).observations).toEqual(own.reset(7));
    for (let k = 0; k < 25; k++) {
      const actions = [k % 2, 1, (k >> 1) % 2];
      own.step(Int32Array.from(actions));
      const theirs = read(session.answer(step(...actions)), 3, 4);
      expect(theirs.observations).toEqual(own.observations);
      expect([theirs.rewards, theirs.terminated, theirs.truncated]).toEqual([
        own.rewards,
        own.terminated,
        own.truncated,
      ]);
      expect([...theirs.which]).toEqual(own.finishedEpisodes.map(({ envIndex }) => envIndex));
      for (const [i, index] of theirs.which.entries()) {
        expect(theirs.last.subarray(4 * i, 4 * i + 4)).toEqual(
          own.nextObservations.subarray(4 * index, 4 * index + 4),
        );
      }
      expect(theirs.rest.length).toBe(0);
    }
    session.close();
  });

  test('is given masks, and infos where it asks for them', () => {
    const create = (numEnvs: number) =>
      createVectorEnv(Array.from({ length: numEnvs }, (_, seed) => arbitrage.create({ seed })));
    const session = new BridgeSession('arbitrage', create);
    const { masks, observationSpace } = JSON.parse(
      textOf(session.answer(hello({ version: 1, numEnvs: 2, infos: true }))),
    );
    expect(masks).toBeGreaterThan(1);
    session.answer(reset(1));
    const answer = session.answer(step(0, 0));
    const dim = observationSpace.shape[0];
    const from = 8 + 4 * 2 * (dim + 1) + 4 + 2 * masks;
    expect([...answer.subarray(from - 2 * masks, from)].every((mask) => mask === 0 || mask === 1)).toBe(true);
    expect(JSON.parse(new TextDecoder().decode(answer.subarray(from)))).toHaveLength(2);
    session.close();
  });
});

describe('what a client must not send', () => {
  const begun = () => {
    const session = new BridgeSession('cartpole', cartpoles);
    session.answer(hello({ version: 1, numEnvs: 2 }));
    return session;
  };
  const playing = () => {
    const session = begun();
    session.answer(reset(1));
    return session;
  };
  const fresh = () => new BridgeSession('cartpole', cartpoles);
  test.each<[name: string, session: () => BridgeSession, sent: Uint8Array, reason: RegExp]>([
    ['nothing', fresh, new Uint8Array(0), /a message of 0 bytes/],
    ['a step first', fresh, step(0), /first message of kind 3/],
    ['no JSON', fresh, message(1, Uint8Array.of(1, 2, 3)), /not JSON/],
    ['another version', fresh, hello({ version: 2, numEnvs: 1 }), /version 2; this server speaks 1/],
    ['too many envs', fresh, hello({ version: 1, numEnvs: 1e9 }), /1000000000 envs/],
    ['half an env', fresh, hello({ version: 1, numEnvs: 1.5 }), /1.5 envs/],
    ['a step before a reset', begun, step(0, 0), /a step before the first reset/],
    ['hello twice', begun, hello({ version: 1, numEnvs: 1 }), /kind 1; reset \(2\) or step \(3\)/],
    ['half a reset', begun, message(2, new Uint8Array(4)), /a reset of 4 bytes/],
    ['an action too few', playing, step(0), /actions of 4 bytes; 8 are needed/],
    ['a choice there is not', playing, step(0, 2), /Action 2 of env 1 is none of 0 … 1/],
    ['a choice below 0', playing, step(-1, 0), /Action -1 of env 0/],
  ])('%s', (_, session, sent, reason) => {
    expect(() => session().answer(sent)).toThrow(reason);
  });

  test('a number that is not finite', () => {
    const session = new BridgeSession('pendulum', (numEnvs) =>
      createVectorEnv(Array.from({ length: numEnvs }, (_, seed) => pendulum.create({ seed }))),
    );
    session.answer(hello({ version: 1, numEnvs: 1 }));
    session.answer(reset());
    const sent = message(3, new Uint8Array(Float32Array.of(Number.NaN).buffer));
    expect(() => session.answer(sent)).toThrow(/Action NaN of env 0 is not finite/);
  });
});

describe('a server', () => {
  const framed = (sent: Uint8Array) => Buffer.concat([Buffer.from(Uint32Array.of(sent.length).buffer), sent]);

  test('leaves a client that sends nonsense, tells it why, and goes on with the others', async () => {
    const path = join(folder, 'a.sock');
    const refusals: string[] = [];
    const server = await startBridge({
      env: 'cartpole',
      createEnvs: cartpoles,
      listen: { socket: path },
      onRefusal: (reason) => refusals.push(reason),
    });
    const good = connect(path);
    good.write(framed(hello({ version: 1, numEnvs: 1 })));
    await once(good, 'data');
    for (const nonsense of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(64, 255), framed(step(1))]) {
      const bad = connect(path);
      const received: Buffer[] = [];
      bad.on('data', (chunk) => received.push(chunk));
      bad.write(nonsense);
      await once(bad, 'close');
      const answer = Buffer.concat(received);
      expect(answer[4]).toBe(255);
      expect(answer.subarray(8).toString()).toMatch(/^The client sent /);
    }
    expect(refusals).toHaveLength(3);
    // In pieces of a byte, as a slow connection gives them.
    for (const byte of framed(reset(3))) good.write(Buffer.from([byte]));
    const [state] = await once(good, 'data');
    expect(state.length).toBeGreaterThan(4);
    const gone = connect(path);
    gone.write(framed(hello({ version: 1, numEnvs: 1 })).subarray(0, 7));
    gone.destroy();
    await expect(
      startBridge({ env: 'cartpole', createEnvs: cartpoles, listen: { socket: path } }),
    ).rejects.toThrow(/is there already/);
    await server.close();
    good.destroy();
  });

  test('speaks WebSocket too, but not with pages', async () => {
    const server = await startBridge({ env: 'cartpole', createEnvs: cartpoles, listen: { port: 0 } });
    const client = new WebSocket(server.address);
    await once(client, 'open');
    client.send(hello({ version: 1, numEnvs: 2 }));
    const [about] = await once(client, 'message');
    expect(about[0]).toBe(1);
    client.send('text');
    const [refusal] = await once(client, 'message');
    expect(refusal[0]).toBe(255);
    await once(client, 'close');
    const page = new WebSocket(server.address, { origin: 'https://example.com' });
    const [error] = await once(page, 'error');
    expect(error.message).toContain('401');
    await server.close();
  });
});
