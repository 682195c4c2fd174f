/** `market-gym quickstart`: trains PPO on the shipped prices, judges it, and writes a report. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import type { Json } from '../../core/snapshot.ts';
import { recordRun } from '../../experiments/ledger/record.ts';
import { notCounted } from '../../experiments/ledger/use-ledger.ts';
import { SHIPPED_DATA } from '../../experiments/plugins/catalog.ts';
import { openTrainedRun, type TrainedRun } from '../../experiments/run/judge-runs.ts';
import { planRun, type RunRequest } from '../../experiments/run/spec.ts';
import { TrainingSession } from '../../experiments/run/training-session.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import { EXIT_INTERRUPTED } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/io.ts';
import { pluginOptions } from '../terminal/plugin-options.ts';
import { showTraining } from '../terminal/training-progress.ts';
import { judgeAndReport } from './evaluate.ts';
import { ledgerOf, ledgerOptions } from './trials/ledger-options.ts';

/** Two decades of the S&P 500: fourteen years to learn from, three to choose by, the rest to be judged on. */
const REQUEST: Omit<RunRequest, 'seed'> = {
  agent: 'ppo',
  env: 'trading',
  plugins: [],
  settings: {
    agent: {
      rolloutSteps: 256,
      minibatchSize: 256,
      epochs: 5,
      gamma: 0.9,
      entropyCoefficient: 0.01,
      learningRateSchedule: 'linear',
      normalizeRewards: true,
    },
    env: {
      levels: [0, 0.5, 1],
      episodeBars: 252,
      feeRate: 0.0005,
      slippageRate: 0.0001,
      borrowRatePerYear: 0.01,
    },
  },
  data: SHIPPED_DATA,
  validateFrom: '2014-01-01',
  testFrom: '2017-01-01',
  numEnvs: 8,
  totalSteps: 200_000,
  evaluateEvery: 20_000,
  checkpointEvery: 0,
};

export const options = (yargs: Argv) =>
  ledgerOptions(pluginOptions(yargs))
    .option('out', {
      type: 'string',
      default: 'runs/quickstart',
      describe: 'Directory; an earlier quickstart in it is replaced',
    })
    .option('seeds', { default: 5, coerce: wholeNumber('seeds', 1, 1000), describe: 'How many seeds' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['out', 'seeds', 'ledger']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { out, seeds } = args;
  const console = createConsole(args, io);
  const signal = io.interrupt();
  console.say(
    'Training PPO on daily S&P 500 prices, 2000 to 2013; choosing by 2014 to 2016; judging on 2017 to 2020.',
  );
  const runs: TrainedRun[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const path = join(out, `seed-${seed}`);
    rmSync(path, { recursive: true, force: true });
    const run = await planRun({ ...REQUEST, plugins: args.plugin ?? [], seed });
    const directory = new RunDirectory(path);
    const session = new TrainingSession(run, directory);
    directory.begin(run.spec as { [key: string]: Json });
    const { interrupted } = await session.carryOut({
      onEvent: showTraining(console, `seed ${seed}/${seeds}`),
      signal,
    });
    if (interrupted) {
      console.say(`Interrupted while training seed ${seed}; run it again to start over.`);
      return EXIT_INTERRUPTED;
    }
    const use = recordRun(run, directory, { ledger: ledgerOf(args), kind: 'quickstart', timeMs: Date.now() });
    if (!use.counted && seed === 1) console.warn(notCounted('This quickstart', use.reason));
    runs.push(await openTrainedRun(path));
  }
  judgeAndReport(runs, join(out, 'report.html'), 'npm start', console, { ledger: ledgerOf(args) });
  return 0;
}
