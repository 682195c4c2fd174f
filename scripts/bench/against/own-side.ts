/** Our side of a comparison, in a process of its own: does one task and prints its figure as JSON. */
import { readFileSync } from 'node:fs';
import { a2c } from '../../../agents/a2c.ts';
import { ddpg } from '../../../agents/ddpg.ts';
import { dqn } from '../../../agents/dqn.ts';
import { ppo } from '../../../agents/ppo.ts';
import { sac } from '../../../agents/sac.ts';
import { td3 } from '../../../agents/td3.ts';
import { createRng } from '../../../core/rng.ts';
import { median } from '../../../core/statistics.ts';
import { CartPole } from '../../../envs/cartpole.ts';
import { Pendulum } from '../../../envs/pendulum.ts';
import { createVectorEnv } from '../../../envs/vector/vector-env.ts';
import { fastKernels } from '../../../experiments/run/fast-kernels.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import { trainXgboost } from '../../../models/trees/xgboost.ts';
import { Training } from '../../../trainers/train.ts';
import type { OwnOrder, TrainingTask, TreesTask } from './tasks.ts';

const AGENTS = { ppo, a2c, dqn, ddpg, td3, sac };

/** Env steps a second. */
function train(task: TrainingTask, { kernels, threads }: OwnOrder): number {
  const { numEnvs } = task;
  const envs = createVectorEnv(
    Array.from({ length: numEnvs }, (_, i) => (task.env === 'cartpole' ? new CartPole(i) : new Pendulum(i))),
  );
  const { observationSpace, actionSpace } = envs;
  const totalSteps = 10_000_000;
  const backend = kernels === 'fast' ? fastKernels().backend : kernels;
  const context = { observationSpace, actionSpace, numEnvs, rng: createRng(1), totalSteps };
  // A report at every step makes `advance` stop there.
  const config = numEnvs === 1 ? { ...task.config, metricsEvery: 1 } : task.config;
  const agent = AGENTS[task.agent].build({ ...context, kernels: { backend, threads } }, config);
  const training = new Training({ envs, agent, totalSteps, seed: 1 });
  while (training.step < task.from) training.advance();
  const [first, begin] = [training.step, performance.now()];
  while (training.step < first + task.steps) training.advance();
  return ((training.step - first) / (performance.now() - begin)) * 1000;
}

/** Median seconds of three rounds. */
function boost({ what, numRows, numColumns, numRounds }: TreesTask, order: OwnOrder): number {
  const floats = (path: string) => {
    const { buffer, byteOffset, byteLength } = readFileSync(path);
    return new Float32Array(buffer, byteOffset, byteLength / 4);
  };
  const columns = Array.from({ length: numColumns }, (_, column) => `f${column}`);
  const table = { numRows, numColumns, columns, values: floats(order.rows) };
  const data = { table, labels: floats(order.labels) };
  const trainModel = () =>
    trainXgboost(data, {
      objective: 'binary:logistic',
      max_depth: 6,
      max_bin: 256,
      num_round: numRounds,
      nthread: order.threads,
    });
  const model = what === 'predict' ? trainModel() : undefined;
  const out = new Float32Array(numRows);
  const seconds = [0, 1, 2].map(() => {
    const begin = performance.now();
    if (model === undefined) trainModel();
    else model.predictInto(out, table, { threads: order.threads });
    return (performance.now() - begin) / 1000;
  });
  return median(seconds);
}

/** Seconds of CPU. */
async function read(path: string): Promise<number> {
  const before = process.cpuUsage();
  await loadCandles(path);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const order = JSON.parse(process.argv[2]) as OwnOrder;
const { task } = order;
let value: number;
if (task.kind === 'training') value = train(task, order);
else if (task.kind === 'trees') value = boost(task, order);
else value = await read(order.rows);
process.stdout.write(`${JSON.stringify({ value })}\n`);
process.exit(0);
