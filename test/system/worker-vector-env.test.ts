import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { hashSnapshot, type NumericArray } from '../../core/snapshot.ts';
import { createActionBatch, sampleActionsInto } from '../../envs/spaces.ts';
import { createVectorEnv, type VectorEnv } from '../../envs/vector/vector-env.ts';
import { createWorkerVectorEnv } from '../../envs/vector/worker-vector-env.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { testVectorEnv } from '../envs/vector/test-vector-env.ts';
import { type CounterFixture, createEnv, type Fixture } from '../envs/vector-fixtures.ts';

// A thread takes a second to start from source, and more on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const module = new URL('../envs/vector-fixtures.ts', import.meta.url);
const opened: VectorEnv[] = [];
afterEach(() => {
  for (const envs of opened.splice(0)) envs.close();
});

function createWorkers(fixture: Fixture, numEnvs: number, workers: number, timeoutMs?: number): VectorEnv {
  const envs = createWorkerVectorEnv({ module, argument: fixture, numEnvs, workers, timeoutMs });
  opened.push(envs);
  return envs;
}

const createInThread = (fixture: Fixture, numEnvs: number): VectorEnv =>
  createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createEnv(i, fixture)));

testVectorEnv((fixture, numEnvs) => createWorkers(fixture, numEnvs, 2));

/** A hash of the bits of everything that a step shows. */
function seenIn({
  transition,
  stepContext,
  finishedEpisodes,
  infos,
  observations,
  totalSteps,
}: VectorEnv): string {
  const arrays = Object.entries({ ...transition, ...stepContext, observations });
  const copies = arrays.map(([name, array]): [string, NumericArray] => [name, array.slice()]);
  const values = JSON.stringify({ finishedEpisodes, infos, totalSteps });
  return `${hashSnapshot({ arrays: Object.fromEntries(copies), values: {} })} ${values}`;
}

function play(envs: VectorEnv, steps: number, seed: string): string[] {
  const rng = createRng(seed);
  const actions = createActionBatch(envs.actionSpace, envs.numEnvs);
  return Array.from({ length: steps }, () => {
    sampleActionsInto(actions, envs.actionSpace, rng);
    envs.step(actions);
    return seenIn(envs);
  });
}

const fixtures: readonly Fixture[] = [
  { kind: 'cartpole' },
  { kind: 'pendulum' },
  { kind: 'picky' },
  { kind: 'trading', candles: geometricBrownian({ rng: createRng(1), length: 600 }) },
];
const SHARED = /SharedArrayBuffer/;

test.each(fixtures)('$kind in 1, 2 and 3 threads is to the bit what it is in one', (fixture) => {
  const expected = createInThread(fixture, 3);
  expected.reset(11);
  const start = seenIn(expected);
  const steps = play(expected, 120, 'actions');
  for (const workers of [1, 2, 9]) {
    const envs = createWorkers(fixture, 3, workers);
    envs.reset(11);
    expect(seenIn(envs)).toEqual(start);
    expect(play(envs, 120, 'actions')).toEqual(steps);
    expect(String(envs.observations.buffer)).toMatch(SHARED);
  }
});

test('what is saved in one number of threads goes on in any other, and in none', () => {
  const create = [
    () => createInThread({ kind: 'cartpole' }, 4),
    () => createWorkers({ kind: 'cartpole' }, 4, 2),
  ];
  const saved = create.map((begin) => {
    const envs = begin();
    envs.reset(3);
    play(envs, 33, 'before');
    const snapshot = envs.save();
    return { snapshot, rest: play(envs, 60, 'after') };
  });
  for (const { snapshot, rest } of saved) {
    expect(snapshot).toEqual(saved[0].snapshot);
    for (const begin of create) {
      const envs = begin();
      envs.load(snapshot);
      expect(play(envs, 60, 'after')).toEqual(rest);
    }
  }
});

describe('what goes wrong in a thread comes out as one line', () => {
  const third = (flaw: CounterFixture['flaw'], timeoutMs?: number) => {
    const envs = createWorkers({ kind: 'counter', lengths: [9, 9, 9], flaw }, 3, 2, timeoutMs);
    envs.reset();
    const actions = new Int32Array(3);
    envs.step(actions);
    envs.step(actions);
    return () => {
      envs.step(actions);
      return envs.infos;
    };
  };

  test('when an env throws, with its number, its reason and its place', () => {
    expect(third('throw')).toThrow(
      /^Env 1 failed in step: TypeError: the wheel came off \(.*vector-fixtures.*\)\. Correct the env\.$/,
    );
  });

  test('when an env ends the thread, and from then on', () => {
    const step = third('exit');
    expect(step).toThrow(/^The worker of envs 1 to 2 ended by itself\./);
    expect(step).toThrow(/^The worker of envs 1 to 2 ended by itself\./);
  });

  test('when an env never returns', () => {
    expect(third('hang', 500)).toThrow(/^1 of 2 env workers did not answer within 0.5 s\./);
  });

  test('when an info cannot leave the thread', () => {
    expect(third('info')).toThrow(/^An info or a state of envs 1 to 2 cannot go from thread to thread/);
  });

  test('when there is no such module, it makes no envs, or making one fails', () => {
    const open = (file: string, argument?: unknown) => () =>
      createWorkerVectorEnv({ module: new URL(file, import.meta.url), argument, numEnvs: 2, workers: 2 });
    expect(open('./no-such-file.ts')).toThrow(/no-such-file/);
    expect(open('../shared.ts')).toThrow(/shared.ts exports no function createEnv/);
    expect(open('../envs/vector-fixtures.ts', { kind: 'trading' })).toThrow(/^Env 0 failed in createEnv: /);
  });

  test('when the number of workers is none', () => {
    expect(() => createWorkers({ kind: 'cartpole' }, 2, 0)).toThrow(
      /^Envs are stepped by 1 worker or more, not by 0/,
    );
  });
});

test('closed envs are not stepped any more, and closing twice does no harm', () => {
  const envs = createWorkers({ kind: 'cartpole' }, 2, 2);
  envs.reset();
  envs.close();
  envs.close();
  expect(() => envs.step(new Int32Array(2))).toThrow(/^These envs are closed/);
});

test('a wake-up that comes late, when its command is done already, is no command', () => {
  const notify = vi.spyOn(Atomics, 'notify');
  try {
    const fixture: Fixture = { kind: 'cartpole' };
    const alone = createInThread(fixture, 2);
    const envs = createWorkers(fixture, 2, 2);
    for (const each of [alone, envs]) each.reset(5);
    const sleep = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    for (let step = 0; step < 8; step++) {
      expect(play(envs, 1, `step ${step}`)).toEqual(play(alone, 1, `step ${step}`));
      // The workers have done it, and sleep.
      sleep(20);
      const [array, index] = notify.mock.lastCall!;
      Atomics.notify(array as unknown as Int32Array, index as number);
      sleep(20);
    }
  } finally {
    notify.mockRestore();
  }
});
