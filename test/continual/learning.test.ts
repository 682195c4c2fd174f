/** The whole way of a policy that keeps learning: tape, candidate, shadow, verdict, swap, rollback. */
import { describe, expect, test, vi } from 'vitest';
import { startLearner } from '../../continual/learner.ts';
import { type LearnerResult, type LearnerTask, performTask } from '../../continual/learner-tasks.ts';
import {
  readContinualState,
  recoverContinualState,
  resolveLearnConfig,
} from '../../continual/registry-state.ts';
import { Registry } from '../../core/registry.ts';
import { createRng } from '../../core/rng.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { tradingBooks } from '../../envs/book-trading.ts';
import { builtInEnvs } from '../../envs/built-in.ts';
import { defineEnv } from '../../envs/env.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import { unpackAgentModel } from '../../storage/agent-model.ts';
import { ModelRegistry } from '../../storage/model-registry.ts';
import { readTape, type TapeRecord } from '../../storage/tape.ts';
import { counts } from '../soak.ts';
import {
  CONFIG,
  catalog,
  createModel,
  createPlace,
  inlineLearner,
  LEARN,
  type MarketOptions,
  type Place,
  Play,
  replay,
  reversingBooks,
  START_MS,
  saveModel,
} from './continual-market.ts';

const HOUR_MS = 3_600_000;
/** Candidates train here. */
vi.setConfig({ testTimeout: 180_000 });

function placeWith(...models: ReturnType<typeof createModel>[]): Place {
  const place = createPlace();
  const registry = new ModelRegistry(place.registry, { create: true });
  for (const [i, model] of models.entries())
    registry.promote(saveModel(registry, model), i, { reason: 'by hand' });
  registry.close();
  return place;
}

const recordsOf = ({ tape }: Place, kind?: string): TapeRecord[] =>
  [...readTape(tape)].map(({ record }) => record).filter(([name]) => kind === undefined || name === kind);

const actionsOf = ({ registry }: Play, id: string) => registry.events(id).map(({ action }) => action);

function requireNoGap(place: Place, books: { length: number }): void {
  // Every book is on the tape, and a decision stands at every bar's end.
  expect(recordsOf(place, 'input').filter((record) => record[3] === 'frame').length).toBe(books.length);
  const decisions = recordsOf(place, 'decision');
  expect(decisions.map(([, , index]) => index)).toEqual(decisions.map((_, i) => i));
  const gaps = new Set(decisions.slice(1).map(([, timeMs], i) => timeMs - decisions[i][1]));
  expect([...gaps]).toEqual([60_000]);
  expect(replay(place).difference).toBeUndefined();
}

describe('a session that learns', () => {
  test('promotes what has learnt the edge, swaps between two decisions, and drops no tick', async () => {
    let promoted = 0;
    const seeds = [1, 2, 3].slice(0, counts(1, 3));
    for (const seed of seeds) {
      const place = placeWith(createModel(seed));
      const books = reversingBooks({ seed, hours: 14 });
      const play = new Play(place);
      await play.take(books, 0, 14);
      const { id } = play.registry.get('policy@champion');
      if (id === 'policy@2') {
        promoted++;
        expect(actionsOf(play, 'policy@1')).toEqual(['saved', 'promoted', 'archived']);
        expect(recordsOf(place, 'model').map((record) => record[2])).toEqual(['policy@2']);
        expect(play.decisions.at(-1)?.model).toBe('policy@2');
        const [saved] = play.registry.list('policy').slice(1);
        expect(saved.manifest.parent).toBe('policy@1');
        expect(saved.manifest.data?.toMs).toBeLessThan(saved.manifest.createdMs);
      }
      await play.close();
      requireNoGap(place, books);
    }
    console.log(`promoted in ${promoted} of ${seeds.length} markets after 0.25 forward days`);
    expect(promoted).toBe(seeds.length);
  });

  test('gives the same candidate and verdict again, on a thread of its own too, and decides meanwhile', async () => {
    const books = reversingBooks({ seed: 1, hours: 13 });
    const hashes: string[] = [];
    for (const isThread of [false, true]) {
      const place = placeWith(createModel(1));
      const order: string[] = [];
      const play = new Play(place, {
        learner: (context) => {
          const inner = isThread
            ? startLearner({ ...place, plugins: [], learn: LEARN })
            : inlineLearner(context);
          return {
            ...inner,
            async perform(task) {
              order.push(`begin ${task.kind} at ${play.decisions.length}`);
              const result = await inner.perform(task);
              order.push(`end ${task.kind} at ${play.decisions.length}`);
              return result;
            },
          };
        },
      });
      // The thread's session does not wait: what was due at a time is due at that time however long it takes.
      await play.take(books, 0, 1);
      await play.take(books, 1, 7.5, !isThread);
      await play.continual.idle();
      expect(play.events).toEqual([{ kind: 'trained', id: 'policy@2' }]);
      hashes.push(play.registry.get('policy@2').artifact);
      if (isThread) {
        const at = (mark: string) =>
          Number(
            order
              .find((text) => text.startsWith(mark))
              ?.split(' ')
              .at(-1),
          );
        expect(at('end train')).toBeGreaterThan(at('begin train'));
      }
      await play.close();
    }
    expect(hashes[1]).toBe(hashes[0]);
  });

  test('goes on after a kill where registry and tape say, also between promotion and swap', async () => {
    const place = placeWith(createModel(1));
    const books = reversingBooks({ seed: 1, hours: 14 });
    const first = new Play(place, {
      learner: (context) => {
        const inner = inlineLearner(context);
        const perform = async (task: LearnerTask): Promise<LearnerResult> => {
          const result = await inner.perform(task);
          // The verdict is in the registry; the process dies before it hears of it.
          return result.kind === 'judged' ? { kind: 'early' } : result;
        };
        return { ...inner, perform };
      },
    });
    await first.take(books, 0, 7);
    first.kill();
    const second = new Play(place, {
      learner: (context) => {
        const inner = inlineLearner(context);
        return {
          ...inner,
          async perform(task) {
            const result = await inner.perform(task);
            return result.kind === 'judged' ? { kind: 'failed', message: 'killed' } : result;
          },
        };
      },
    });
    expect(second.continual.status).toMatchObject({ champion: 'policy@1', candidate: 'policy@2' });
    await second.take(books, 7, 13.6);
    expect(recordsOf(place, 'model')).toEqual([]);
    expect(second.registry.get('policy@champion').id).toBe('policy@2');
    second.kill();
    const third = new Play(place);
    await third.take(books, 13.6, 14);
    expect(third.registry.list('policy').filter(({ stage }) => stage === 'champion').length).toBe(1);
    expect(third.decisions.at(0)?.model).toBe('policy@2');
    await third.close();
    expect(recordsOf(place, 'model').map((record) => record[2])).toEqual(['policy@2']);
    requireNoGap(place, books);
  });
});

describe('rollback', () => {
  const cases: [string, object, Partial<MarketOptions>][] = [
    ['observations', { maxPsi: 0.4 }, { change: { fromHour: 4, factor: 0 } }],
    ['actions', { maxActionKl: 0.02 }, { change: { fromHour: 4, factor: 30 } }],
    ['fills', { maxFillGapBps: 5 }, { change: { fromHour: 4, halfSpread: 0.2 } }],
    ['loss', { maxLoss: 0.05 }, { change: { fromHour: 4, halfSpread: 0.2 } }],
  ];
  test.each(cases)('on %s', async (sign, limits, market) => {
    const place = placeWith(createModel(1), createModel(2));
    const books = reversingBooks({ seed: 1, hours: 8, reversal: 0, ...market });
    const loose = {
      windowDecisions: 30,
      referenceWindows: 4,
      maxPsi: 1e9,
      maxOutside: 1,
      maxActionKl: 1e9,
      maxLoss: 1,
      maxFillGapBps: 1e9,
    };
    const play = new Play(place, { learn: { everyHours: 1e6, drift: { ...loose, ...limits } } });
    await play.take(books, 0, 8);
    expect(play.registry.get('policy@champion').id).toBe('policy@1');
    const event = play.registry.events('policy@2').find(({ action }) => action === 'rolled-back');
    expect((event!.evidence as { alarms: { sign: string }[] }).alarms[0].sign).toBe(sign);
    expect(play.decisions.at(-1)?.model).toBe('policy@1');
    await play.close();
    expect(recordsOf(place, 'note').some(([, , text]) => /policy@2 has drifted/.test(String(text)))).toBe(
      true,
    );
    requireNoGap(place, books);
  });

  test('that was cut off is finished at the next start', () => {
    const { registry: path } = placeWith(createModel(1), createModel(2));
    const registry = new ModelRegistry(path);
    registry.note('policy@2', 5, 'rolled-back', null);
    const numEvents = registry.events().length;
    expect(readContinualState(registry, 'policy', 6).champion.id).toBe('policy@2');
    expect(registry.events().length).toBe(numEvents);
    recoverContinualState(registry, 'policy', 6);
    expect(readContinualState(registry, 'policy', 6).champion.id).toBe('policy@1');
    const recovered = registry.events().length;
    recoverContinualState(registry, 'policy', 7);
    expect(registry.events().length).toBe(recovered);
    expect(readContinualState(registry, 'policy', 7)).toMatchObject({ previous: undefined });
    registry.close();
  });
});

describe('the only champion, when it loses too much', () => {
  const loss = {
    windowDecisions: 30,
    maxPsi: 1e9,
    maxOutside: 1,
    maxActionKl: 1e9,
    maxFillGapBps: 1e9,
    maxLoss: 0.05,
  };
  const books = reversingBooks({ seed: 1, hours: 8, reversal: 0, change: { fromHour: 2, halfSpread: 0.2 } });

  test.each(['halt', 'go-on'] as const)('%s', async (withoutPrevious) => {
    const place = placeWith(createModel(2));
    const learn = { everyHours: 1e6, drift: { ...loss, withoutPrevious } };
    const play = new Play(place, { learn });
    expect(play.continual.status.drift).toBeUndefined();
    await play.take(books, 0, 6);
    const drifts = () => actionsOf(play, 'policy@1').filter((action) => action === 'drifted').length;
    expect(drifts()).toBe(1);
    expect(play.continual.status).toMatchObject({
      champion: 'policy@1',
      drift: expect.stringMatching(/^the loss since it took over is 0.05\d, the limit is 0.05$/),
    });
    expect(
      recordsOf(place, 'note').filter(([, , text]) => /policy@1 has drifted/.test(String(text))).length,
    ).toBe(1);
    const isHalted = withoutPrevious === 'halt';
    expect(recordsOf(place, 'halt').length).toBe(isHalted ? 1 : 0);
    play.kill();

    // The next process finds it so, and says it no second time.
    const next = new Play(place, { learn });
    expect(next.continual.status.drift).toBe(play.continual.status.drift);
    await next.take(books, 6, 8);
    expect(actionsOf(next, 'policy@1').filter((action) => action === 'drifted').length).toBe(1);
    expect(recordsOf(place, 'halt').length).toBe(isHalted ? 1 : 0);
    const last = recordsOf(place, 'decision').at(-1)!;
    expect(last[3]).toBe(isHalted ? 'flatten' : 'pass');
    // Who promotes it again trusts it again.
    next.registry.promote('policy@1', START_MS, { reason: 'by hand' });
    expect(readContinualState(next.registry, 'policy', START_MS)).toMatchObject({
      drift: undefined,
      previous: undefined,
    });
    await next.close();
    requireNoGap(place, books);
  });
});

describe('restarts', () => {
  test('do not put off the training: once a day, however often the session begins again', async () => {
    const place = placeWith(createModel(1));
    const books = reversingBooks({ seed: 1, hours: 13 });
    const cuts: number[] = [];
    const learner = () => ({
      perform: async (task: LearnerTask): Promise<LearnerResult> => {
        if (task.kind !== 'train') return { kind: 'failed', message: 'not asked for here' };
        cuts.push(task.cutMs);
        const { registry } = link;
        const id = saveModel(registry!, createModel(cuts.length + 1), {
          parent: task.champion,
          createdMs: task.cutMs,
        });
        registry!.archive(id, task.cutMs, { reason: 'not asked for here' });
        return { kind: 'trained', id };
      },
      stop: async () => {},
    });
    const link: { registry?: ModelRegistry } = {};
    // Every 100 minutes, killed and ended by turns, where 4 hours lie between trainings.
    for (let start = 0, run = 0; start < 13; start += 5 / 3, run++) {
      const play = new Play(place, { learn: { everyHours: 4 }, learner });
      link.registry = play.registry;
      await play.take(books, start, Math.min(13, start + 5 / 3));
      if (run % 2 === 0) play.kill();
      else await play.close();
    }
    const [first] = recordsOf(place, 'decision');
    const hours = cuts.map((cutMs) => (cutMs - first[1]) / HOUR_MS);
    expect(hours).toEqual([4, 8, 12]);
  });

  test('neither forget what was lost before nor count it twice', async () => {
    // It loses by the spread, some part in each process; the drift is told at the same decision however often it is cut.
    const drift = {
      windowDecisions: 30,
      maxPsi: 1e9,
      maxOutside: 1,
      maxActionKl: 1e9,
      maxFillGapBps: 1e9,
      maxLoss: 0.04,
    };
    const books = reversingBooks({
      seed: 1,
      hours: 5,
      reversal: 0,
      change: { fromHour: 1, halfSpread: 0.05 },
    });
    const told: number[][] = [];
    for (const stops of [[5], [1.7, 2.1, 2.15, 2.9, 3.4, 5], [1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 5]]) {
      const place = placeWith(createModel(1), createModel(2));
      let from = 0;
      for (const stop of stops) {
        const play = new Play(place, { learn: { everyHours: 1e6, drift } });
        await play.take(books, from, stop);
        play.kill();
        from = stop;
      }
      told.push(recordsOf(place, 'model').map(([, timeMs]) => (timeMs - START_MS) / 60_000));
      const [change] = recordsOf(place, 'model');
      expect(change?.[2]).toBe('policy@1');
    }
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
  });

  test('a reference of own windows is the same whether the tape was cut or not', async () => {
    const books = reversingBooks({ seed: 1, hours: 6 });
    const seen: LearnerResult[] = [];
    for (const stops of [[6], [1.3, 2.2, 3.1, 4, 6]]) {
      const place = placeWith(createModel(1));
      let from = 0;
      let last: LearnerResult | undefined;
      for (const stop of stops) {
        const drift = { windowDecisions: 30, referenceWindows: 4 };
        const play = new Play(place, {
          learn: { everyHours: 1e6, drift: { ...drift, withoutPrevious: 'go-on' } },
          learner: (context) => {
            const inner = inlineLearner(context);
            return {
              ...inner,
              async perform(task) {
                last = await inner.perform(task);
                return last;
              },
            };
          },
        });
        await play.take(books, from, stop);
        if (stop === 6) expect(play.continual.status.isWatched).toBe(true);
        play.kill();
        from = stop;
      }
      seen.push(last!);
    }
    const [whole, cut] = seen;
    if (whole.kind !== 'watched' || cut.kind !== 'watched') throw new Error('it was not watched');
    expect(whole.profile).toBeDefined();
    expect(cut.profile).toEqual(whole.profile);
  });
});

test('a policy from an env of the user’s own goes on learning in it, on the books of the tape', async () => {
  const seen: { lengthMs: number; config: unknown }[] = [];
  const own = defineEnv({
    ...tradingBooks,
    name: 'own-books',
    create(context, config) {
      const { timeMs, length } = context.books!;
      seen.push({ lengthMs: timeMs[length - 1] - timeMs[0], config });
      return tradingBooks.create(context, config);
    },
  });
  const { env } = CONFIG;
  const model = { ...createModel(1), env: { name: own.name, config: { ...env, feeRate: 0.0042 } as never } };
  const place = placeWith(model);
  const play = new Play(place, { learn: { everyHours: 100 } });
  await play.take(reversingBooks({ seed: 1, hours: 7 }), 0, 7);
  const envs = new Registry('env', [...builtInEnvs, own]);
  const result = performTask(
    { kind: 'train', champion: 'policy@1', cutMs: START_MS + 6.5 * HOUR_MS },
    {
      ...place,
      registry: play.registry,
      catalog: { ...catalog, envs },
      venues: builtInVenues,
      learn: resolveLearnConfig({ ...LEARN, steps: 256 }),
    },
  );
  expect(result).toEqual({ kind: 'trained', id: 'policy@2' });
  expect(seen).toHaveLength(model.numEnvs);
  expect(seen[0].config).toMatchObject({ feeRate: 0.0042 });
  expect(seen[0].lengthMs).toBeGreaterThan(5.9 * HOUR_MS);
  expect(unpackAgentModel(play.registry.load('policy@2')).env).toEqual(model.env);
  await play.close();
});

describe('a challenger in shadow is rejected', async () => {
  const place = placeWith(createModel(1));
  const books = reversingBooks({ seed: 1, hours: 14 });
  const play = new Play(place);
  await play.take(books, 0, 7);
  const good = unpackAgentModel(play.registry.load('policy@2'));
  await play.continual.stop();
  await play.take(books, 7, 14);

  const judge = (
    change: (state: Snapshot) => Snapshot,
    toMs = START_MS + 7 * HOUR_MS,
    champion = 'policy@1',
  ): LearnerResult => {
    const { registry } = play;
    const model = { ...good, state: change(good.state) };
    const challenger = saveModel(registry, model, {
      parent: 'policy@1',
      createdMs: START_MS + 7 * HOUR_MS,
      toMs,
    });
    return performTask(
      {
        kind: 'judge',
        champion,
        challenger,
        stretch: { fromMs: START_MS + 7.5 * HOUR_MS, lengthMs: 6 * HOUR_MS },
        trial: 1,
        nowMs: 0,
      },
      {
        ...place,
        registry,
        catalog,
        venues: builtInVenues,
        learn: resolveLearnConfig(LEARN),
      },
    );
  };
  const same = (state: Snapshot): Snapshot => structuredClone(state);

  test('unless it is the good one: the control', () => {
    expect(judge(same)).toMatchObject({ decision: 'promote' });
  });

  test('with one weight that is NaN', () => {
    const rng = createRng('poison');
    for (let i = 0; i < 5; i++) {
      const verdict = judge((state) => {
        const poisoned = same(state);
        const parameters = poisoned.arrays['policy/parameters'];
        parameters[rng.integer(parameters.length)] = Number.NaN;
        return poisoned;
      });
      expect(verdict).toMatchObject({ decision: 'reject', reasons: [expect.stringMatching(/is NaN/)] });
    }
  });

  test('with shuffled weights, against one that knows the edge; or the champion over again', () => {
    for (let i = 0; i < 3; i++) {
      const shuffled = judge(
        (state) => {
          const other = same(state);
          createRng(i).shuffle(other.arrays['policy/parameters'] as Float32Array);
          return other;
        },
        undefined,
        'policy@2',
      );
      expect(shuffled).toMatchObject({ decision: 'reject' });
    }
    expect(judge(() => same(createModel(1).state))).toMatchObject({ decision: 'reject' });
  });

  test('that has learnt from the stretch, or from shortly before it', () => {
    for (const hours of [7.1, 8, 13]) {
      expect(judge(same, START_MS + hours * HOUR_MS)).toMatchObject({
        decision: 'reject',
        reasons: [expect.stringMatching(/learnt from data/)],
      });
    }
  });
});
