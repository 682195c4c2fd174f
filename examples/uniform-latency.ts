/** A latency model: anything between half and one and a half of the env's latency. */
import * as gym from 'market-gym';

export const uniform = gym.defineLatencyModel({
  name: 'uniform',
  description: "Uniform around the env's latencyMs",
  config: gym.z.object({
    spread: gym.z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('half of the width, part of the latency, in [0, 1]'),
  }),
  // Chance comes from the env's own stream, so that a run can be repeated and resumed.
  create: ({ medianMs, rng }, { spread }) => ({
    latencyMs: () => medianMs * (1 + spread * (2 * rng.uniform() - 1)),
    save: () => rng.save(),
    load: (snapshot) => rng.load(snapshot),
  }),
});
