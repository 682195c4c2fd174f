/**
 * REINFORCE in one file, as a plugin.
 *
 * Source: Williams (1992), "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement
 * Learning". Differences from the source: one update per rollout of fixed length, with normalised returns.
 */
import * as gym from 'market-gym';

export const reinforce = gym.defineAgent({
  name: 'reinforce',
  description: 'REINFORCE (Williams 1992), for any action space.',
  config: gym.z.object({
    learningRate: gym.z.number().positive().default(1e-2).describe('Adam step size'),
    rolloutSteps: gym.z.int().min(1).default(128).describe('steps of each env between updates'),
    gamma: gym.z.number().min(0).max(1).default(0.99).describe('discount per step'),
  }),
  build({ observationSpace, actionSpace, numEnvs, rng }, { learningRate, rolloutSteps, gamma }): gym.Agent {
    const numRows = rolloutSteps * numEnvs;
    const kernels = gym.createKernels();
    const head = gym.createPolicyHead(kernels, actionSpace, 0);
    const policy = gym.createMlp(kernels, {
      inputDim: observationSpace.dim,
      hidden: [32],
      outputDim: head.outputDim,
      activation: 'tanh',
      init: 'orthogonal',
      outputScale: 0.01,
      rng: rng.fork('policy'),
    });
    const optimizer = gym.createAdam(kernels, [policy, ...head.blocks]);
    const draws = rng.fork('draws');
    const observationRows = new Float32Array(numRows * observationSpace.dim);
    const rollout = new gym.RolloutBuffer(
      rolloutSteps,
      numEnvs,
      observationRows,
      head.createActions(numRows),
    );
    const drawn = head.createActions(numEnvs);
    const drawnLogProbs = new Float32Array(numEnvs);
    const zeros = new Float32Array(numRows);

    /** One step up the gradient of the mean of return · ln π(action | observation). */
    function learn(): gym.Metrics {
      const { observations, actions } = rollout;
      const returns = new Float32Array(numRows);
      const rewards = { ...rollout, values: zeros, lastValues: zeros };
      gym.estimateAdvantagesInto(returns.slice(), returns, rewards, rolloutSteps, numEnvs, gamma, 1);
      const mean = returns.reduce((sum, value) => sum + value, 0) / numRows;
      const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numRows;
      const weights = returns.map((value) => (mean - value) / (Math.sqrt(variance) + 1e-8) / numRows);

      const outputs = policy.forward(observations, numRows);
      const outputGradients = new Float32Array(outputs.length);
      head.logProbsInto(zeros.slice(), zeros.slice(), outputs, actions, numRows);
      head.gradientsInto(outputGradients, outputs, actions, weights, zeros, numRows);
      policy.backward(outputGradients);
      optimizer.step(learningRate);
      rollout.clear();
      return { meanReturn: mean };
    }

    return {
      act(observations, batch, explore) {
        const outputs = policy.forward(observations, batch);
        const actions = explore ? drawn : head.createActions(batch);
        if (explore) head.sampleInto(actions, drawnLogProbs, outputs, batch, draws);
        else head.modeInto(actions, outputs, batch);
        return head.toEnvActions(actions);
      },
      observe({ observations, rewards, terminated, truncated }) {
        rollout.push(observations, drawn, drawnLogProbs, rewards, terminated, truncated);
        return rollout.isFull ? learn() : undefined;
      },
      dropPartialRollout: () => rollout.clear(),
      save: () =>
        gym.joinSnapshots({
          policy: { arrays: { weights: policy.parameters.slice() }, values: {} },
          head: head.save(),
          optimizer: optimizer.save(),
          rollout: rollout.save(),
          draws: draws.save(),
        }),
      load(snapshot) {
        gym.restoreArrayInto(policy.parameters, snapshot, 'policy/weights');
        for (const [name, part] of Object.entries({ head, optimizer, rollout, draws })) {
          part.load(gym.snapshotPart(snapshot, name));
        }
      },
    };
  },
});
