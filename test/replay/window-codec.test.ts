import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import type { TransitionBatch } from '../../envs/transition.ts';
import type { ReplayOptions } from '../../replay/gather.ts';
import { createReplayBatch } from '../../replay/replay-batch.ts';
import { UniformReplay } from '../../replay/uniform-buffer.ts';
import { WindowCodec } from '../../replay/window-codec.ts';
import { counts } from '../soak.ts';

interface Market {
  readonly numEnvs: number;
  readonly rows: number;
  readonly columns: number;
  readonly accountDim: number;
  /** Chance that a step ends an episode. */
  readonly ends: number;
  /** Different values of a feature: few of them make equal rows and equal windows. */
  readonly numValues: number;
}

/** Steps of envs whose observations are windows of random rows, and account numbers. */
function createMarket({ numEnvs, rows, columns, accountDim, ends, numValues }: Market, seed: number) {
  const rng = createRng(seed);
  const observationDim = rows * columns + accountDim;
  const value = () => Math.fround((rng.integer(numValues) - 1) / 3);
  const windows = Array.from({ length: numEnvs }, () => Array.from({ length: rows * columns }, value));
  const account = () => Array.from({ length: accountDim }, () => Math.fround(rng.gaussian()));
  let shown = windows.map((window) => [...window, ...account()]);
  return {
    observationDim,
    step(): TransitionBatch {
      const observations = Float32Array.from(shown.flat());
      const truncated = new Uint8Array(numEnvs);
      const reached = windows.map((window) => {
        window.splice(0, columns);
        for (let f = 0; f < columns; f++) window.push(value());
        return [...window, ...account()];
      });
      shown = reached.map((observation, n) => {
        if (rng.uniform() >= ends) return observation;
        truncated[n] = 1;
        windows[n] = Array.from({ length: rows * columns }, value);
        return [...windows[n], ...account()];
      });
      return {
        observations,
        actions: Int32Array.from({ length: numEnvs }, () => rng.integer(3)),
        rewards: Float32Array.from({ length: numEnvs }, () => rng.gaussian()),
        nextObservations: Float32Array.from(reached.flat()),
        terminated: new Uint8Array(numEnvs),
        truncated,
      };
    },
  };
}

function createBuffers(market: Market, observationDim: number, numSteps: number) {
  const { numEnvs, rows, columns } = market;
  const options: ReplayOptions = {
    capacity: numSteps * numEnvs,
    numEnvs,
    observationDim,
    actionDim: 1,
    discreteActions: true,
    gamma: 0.9,
    nSteps: 2,
  };
  const createCodec = () => new WindowCodec({ numEnvs, observationDim, window: { rows, columns }, numSteps });
  const createCompact = () => new UniformReplay({ ...options, codec: createCodec() });
  return { compact: createCompact(), createCompact, full: new UniformReplay(options), options };
}

const markets = fc.record({
  numEnvs: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 1, max: 6 }),
  columns: fc.integer({ min: 1, max: 3 }),
  accountDim: fc.integer({ min: 0, max: 2 }),
  ends: fc.constantFrom(0, 0.02, 0.3, 1),
  numValues: fc.constantFrom(1, 2, 1000),
});

test('what is drawn is to the bit what a buffer of whole observations gives, also after a save in between', () => {
  const cases = fc.record({
    market: markets,
    numSteps: fc.integer({ min: 1, max: 40 }),
    length: fc.integer({ min: 1, max: 400 }),
    breaks: fc.boolean(),
    borrow: fc.boolean(),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ market, numSteps, length, breaks, borrow, seed }) => {
      const source = createMarket(market, seed);
      const buffers = createBuffers(market, source.observationDim, numSteps);
      const { full, createCompact, options } = buffers;
      let { compact } = buffers;
      for (let step = 0; step < length; step++) {
        const transition = source.step();
        compact.push(transition);
        full.push(transition);
        if (step % 37 === 36) {
          const saved = compact.save(borrow);
          compact = createCompact();
          compact.load(saved);
        }
        if (breaks && step % 50 === 20) for (const buffer of [compact, full]) buffer.truncateEpisodes();
      }
      const size = full.size;
      const [drawn, expected] = [1, 2].map(() => createReplayBatch({ ...options, size }));
      compact.sampleInto(drawn, size, createRng(seed));
      full.sampleInto(expected, size, createRng(seed));
      expect(drawn).toEqual(expected);
    }),
    { numRuns: counts(80, 300) },
  );
});

test('−0 and 0 are told apart', () => {
  const codec = new WindowCodec({
    numEnvs: 1,
    observationDim: 2,
    window: { rows: 2, columns: 1 },
    numSteps: 4,
  });
  const keys = new Float32Array(4);
  codec.encodeInto(keys, 0, Float32Array.of(0, 1), 0);
  codec.encodeInto(keys, 1, Float32Array.of(-0, 1), 0);
  const decoded = new Float32Array(4);
  codec.decodeRowsInto(decoded, keys, Int32Array.of(0, 1), 2);
  expect([...decoded]).toEqual([0, 1, -0, 1]);
});

test('a window of 64 rows of 10 features and 4 account numbers takes 68 bytes a step and not 2580', () => {
  const numSteps = counts(1000, 5000);
  const market = { numEnvs: 2, rows: 64, columns: 10, accountDim: 4, ends: 0.001, numValues: 1000 };
  const source = createMarket(market, 1);
  const { compact, full } = createBuffers(market, source.observationDim, numSteps);
  for (let step = 0; step < 4 * numSteps; step++) {
    const transition = source.step();
    compact.push(transition);
    full.push(transition);
  }
  // The key's 6 numbers and the new row's 10; the number of the spare row, action, reward and flags in either.
  expect(compact.bytesPerTransition).toBe(64 + 4 + 9);
  expect(full.bytesPerTransition).toBe(2576 + 4 + 9);
  // Episodes begin with 64 rows of their own.
  expect(compact.memoryBytes).toBeLessThan(1.4 * compact.bytesPerTransition * compact.size);
  expect(full.memoryBytes / compact.memoryBytes).toBeGreaterThan(25);
});

test('rows that no stored window needs any more make room for others', () => {
  const market = { numEnvs: 1, rows: 5, columns: 2, accountDim: 1, ends: 0, numValues: 1000 };
  const source = createMarket(market, 1);
  const { compact } = createBuffers(market, source.observationDim, 200);
  for (let step = 0; step < 1000; step++) compact.push(source.step());
  const { memoryBytes } = compact;
  for (let step = 0; step < 5000; step++) compact.push(source.step());
  expect(compact.memoryBytes).toBe(memoryBytes);
});

describe('bad input gives one clear line', () => {
  test('about a window that does not fit', () => {
    const create = (rows: number, columns: number) => () =>
      new WindowCodec({ numEnvs: 1, observationDim: 5, window: { rows, columns }, numSteps: 4 });
    expect(create(3, 2)).toThrow('A window of 3 rows of 2 does not fit into observations of 5 numbers.');
    expect(create(0, 2)).toThrow('A window of 0 rows');
    expect(create(5, 1)).not.toThrow();
  });

  test('about a state that was saved without the rows', () => {
    const market = { numEnvs: 1, rows: 2, columns: 1, accountDim: 1, ends: 0, numValues: 9 };
    const { full, createCompact } = createBuffers(market, 3, 4);
    expect(() => createCompact().load(full.save())).toThrow(/saved/);
  });
});
