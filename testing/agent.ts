/** What every agent must do, by the contract of agents/agent.ts. */
import type { Agent, AgentPlugin } from '../agents/agent.ts';
import { createRng } from '../core/rng.ts';
import { hashSnapshot, type Snapshot } from '../core/snapshot.ts';
import type { Env } from '../envs/env.ts';
import { type ActionBatch, type ActionSpace, actionDim } from '../envs/spaces.ts';
import { createVectorEnv } from '../envs/vector/vector-env.ts';
import { Training } from '../trainers/train.ts';
import { type Check, requireSame, requireThat, requireThrows, runChecks } from './check.ts';

export interface AgentTestOptions {
  readonly plugin: AgentPlugin;
  /** Settings small enough to learn several times within `steps`. */
  readonly config?: Record<string, unknown>;
  readonly createEnv: (seed: number) => Env;
  /** An env of other shapes, whose agent's state must be refused; none for an agent without weights. */
  readonly createOtherEnv?: (seed: number) => Env;
  /** Default 3. */
  readonly numEnvs?: number;
  /** The agent draws its actions even when it does not explore. */
  readonly isRandom?: boolean;
  /** Enough for several events of a training; default 600. */
  readonly steps?: number;
  /** The hash of the agent's state after the run: a refactoring that changes its bits shows. */
  readonly goldenHash?: string;
}

const USUAL_STEPS = 600;

/**
 * Trains an agent a few times for some hundred steps, and says what it breaks of the contract: actions within the space
 * for any number of envs, the same bits from the same seed and on any number of threads, exact resume, evaluation that
 * changes nothing, and states of other shapes refused.
 * @throws ConfigError `broken-contract` with every problem
 * @example
 * checkAgent({ plugin: reinforce, createEnv: (seed) => cartpole.create({ seed }), config: { rolloutSteps: 32 } });
 */
export function checkAgent(options: AgentTestOptions): void {
  runChecks(`agent "${options.plugin.name}"`, agentChecks(options));
}

/** The same, rule by rule. */
export function agentChecks(options: AgentTestOptions): Check[] {
  const {
    plugin,
    config = {},
    createEnv,
    createOtherEnv,
    numEnvs = 3,
    isRandom = false,
    steps = USUAL_STEPS,
    goldenHash,
  } = options;

  const begin = (
    seed: number,
    create = createEnv,
    threads = 1,
    totalSteps = steps,
  ): { agent: Agent; training: Training } => {
    const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => create(seed + i)));
    const { observationSpace, actionSpace } = envs;
    const context = {
      observationSpace,
      actionSpace,
      numEnvs,
      rng: createRng(seed),
      totalSteps,
      kernels: { threads },
    };
    const agent = plugin.build(context, config);
    return { agent, training: new Training({ envs, agent, totalSteps, seed }) };
  };
  const finish = (training: Training): Snapshot => {
    while (training.advance() !== undefined);
    return training.save();
  };

  let known: { readonly whole: Snapshot; readonly agent: string } | undefined;
  /** One whole run, for all rules that compare with it. */
  const unbroken = () => {
    if (known === undefined) {
      const { agent, training } = begin(7);
      const whole = finish(training);
      known = { whole, agent: hashSnapshot(agent.save()) };
    }
    return known;
  };

  const checks: Check[] = [
    {
      name: 'acts within the space, for any number of envs',
      run() {
        const { agent } = begin(1);
        const env = createEnv(1);
        const { dim } = env.observationSpace;
        const { observation } = env.reset({ seed: 1 });
        for (const batch of [1, numEnvs, 5]) {
          const observations = new Float32Array(batch * dim);
          for (let n = 0; n < batch; n++) observations.set(observation, n * dim);
          requireWithin(agent.act(observations, batch, false), env.actionSpace, batch);
        }
      },
    },
    {
      name: 'the same seed gives the same bits, another seed others',
      run() {
        const first = hashSnapshot(unbroken().whole);
        requireThat(
          hashSnapshot(finish(begin(7).training)) === first,
          'two runs with one seed end in other states',
        );
        requireThat(
          hashSnapshot(finish(begin(8).training)) !== first,
          'another seed ends in the very same state',
        );
      },
    },
    {
      name: 'the number of threads changes no bit',
      run() {
        const expected = unbroken().agent;
        for (const threads of [2, 3]) {
          const { agent, training } = begin(7, createEnv, threads);
          finish(training);
          requireThat(hashSnapshot(agent.save()) === expected, `${threads} threads end in another state`);
        }
      },
    },
    {
      name: 'a run interrupted anywhere and resumed ends in the bits of an unbroken one',
      run() {
        const { training: tried } = begin(7);
        for (let i = 0; i < 2; i++) tried.advance();
        // An agent that learns nothing reports after a thousand steps of each env.
        const total = tried.isFinished && options.steps === undefined ? 2500 * numEnvs : steps;
        const whole = total === steps ? unbroken().whole : finish(begin(7, createEnv, 1, total).training);
        for (const events of [1, 2]) {
          const { training } = begin(7, createEnv, 1, total);
          for (let i = 0; i < events; i++) training.advance();
          requireThat(!training.isFinished, `the run is over after ${events} events; give more steps`);
          const saved = training.save();
          const { training: resumed } = begin(99, createEnv, 1, total);
          resumed.load(saved);
          const end = finish(resumed);
          requireSame(end.values, whole.values, `the state after a pause at event ${events}`);
          requireThat(
            hashSnapshot(end) === hashSnapshot(whole),
            `resumed after event ${events}, it ends in another state`,
          );
        }
      },
    },
  ];
  if (goldenHash !== undefined) {
    checks.push({
      name: 'learns the pinned bits',
      run() {
        const { agent: hash } = unbroken();
        requireThat(hash === goldenHash, `the state's hash is ${hash}, pinned is ${goldenHash}`);
      },
    });
  }
  if (!isRandom) {
    checks.push({
      name: 'evaluation changes nothing',
      run() {
        const { agent, training } = begin(5);
        training.advance();
        const before = structuredClone(agent.save());
        const env = createEnv(6);
        const { observation } = env.reset({ seed: 6 });
        for (let i = 0; i < 20; i++) agent.act(observation, 1, false);
        requireSame(agent.save(), before, 'the state after acting without exploration');
      },
    });
  }
  if (createOtherEnv !== undefined) {
    checks.push({
      name: 'the state of an agent for other shapes is refused',
      run() {
        const { agent } = begin(1);
        const { agent: other } = begin(1, createOtherEnv);
        const message = requireThrows(() => agent.load(other.save()), 'loading it');
        requireThat(/saved/.test(message), `the error says "${message}", not what was saved`);
      },
    });
  }
  return checks;
}

function requireWithin(actions: ActionBatch, space: ActionSpace, batch: number): void {
  const dim = actionDim(space);
  const length = batch * dim;
  requireThat(actions.length === length, `${actions.length} numbers for ${batch} envs, expected ${length}`);
  const wanted = space.kind === 'box' ? Float32Array : Int32Array;
  requireThat(actions instanceof wanted, `actions are a ${actions.constructor.name}, not a ${wanted.name}`);
  for (let i = 0; i < length; i++) {
    const d = i % dim;
    const [low, high] =
      space.kind === 'box'
        ? [space.low[d], space.high[d]]
        : [0, (space.kind === 'discrete' ? space.n : space.sizes[d]) - 1];
    const action = actions[i];
    requireThat(
      action >= low && action <= high,
      () => `action[${i}] is ${action}, outside [${low}, ${high}]`,
    );
  }
}
