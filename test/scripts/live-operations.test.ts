/** What people do to a live session from outside: let it learn, halt it, look at it; as processes on loopback ports. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { standInTape } from '../../live/book-frames.ts';
import type { BookTape } from '../../market/book-tape.ts';
import { ModelRegistry } from '../../storage/model-registry.ts';
import { readTape, type TapeRecord, TapeWriter } from '../../storage/tape.ts';
import { type Outcome, Workplace } from './command-line.ts';
import { CONFIG, createModel, reversingBooks, START_MS, saveModel } from './continual-market.ts';

const place = new Workplace();
const servers: ReturnType<Workplace['start']>[] = [];

/** Books of hours in minutes: a bar of two seconds, a book every half second. */
const PACE = 30;
const HOURS = 1 / PACE;
const SPEED = 100;
const BAR_MS = 2000;

/** Serves a tape until the end. @returns the address of its venue */
async function serve(tape: string): Promise<string> {
  const server = place.start('serve', tape, '--speed', String(SPEED), '--port', '0');
  servers.push(server);
  const [line] = (await once(server.process.stdout!, 'data')) as [string];
  return /ws:\S+/.exec(line)?.[0] ?? '';
}

function writeConfig(name: string, url: string, change: object = {}): void {
  const { env } = CONFIG;
  const content = {
    markets: [{ venue: 'bybit', symbol: 'BTC/USDT', settings: { url, staleAfterMs: 120_000 } }],
    depth: 1,
    env: { ...env, barMs: BAR_MS, latencyMs: 10, normalizationBars: 20, episodeBars: 60 },
    risk: { maxDrawdown: 1, maxOrdersPerMinute: 1000, maxModelAgeHours: 1e6, maxLoopLagMs: 1e6 },
    speed: SPEED,
    ...change,
  };
  place.write(name, JSON.stringify(content));
}

const recordsOf = (tape: string, kind: string): TapeRecord[] =>
  [...readTape(place.file(tape), { onTorn: () => {} })]
    .map(({ record }) => record)
    .filter(([k]) => k === kind);

/** Resolves when what a process prints matches. */
function said({ process: { stdout } }: ReturnType<Workplace['start']>, pattern: RegExp): Promise<void> {
  let text = '';
  return new Promise((resolve) => {
    stdout!.on('data', (piece: string) => {
      text += piece;
      if (pattern.test(text)) resolve();
    });
  });
}

async function stop(session: ReturnType<Workplace['start']>): Promise<Outcome> {
  session.process.kill('SIGTERM');
  return session.outcome;
}

beforeAll(async () => {
  const slow = reversingBooks({ seed: 1, hours: 24 });
  const timeMs = slow.timeMs.map((time) => START_MS + (time - START_MS) / PACE);
  const books: BookTape = { ...slow, timeMs };
  const writer = new TapeWriter(place.file('source'));
  for (const record of standInTape(books)) writer.append(record);
  await writer.close();
  const registry = new ModelRegistry(place.file('registry'), { create: true });
  const id = saveModel(registry, createModel(1));
  registry.promote(id, 0, { reason: 'by hand' });
  registry.close();
});

afterAll(async () => {
  for (const { process, outcome } of servers) {
    process.kill('SIGTERM');
    await outcome;
  }
  place.remove();
});

describe('a session that learns', { timeout: 120_000 }, () => {
  test('trains a candidate, has it judged, and its tape is repeated byte for byte', async () => {
    writeConfig('learn.json', await serve('source'), {
      policy: { model: 'policy', registry: 'registry' },
      learn: {
        enabled: true,
        everyHours: 3 * HOURS,
        spanHours: 3 * HOURS,
        steps: 20_000,
        forwardDays: (2 * HOURS) / 24,
        agentSettings: { learningRate: 0.003 },
        gate: {
          embargoHours: 0.1 * HOURS,
          freeTurnoverPerDay: 1e9,
          falsePromotionRate: 0.5,
          maxDrawdown: 0.9,
          numResamples: 500,
        },
        drift: { windowDecisions: 120, maxPsi: 1e9, maxActionKl: 1e9, maxLoss: 1, maxFillGapBps: 1e9 },
      },
    });
    const session = place.start('live', '--config', 'learn.json', '--tape', 'learnt', '--log', 'learn.log');
    await said(session, /policy@2 is (promoted|rejected)/);
    // Some decisions more, of whoever decides now.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { code, stdout, stderr } = await stop(session);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^policy@1 on bybit BTC\/USDT\npolicy@2 has learnt, and waits to be judged\n/);

    const registry = new ModelRegistry(place.file('registry'));
    const events = registry.events('policy@2');
    const champion = registry.get('policy@champion').id;
    registry.close();
    const isPromoted = /policy@2 is promoted/.test(stdout);
    console.log(stdout.split('\n')[2]);
    expect(events.map(({ action }) => action)).toEqual(
      isPromoted ? ['saved', 'promoted'] : ['saved', 'rejected', 'archived'],
    );
    expect(events[1].evidence).toMatchObject({ trial: 1, numPeriods: expect.any(Number) });
    expect(champion).toBe(isPromoted ? 'policy@2' : 'policy@1');
    expect(recordsOf('learnt', 'model').map(([, , id]) => id)).toEqual(isPromoted ? ['policy@2'] : []);
    expect(recordsOf('learnt', 'note').length).toBe(2);
    expect(place.read('learn.log')).toContain('"learning":"policy@2 has learnt');

    const replayed = await place.run('replay', 'learnt', '--registry', 'registry');
    expect([replayed.code, replayed.stderr]).toEqual([0, '']);
    expect(replayed.stdout).toMatch(/byte for byte/);
  });
});
