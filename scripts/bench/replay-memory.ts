/**
 * A process of its own for one benchmark: runs DQN, checkpoints included, until a buffer of a million transitions of 32
 * floats is full, or continues such a run, and prints the most memory that the process has had resident, in bytes.
 *
 *     node dist/scripts/bench/replay-memory.js DIRECTORY [resume]
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from '../../core/config.ts';
import { EnvError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { type Json, restoreArrayInto, restoreNumber } from '../../core/snapshot.ts';
import { defineEnv } from '../../envs/env.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import { planRun } from '../../experiments/run/spec.ts';
import { TrainingSession } from '../../experiments/run/training-session.ts';
import { latestCheckpoint } from '../../storage/checkpoint.ts';
import { RunDirectory } from '../../storage/run-directory.ts';

const TRANSITIONS = 1_000_000;
const NUM_FLOATS = 32;
/** How far a run is continued. */
const MORE_STEPS = 64_000;
const EPISODE_STEPS = 200;

/** Noise: what is observed does not matter, only how much of it. */
export const noise = defineEnv({
  name: 'noise',
  description: 'Observes 32 random numbers; for measurements',
  config: z.object({}),
  create({ seed }) {
    let rng = createRng(seed);
    let step = -1;
    const observation = new Float32Array(NUM_FLOATS);
    const draw = (): void => {
      for (let d = 0; d < NUM_FLOATS; d++) observation[d] = rng.uniform();
    };
    return {
      observationSpace: createBox([NUM_FLOATS], 0, 1),
      actionSpace: createDiscrete(2),
      reset(options) {
        if (options?.seed !== undefined) rng = createRng(options.seed);
        step = 0;
        draw();
        return { observation, info: {} };
      },
      step() {
        if (step < 0) throw new EnvError('not-reset', 'Reset this env before its first step.');
        step++;
        draw();
        return { observation, reward: 0, terminated: false, truncated: step === EPISODE_STEPS, info: {} };
      },
      save: () => {
        const { arrays, values } = rng.save();
        return { arrays: { ...arrays, observation: observation.slice() }, values: { ...values, step } };
      },
      load(snapshot) {
        rng.load(snapshot);
        restoreArrayInto(observation, snapshot, 'observation');
        step = restoreNumber(snapshot, 'step');
      },
    };
  },
});

/** @param path a directory for the run; `resume`: the one of a run that was measured */
async function measure(path: string, mode?: string): Promise<number> {
  const directory = new RunDirectory(path);
  const isResumed = mode === 'resume';
  const run = await planRun({
    agent: 'dqn',
    env: 'noise',
    plugins: [fileURLToPath(import.meta.url)],
    settings: { agent: { bufferSize: TRANSITIONS, trainEvery: 6400, learningStarts: 6400 }, env: {} },
    numEnvs: 64,
    totalSteps: isResumed ? TRANSITIONS + MORE_STEPS : TRANSITIONS,
    seed: 1,
    evaluateEvery: 0,
    checkpointEvery: TRANSITIONS / 2,
  });
  const session = new TrainingSession(
    run,
    directory,
    isResumed ? latestCheckpoint(directory.checkpoints)!.path : undefined,
  );
  if (!isResumed) directory.begin(run.spec as { [key: string]: Json });
  await session.carryOut();
  return peakBytes();
}

/** Linux says it of this program alone; elsewhere, and in what is reported there, what ran before it may count. */
function peakBytes(): number {
  const status = '/proc/self/status';
  const kibibytes = existsSync(status)
    ? /^VmHWM:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1]
    : undefined;
  return 1024 * Number(kibibytes ?? process.resourceUsage().maxRSS);
}

// Not awaited: the run loads this file as its plugin, which waits for the file's end.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  void measure(process.argv[2], process.argv[3]).then((bytes) => process.stdout.write(`${bytes}\n`));
}
