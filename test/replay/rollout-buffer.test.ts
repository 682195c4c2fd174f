import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { RolloutBuffer } from '../../replay/rollout-buffer.ts';

const STEPS = 8;
const ENVS = 3;
const DIM = 2;
const CHOICES = 4;

const create = () =>
  new RolloutBuffer(STEPS, ENVS, new Float32Array(STEPS * ENVS * DIM), new Int32Array(STEPS * ENVS));

function fill(buffer: ReturnType<typeof create>, numSteps: number, hasMasks = false, seed = 1) {
  const rng = createRng(seed);
  const draw = (length: number) => Float32Array.from({ length }, () => rng.uniform());
  const bits = (length: number) => Uint8Array.from({ length }, () => Number(rng.uniform() < 0.5));
  for (let step = 0; step < numSteps; step++) {
    const actions = Int32Array.from({ length: ENVS }, () => Math.floor(CHOICES * rng.uniform()));
    const masks = hasMasks ? bits(ENVS * CHOICES) : undefined;
    buffer.push(draw(ENVS * DIM), actions, draw(ENVS), draw(ENVS), bits(ENVS), bits(ENVS), masks);
  }
}

describe('a rollout that is written out at once', () => {
  test('holds the steps that are there, and none of those that were learnt from', () => {
    const buffer = create();
    fill(buffer, STEPS);
    buffer.clear();
    for (const array of Object.values(buffer.save(true).arrays)) expect(array.length).toBe(0);
    fill(buffer, 2);
    const { arrays } = buffer.save(true);
    expect(arrays.observations).toEqual(buffer.observations.slice(0, 2 * ENVS * DIM));
    expect(arrays.terminated).toEqual(buffer.terminated.slice(0, 2 * ENVS));
    expect(buffer.save().arrays.observations.length).toBe(STEPS * ENVS * DIM);
  });

  test.each([0, 3, STEPS])(
    'is full with the same bits when it goes on from %i steps, with masks too',
    (at) => {
      const buffer = create();
      // What an earlier rollout left must not matter.
      fill(buffer, STEPS, true, 5);
      buffer.clear();
      fill(buffer, at, true, 2);
      const again = create();
      fill(again, STEPS, true, 9);
      again.load(structuredClone(buffer.save(true)));
      expect(again.stepsStored).toBe(at);
      for (const one of [buffer, again]) fill(one, STEPS - at, true, 3);
      expect(again.save()).toEqual(buffer.save());
    },
  );

  test('is refused by a buffer of another size, and of which a part is missing', () => {
    const buffer = create();
    fill(buffer, 3);
    const saved = structuredClone(buffer.save(true));
    const narrow = new RolloutBuffer(
      STEPS,
      ENVS,
      new Float32Array(STEPS * ENVS),
      new Int32Array(STEPS * ENVS),
    );
    expect(() => narrow.load(saved)).toThrow(/"observations" is Float32Array\[18\], but Float32Array\[9\]/);
    const short = { ...saved, values: { ...saved.values, stored: 2 } };
    expect(() => create().load(short)).toThrow(
      /"observations" is Float32Array\[18\], but Float32Array\[12\]/,
    );
  });
});
