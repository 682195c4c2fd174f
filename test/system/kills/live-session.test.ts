/** Sessions in processes of their own, killed at any moment and started again on the same tape. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import type { LiveMarket } from '../../../live/session/live-market.ts';
import { bookFrame } from '../../../live/tape/book-frames.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { startVenueServer, type VenueServer } from '../../../live/tape/venue-server.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import { readTape, type TapeRecord } from '../../../storage/tape.ts';
import { freshDist } from '../../dist.ts';
import { VENUE_NAMES } from '../../live/recorded-session.ts';
import { restlessPolicy } from '../../live/session/restless-policy.mjs';
import { counts } from '../../soak.ts';

const WRITER = fileURLToPath(new URL('./session-writer.mjs', import.meta.url));
/** In each of the sessions. */
const KILLS = counts(10, 75);
const SESSIONS = [
  ['trading', 'keep'],
  ['trading', 'close'],
  ['arbitrage', 'keep'],
  ['arbitrage', 'close'],
] as const;
const FRAME_EVERY_MS = 2;
/** The most orders, or fills, of a life that ends itself. */
const MAX_DEEDS = 3;
/** How the lives of a session end, in turn: by a deed of their own, or from outside at any moment. */
const DEATHS = ['fill', 'order', 'recovery', 'checkpoint', undefined] as const;
/** A life that finds no occasion for its death is killed from outside after so long, ms. */
const LONGEST_MS = 3000;
const total = { kills: 0, recovery: 0, checkpoint: 0 };

const books = new SyntheticVenues({
  events: 2000,
  venues: VENUE_NAMES.map((name) => ({ name, intervalMs: 400, basisDeviationBps: 15, spreadBps: 4 })),
}).generate(createRng(4));
const directory = mkdtempSync(join(tmpdir(), 'market-gym-live-'));
let server: VenueServer;
let stopSending = () => {};

beforeAll(async () => {
  freshDist('live/session/live-run.js');
  server = await startVenueServer({});
  let event = 0;
  const timer = setInterval(() => {
    const venue = books.venue[event];
    const text = bookFrame(books, event, venue, 'BTC/USDT');
    for (const client of server.clients) if (client.path === `/${VENUE_NAMES[venue]}`) client.send(text);
    event = (event + 1) % books.length;
  }, FRAME_EVERY_MS);
  stopSending = () => clearInterval(timer);
});

afterAll(async () => {
  const { kills, recovery, checkpoint } = total;
  console.log(
    `${kills} SIGKILLs, ${recovery} in the middle of a recovery, ${checkpoint} in the middle of a checkpoint`,
  );
  expect(recovery).toBeGreaterThanOrEqual(counts(1, 25));
  expect(checkpoint).toBeGreaterThanOrEqual(counts(1, 25));
  stopSending();
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Life {
  readonly process: ChildProcess;
  /** Lines that it wrote. */
  readonly lines: TapeRecord[];
  readonly started: Promise<void>;
  readonly ended: Promise<number | null>;
}

/** @param last the deed after which it kills itself, within the same call, the `numDeeds`th of them */
function live(tape: string, mode: string, leftOver: string, last = 'none', numDeeds = 0): Life {
  const child = spawn(process.execPath, [WRITER, tape, server.url, mode, leftOver, last, String(numDeeds)]);
  const lines: TapeRecord[] = [];
  let output = '';
  let errors = '';
  let start = () => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (output + text).split('\n');
    output = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(JSON.parse(line));
      if (line === '["started"]') start();
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('close', (code) => {
      start();
      if (errors === '') resolve(code);
      else reject(new Error(errors));
    });
  });
  return { process: child, lines, started, ended };
}

/** Repeats a tape, and checks that what it holds is what its fills add up to. @returns its fills */
function checkTape(tape: string, mode: string): string[] {
  const records = [...readTape(tape, { onTorn: () => {} })];
  const first: { [key: string]: number } = {};
  let market: LiveMarket | undefined;
  const outcome = replayTape(records, {
    venues: builtInVenues,
    policyFor: (_model, _createdMs, market) => restlessPolicy(market),
    onDecision: ({ index }) => {
      if (index === 0) Object.assign(first, market?.describe());
    },
    onAssembled: (assembled) => {
      market = assembled.market;
    },
  });
  expect(outcome.difference).toBeUndefined();
  expect(outcome.missing).toEqual([]);
  const fills = records.map(({ record }) => record).filter(([kind]) => kind === 'fill');
  const account = outcome.assembled.market.describe() as { [key: string]: number };
  const sums: { [key: string]: number } = {};
  for (const [, , fill] of fills as [string, number, { [key: string]: number }][]) {
    const name = mode === 'trading' ? 'position' : `base ${fill.venue}`;
    sums[name] =
      (sums[name] ?? first[name]) + (mode === 'trading' ? fill.baseChange : fill.side * fill.filled);
  }
  for (const [name, sum] of Object.entries(sums)) expect(account[name]).toBeCloseTo(sum, 9);
  return fills.map((fill) => JSON.stringify(fill));
}

describe.concurrent.each(SESSIONS)('a session of %s that is to %s what it left', (mode, leftOver) => {
  test(`loses and doubles no fill in ${KILLS} kills at any moment`, { timeout: 1_000_000 }, async () => {
    const tape = join(directory, `${mode}-${leftOver}`);
    const rng = createRng(`${mode} ${leftOver}`);
    const told: string[] = [];
    let afterOrder = 0;
    let betweenLegs = 0;
    let lastDeed: string | undefined;
    for (let kill = 0; kill < KILLS; kill++) {
      // Some die right after a fill, which may be a first leg, some right after an order is sent, some while they repeat their
      // tape, some with half of a checkpoint written. The others are killed from outside, some while they still find out.
      const last = DEATHS[kill % DEATHS.length];
      const numDeeds = 1 + (last === 'checkpoint' ? 0 : rng.integer(MAX_DEEDS));
      const { process: child, lines, started, ended } = live(tape, mode, leftOver, last, numDeeds);
      if (last === undefined) {
        if (rng.uniform() < 0.6) await started;
        await sleep(400 * rng.uniform());
        child.kill('SIGKILL');
      } else if (last === 'recovery' || last === 'checkpoint') {
        await started;
        await Promise.race([ended, sleep(last === 'recovery' ? 200 : LONGEST_MS)]);
        child.kill('SIGKILL');
      }
      await ended;
      total.kills++;
      for (const line of lines) {
        if ((line[0] as string) === 'died') total[line[1] as unknown as 'recovery']++;
        const [kind, recovery] = line as unknown as [string, { numOrders: number }];
        if (kind === 'fill') told.push(JSON.stringify(line));
        // Dying again before it has recovered tells nothing.
        if (kind === 'recovery' && recovery.numOrders > 0) betweenLegs += Number(lastDeed === 'fill');
      }
      lastDeed = lines.findLast(([kind]) => kind === 'fill' || kind === 'order')?.[0];
      afterOrder += Number(lastDeed === 'order');
    }
    const last = live(tape, mode, leftOver);
    await last.started;
    last.process.kill('SIGTERM');
    expect(await last.ended).toBe(0);
    const fills = checkTape(tape, mode);
    console.log(
      `${mode}, ${leftOver}: ${fills.length} fills, ${afterOrder} deaths right after an order, ${betweenLegs} after a fill ` +
        'with another order under way',
    );
    expect(fills.length).toBeGreaterThan(KILLS / 4);
    expect(afterOrder).toBeGreaterThan(KILLS / 8);
    if (mode === 'arbitrage') expect(betweenLegs).toBeGreaterThan(KILLS / 20);
    // What anybody was told of is there, once and in order; what nobody was told of may be there as well.
    expect(new Set(told).size).toBe(told.length);
    const known = new Set(told);
    expect(fills.filter((fill) => known.has(fill))).toEqual(told);
    if (leftOver === 'close') {
      const kinds = [...readTape(tape)].map(({ record }) => record[4]);
      expect(kinds).toContain('left-over');
    }
  });
});
