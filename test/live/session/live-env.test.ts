import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Agent } from '../../../agents/agent.ts';
import { buyAndHold } from '../../../agents/rules/buy-and-hold.ts';
import { createRng } from '../../../core/rng.ts';
import type { TransitionBatch } from '../../../envs/transition.ts';
import type { SocketHandlers, Transport } from '../../../live/connection/transport.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { resolveLiveConfig } from '../../../live/session/config.ts';
import { LiveEnv, runLive } from '../../../live/session/live-env.ts';
import { bookFrame } from '../../../live/tape/book-frames.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import { readTape } from '../../../storage/tape.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { sessionSettings } from './restless-policy.mjs';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'market-gym-live-env-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const books = walkingBooks({ events: 400, depth: 3 });

/** A live env whose venue sends the books on virtual time; `play` lets it pass, with turns for promises in between. */
function openEnv(markets?: readonly object[]) {
  const clock = new VirtualClock(books.timeMs[0]);
  let socket: SocketHandlers | undefined;
  const transport: Transport = {
    connect(_url, _options, handlers) {
      socket = handlers;
      clock.schedule(0, handlers.open);
      return { send: () => {}, terminate: () => {} };
    },
    get: () => () => {},
  };
  const settings = sessionSettings('trading', 'ws://nowhere');
  const config = resolveLiveConfig(markets === undefined ? settings : { ...settings, markets });
  const env = new LiveEnv({ config, venues: builtInVenues, clock, transport, tape: join(directory, 'tape') });
  const play = async () => {
    clock.runUntil(books.timeMs[0]);
    for (let event = 0; event < books.length; event++) {
      while (clock.nowMs() < books.timeMs[event]) {
        clock.runUntil(Math.min(books.timeMs[event], clock.nowMs() + 20));
        await new Promise(setImmediate);
      }
      socket?.text(bookFrame(books, event, 0, 'BTC/USDT'));
      await new Promise(setImmediate);
    }
  };
  /** The venue says no, which no other try mends. */
  const giveUp = () => {
    clock.runUntil(clock.nowMs() + 1);
    socket?.text(JSON.stringify({ success: false, ret_msg: 'no such topic', op: 'subscribe' }));
    env.run.connections[0].session.refuse('no such topic');
  };
  return { env, play, giveUp };
}

const replay = () =>
  replayTape(readTape(join(directory, 'tape')), {
    venues: builtInVenues,
    policyFor: () => ({ model: 'external', createdMs: Number.NaN, act: () => undefined }),
  });

test('an agent steps a live env by promises, and the tape repeats it without the agent', async () => {
  const { env, play } = openEnv();
  const { observationSpace, actionSpace } = env;
  const agent = buyAndHold.build({
    observationSpace,
    actionSpace,
    numEnvs: 1,
    rng: createRng(1),
    totalSteps: Number.POSITIVE_INFINITY,
  });
  let reward = 0;
  const steps = runLive(agent, env, {
    onStep(step, numSteps) {
      reward += step.reward;
      return numSteps < 200;
    },
  });
  await play();
  expect(await steps).toBe(200);
  await env.close();
  const { equity } = env.run.market.account;
  expect(Number.isFinite(reward)).toBe(true);
  expect(env.run.market.account.numFills).toBeGreaterThan(0);
  const outcome = replay();
  expect(outcome.difference).toBeUndefined();
  expect(outcome.assembled.market.account.equity).toBe(equity);
});

test('an agent that learns is handed each transition whole: from what it acted on to what came next', async () => {
  const { env, play } = openEnv();
  const acted: number[][] = [];
  const transitions: { from: number[]; to: number[]; reward: number }[] = [];
  const told: number[] = [];
  const agent = {
    act: (observations: Float32Array) => {
      acted.push([...observations]);
      return Int32Array.of(acted.length % 3);
    },
    observe: ({ observations, nextObservations, rewards }: TransitionBatch) => {
      transitions.push({ from: [...observations], to: [...nextObservations], reward: rewards[0] });
    },
  };
  const steps = runLive(agent as unknown as Agent, env, {
    learns: true,
    onStep({ reward }, numSteps) {
      told.push(Math.fround(reward));
      return numSteps < 40;
    },
  });
  await play();
  expect(await steps).toBe(40);
  await env.close();
  expect(transitions.map(({ from }) => from)).toEqual(acted);
  expect(transitions.slice(0, -1).map(({ to }) => to)).toEqual(acted.slice(1));
  expect(new Set(acted.map(String)).size).toBeGreaterThan(30);
  expect(transitions.map(({ reward }) => reward)).toEqual(told);
});

test('an action that comes after the next input is replaced by holding, and the tape says so', async () => {
  const { env, play } = openEnv();
  const first = env.reset();
  let late: Promise<unknown> = Promise.resolve();
  const answered = first.then(async () => {
    // A hundred turns later the book has moved on.
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    late = env.step(0);
  });
  await play();
  await answered;
  await env.close();
  await late;
  const reasons = [...readTape(join(directory, 'tape'))].map(({ record }) => record[4]);
  expect(reasons).toContain('late');
  expect(replay().difference).toBeUndefined();
});

test('a halted session ends the episode as truncated', async () => {
  const { env, play } = openEnv();
  const ended = (async () => {
    await env.reset();
    env.run.halt('by hand');
    for (;;) {
      const step = await env.step(0);
      if (step.truncated || step.terminated) return step.truncated;
    }
  })();
  await play();
  expect(await ended).toBe(true);
  await env.close();
});

test('a session that is closed before its first decision says so', async () => {
  const { env } = openEnv();
  const first = env.reset();
  const refused = expect(first).rejects.toThrow(/closed before its first decision/);
  await env.close();
  await refused;
});

test('an exchange that ccxt does not know is refused by the first reset, before anything connects', async () => {
  const { env } = openEnv([{ venue: 'ccxt:kukoin', symbol: 'BTC/USDT' }]);
  await expect(env.reset()).rejects.toThrow('Unknown ccxt exchange "kukoin". Did you mean "kucoin"?');
  expect(env.run.isRunning).toBe(false);
  await env.close();
});

test('a session whose only venue is given up ends: with its reason before a decision, as truncated after', async () => {
  const early = openEnv();
  const first = early.env.reset();
  await vi.waitFor(() => expect(early.env.run.isRunning).toBe(true));
  early.giveUp();
  await expect(first).rejects.toThrow('Every venue of the session was given up: bybit: the venue refuses');
  await early.env.close();
  rmSync(join(directory, 'tape'), { recursive: true });

  const { env, play, giveUp } = openEnv();
  const ended = (async () => {
    await env.reset();
    giveUp();
    return env.step(0);
  })();
  await play();
  expect(await ended).toMatchObject({ truncated: true, terminated: false });
  await env.close();
});
