/**
 * A process of its own for one benchmark: runs DQN, checkpoints included, until a buffer of a million transitions of 32
 * floats is full, and prints the most memory that the process has had resident, in bytes.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from '../core/config.ts';
import { EnvError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import { type Json, restoreArrayInto, restoreNumber } from '../core/snapshot.ts';
import { defineEnv } from '../envs/env.ts';
import { createBox, createDiscrete } from '../envs/spaces.ts';
import { RunDirectory } from '../storage/run-directory.ts';
import { createConsole } from './console.ts';
import { planRun } from './run-spec.ts';
import { TrainingSession } from './training-session.ts';

const TRANSITIONS = 1_000_000;
const NUM_FLOATS = 32;
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

async function measure(): Promise<number> {
  const path = mkdtempSync(join(tmpdir(), 'market-gym-memory-'));
  try {
    const run = await planRun({
      agent: 'dqn',
      env: 'noise',
      plugins: [fileURLToPath(import.meta.url)],
      settings: { agent: { bufferSize: TRANSITIONS, trainEvery: 6400, learningStarts: 6400 }, env: {} },
      numEnvs: 64,
      totalSteps: TRANSITIONS,
      seed: 1,
      evaluateEvery: 0,
      checkpointEvery: TRANSITIONS / 2,
    });
    const directory = new RunDirectory(join(path, 'run'));
    const session = new TrainingSession(run, directory);
    directory.begin(run.spec as { [key: string]: Json });
    await session.carryOut(createConsole({ json: true }), 'dqn', () => false);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
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
  void measure().then((bytes) => process.stdout.write(`${bytes}\n`));
}
