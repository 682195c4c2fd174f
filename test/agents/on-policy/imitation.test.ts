import { expect, test } from 'vitest';
import { createPolicyHead } from '../../../agents/on-policy/create-policy-head.ts';
import { Imitation } from '../../../agents/on-policy/imitation.ts';
import { createRng } from '../../../core/rng.ts';
import { createDiscrete } from '../../../envs/spaces.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { createMlp } from '../../../networks/layers/mlp.ts';

function create() {
  const kernels = createKernels();
  const shape = { inputDim: 2, hidden: [], activation: 'tanh', init: 'orthogonal' } as const;
  const head = createPolicyHead(kernels, createDiscrete(3), 0);
  const policy = createMlp(kernels, { ...shape, outputDim: 3, outputScale: 0.01, rng: createRng(1) });
  const critic = createMlp(kernels, { ...shape, outputDim: 1, outputScale: 1, rng: createRng(2) });
  return { policy, critic, imitation: new Imitation(kernels, { policy, critic, head }) };
}
/** What lies left of 0 is answered by 1, what lies right of it by 2; both earn ten times where they lie. */
const demonstration = {
  size: 4,
  observations: Float32Array.of(-1, 1, -0.5, 1, 0.5, 1, 1, 1),
  actions: Int32Array.of(1, 1, 2, 2),
  returns: Float32Array.of(-10, -5, 5, 10),
};

test('the policy comes to the actions that were shown, the critic to what they earned', () => {
  const { policy, critic, imitation } = create();
  const first = imitation.step(demonstration, 0.05);
  expect(first).toBeCloseTo(1.0986, 1); // ln 3: all actions are equally likely to begin with
  let last = first;
  for (let i = 0; i < 1500; i++) last = imitation.step(demonstration, 0.05);
  expect(last).toBeLessThan(0.05);
  const outputs = policy.forward(Float32Array.of(-2, 1), 1);
  expect(outputs.indexOf(Math.max(...outputs))).toBe(1);
  expect(critic.forward(Float32Array.of(2, 1), 1)[0]).toBeCloseTo(20, 0);
});

test('where the mask leaves one action, there is nothing to learn', () => {
  const { policy, imitation } = create();
  const before = policy.parameters.slice();
  const actionMasks = Uint8Array.of(0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1);
  expect(imitation.step({ ...demonstration, actionMasks }, 0.05)).toBeCloseTo(0, 6);
  expect(policy.parameters).toEqual(before);
});
