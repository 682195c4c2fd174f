import { ddpg } from '../../agents/ddpg.ts';
import { MountainCarContinuous } from '../../envs/mountain-car-continuous.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { testAgent } from '../../testing/suites.ts';

const SMALL = { hidden: [16, 8], batchSize: 16, bufferSize: 240, learningStarts: 60, metricsEvery: 90 };
const createPendulum = (seed: number) => new Pendulum(seed, 50);
const createOtherEnv = (seed: number) => new MountainCarContinuous(seed);

testAgent('ddpg', {
  plugin: ddpg,
  config: SMALL,
  createEnv: createPendulum,
  createOtherEnv,
  goldenHash: '6916f6359b310b5e292a55c03b438ad1e456d53c2f6c74a3f38316665cfa2bf7',
});

testAgent('ddpg, normalised, with every option', {
  plugin: ddpg,
  config: {
    ...SMALL,
    noise: 'ornstein-uhlenbeck',
    noiseDeviation: 0.2,
    activation: 'tanh',
    trainEvery: 30,
    gradientSteps: 5,
    learningRateSchedule: 'linear',
    maxGradientNorm: 0.5,
    normalizeObservations: true,
    normalizeRewards: true,
  },
  createEnv: createPendulum,
  createOtherEnv,
});
