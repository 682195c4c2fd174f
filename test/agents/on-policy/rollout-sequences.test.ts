/** How a rollout is cut into sequences. */
import { describe, expect, test } from 'vitest';
import { RolloutSequences } from '../../../agents/on-policy/rollout-sequences.ts';
import { ConfigError } from '../../../core/errors.ts';

// Six steps of two envs in sequences of three: 0 and 1 begin at step 0, 2 and 3 at step 3.
const SHAPE = { numSteps: 6, numEnvs: 2, length: 3, stateDims: [2, 1], minibatchSize: 6 };

/** Records where starts and states say of which step and env they are. */
function recorded(): RolloutSequences {
  const sequences = new RolloutSequences(SHAPE);
  for (let step = 0; step < 6; step++) {
    const starts = Uint8Array.of(step === 1 ? 1 : 0, step === 5 ? 1 : 0);
    const of = (env: number) => 10 * step + env;
    sequences.record(step, starts, [
      Float32Array.of(of(0), of(0) + 0.5, of(1), of(1) + 0.5),
      Float32Array.of(-of(0), -of(1)),
    ]);
  }
  return sequences;
}

describe('a rollout', () => {
  test('has as many sequences as envs have stretches, and as many in a minibatch as fit', () => {
    const numbers = (minibatchSize: number) => {
      const { numSequences, sequencesPerMinibatch } = new RolloutSequences({ ...SHAPE, minibatchSize });
      return [numSequences, sequencesPerMinibatch];
    };
    expect([3, 6, 12, 99].map(numbers)).toEqual([
      [4, 1],
      [4, 2],
      [4, 4],
      [4, 4],
    ]);
  });

  test.each<[sequences: number[], rows: number[], starts: number[], first: number[], second: number[]]>([
    [
      [0, 3],
      [0, 7, 2, 9, 4, 11],
      [0, 0, 1, 0, 0, 1],
      [0, 0.5, 31, 31.5],
      [-0, -31],
    ],
    [
      [2, 1],
      [6, 1, 8, 3, 10, 5],
      [0, 0, 0, 0, 0, 0],
      [30, 30.5, 1, 1.5],
      [-30, -1],
    ],
    [[3], [7, 9, 11], [0, 0, 1], [31, 31.5], [-31]],
  ])(
    'gives sequences %j step by step, with what they start from',
    (sequences, rows, starts, first, second) => {
      const gathered = recorded().gather(Int32Array.from(sequences));
      expect([...gathered.rows]).toEqual(rows);
      expect([...gathered.starts]).toEqual(starts);
      expect([...gathered.initialStates[0].subarray(0, first.length)]).toEqual(first);
      expect([...gathered.initialStates[1].subarray(0, second.length)]).toEqual(second);
    },
  );

  test('that is saved has the same sequences', () => {
    const restored = new RolloutSequences(SHAPE);
    restored.load(recorded().save());
    for (const sequences of [
      [0, 1],
      [2, 3],
    ]) {
      const [ours, theirs] = [restored, recorded()].map((one) => one.gather(Int32Array.from(sequences)));
      expect(ours).toEqual(theirs);
    }
  });

  test.each([
    [
      'rolloutSteps',
      { numSteps: 7 },
      'rolloutSteps 7 cannot be cut into whole sequences of 3 steps: set rolloutSteps to 6 or 9,',
    ],
    ['minibatchSize', { minibatchSize: 2 }, 'set minibatchSize to 3,'],
  ])('that %s does not cut whole is refused', (_, change, message) => {
    const create = () => new RolloutSequences({ ...SHAPE, ...change });
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(message);
  });
});
