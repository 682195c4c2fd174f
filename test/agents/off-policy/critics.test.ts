import { describe, expect, test } from 'vitest';
import { Critics } from '../../../agents/off-policy/critics.ts';
import { createRng } from '../../../core/rng.ts';
import { createBox } from '../../../envs/spaces.ts';
import { createKernels } from '../../../networks/kernels/create.ts';

const SIZE = 23;
const OBSERVATION_DIM = 3;
const ACTION_DIM = 2;

function create(numCritics: number) {
  const rng = createRng(numCritics + 5);
  const critics = new Critics(createKernels(), {
    name: 'test',
    numCritics,
    observationDim: OBSERVATION_DIM,
    actionDim: ACTION_DIM,
    hidden: [16, 16],
    activation: 'tanh',
    batchSize: SIZE,
    maxGradientNorm: 0,
    rng,
    context: {
      observationSpace: createBox([OBSERVATION_DIM], -1, 1),
      actionSpace: createBox([ACTION_DIM], -1, 1),
    },
  });
  const draw = (length: number) => Float32Array.from({ length }, () => rng.gaussian());
  const observations = draw(SIZE * OBSERVATION_DIM);
  const actions = draw(SIZE * ACTION_DIM);
  return { critics, observations, actions, y: draw(SIZE) };
}

/** min_i Q'_i per row. */
function targetValues({ critics, observations, actions }: ReturnType<typeof create>): Float32Array {
  const values = new Float32Array(SIZE);
  critics.targetMinimumInto(values, observations, actions);
  return values;
}

const mean = (values: Float32Array) => values.reduce((sum, x) => sum + x, 0) / values.length;

describe.each([1, 2] as const)('%i critics', (numCritics) => {
  test('start as their slow copies', () => {
    const parts = create(numCritics);
    const gradients = new Float32Array(SIZE * ACTION_DIM);
    const value = parts.critics.actionGradientsInto(gradients, parts.observations, parts.actions, numCritics);
    expect(mean(targetValues(parts))).toBeCloseTo(value, 6);
  });

  test('give the gradient of the mean value by the actions, as finite differences do', () => {
    const { critics, observations, actions } = create(numCritics);
    const gradients = new Float32Array(SIZE * ACTION_DIM).fill(99);
    const ignored = new Float32Array(SIZE * ACTION_DIM);
    critics.actionGradientsInto(gradients, observations, actions, numCritics);
    if (numCritics === 2) {
      // Each of the two has the lesser value somewhere.
      critics.actionGradientsInto(ignored, observations, actions, 1);
      const sameAsFirst = gradients.filter((gradient, i) => gradient === ignored[i]).length;
      expect(sameAsFirst).toBeGreaterThan(0);
      expect(sameAsFirst).toBeLessThan(gradients.length);
    }
    for (let i = 0; i < actions.length; i++) {
      const held = actions[i];
      actions[i] = held + 0.01;
      const upper = critics.actionGradientsInto(ignored, observations, actions, numCritics);
      actions[i] = held - 0.01;
      const lower = critics.actionGradientsInto(ignored, observations, actions, numCritics);
      actions[i] = held;
      expect(gradients[i]).toBeCloseTo((lower - upper) / 0.02, 4);
    }
  });

  test('descend from the squared error as defined, to the values they are given', () => {
    const parts = create(numCritics);
    const { critics, observations, actions, y } = parts;
    const before = targetValues(parts);
    const loss = critics.descend(observations, actions, y, 0.5, 1e-2, 0);
    if (numCritics === 1) {
      const squares = before.map((value, b) => (value - y[b]) ** 2);
      expect(loss).toBeCloseTo(0.5 * mean(squares), 5);
    }
    for (let i = 0; i < 500; i++) critics.descend(observations, actions, y, 0.5, 1e-2, 0);
    expect(critics.descend(observations, actions, y, 0.5, 1e-2, 0)).toBeLessThan(1e-3);
    expect(targetValues(parts)).toEqual(before);
    critics.softUpdate(1);
    targetValues(parts).forEach((value, b) => {
      expect(Math.abs(value - y[b])).toBeLessThan(0.1);
    });
  });

  test('learn nothing from being asked for action gradients', () => {
    const [asked, unasked] = [create(numCritics), create(numCritics)];
    const gradients = new Float32Array(SIZE * ACTION_DIM);
    asked.critics.actionGradientsInto(gradients, asked.observations, asked.actions, numCritics);
    for (const { critics, observations, actions, y } of [asked, unasked]) {
      critics.descend(observations, actions, y, 1, 1e-3, 0);
    }
    expect(asked.critics.save()).toEqual(unasked.critics.save());
  });

  test('are followed by the share tau', () => {
    const { critics, observations, actions, y } = create(numCritics);
    for (let i = 0; i < 10; i++) critics.descend(observations, actions, y, 1, 1e-2, 0);
    const before = critics.save().arrays;
    critics.softUpdate(0.25);
    const after = critics.save().arrays;
    for (let i = 0; i < numCritics; i++) {
      const source = before[`parameters/network${i}`];
      const target = before[`parameters/target${i}`];
      after[`parameters/target${i}`].forEach((value, p) => {
        expect(value).toBeCloseTo(0.75 * target[p] + 0.25 * source[p], 6);
      });
    }
  });

  test('refuse a loss that is not finite, and stay as they were', () => {
    const { critics, observations, actions, y } = create(numCritics);
    const before = critics.save();
    y[3] = Number.NaN;
    expect(() => critics.descend(observations, actions, y, 1, 1e-2, 42)).toThrowError(
      /^test's critics stopped at env step 42: loss NaN/,
    );
    expect(critics.save()).toEqual(before);
  });
});
