/**
 * Turns a live session into an env: the same spaces and results, but for promises, because time passes between two
 * steps.
 */
import type { Agent } from '../../agents/agent.ts';
import { LiveError } from '../../core/errors.ts';
import type { ResetResult, StepResult } from '../../envs/env.ts';
import type { Action, ActionSpace, Box } from '../../envs/spaces.ts';
import type { TransitionBatch } from '../../envs/transition.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import { prepareVenues } from '../venues/find.ts';
import { LiveRun, type LiveRunOptions } from './live-run.ts';
import { EXTERNAL_MODEL, externalPolicy } from './policy.ts';

export interface LiveEnvOptions extends Omit<LiveRunOptions, 'policyFor' | 'onWait' | 'header'> {
  readonly config: LiveRunOptions['header']['config'];
}

/**
 * A step ends at the next decision that is the policy's: what the risk guard decides meanwhile belongs to it, and its
 * rewards are added up. An action must be there before the next input: who calls `step` in the same turn in which the
 * last one resolved is always in time; a later one is replaced by holding, and the tape says so.
 *
 * `terminated`: the equity is used up. `truncated`: the session was halted or closed, or every venue was given up.
 */
export class LiveEnv {
  readonly run: LiveRun;
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly actionMask?: () => Uint8Array;
  #reward = 0;
  #last: StepResult<object> | undefined;
  #waiter: { resolve(result: StepResult<object>): void; reject(error: Error): void } | undefined;
  /** The reward up to the decision that waits is in a result already. */
  #isTold = false;
  #isClosed = false;
  readonly #venues: { plugins: LiveEnvOptions['venues']; config: LiveEnvOptions['config'] };
  /** Why each venue that was given up was. */
  readonly #disabled = new Map<number, string>();

  /** @throws as `LiveRun` */
  constructor(options: LiveEnvOptions) {
    const { config, onDecision } = options;
    this.#venues = { plugins: options.venues, config };
    this.run = new LiveRun({
      ...options,
      onRecord: (record) => {
        options.onRecord?.(record);
        this.#noteDisabled(record);
      },
      header: { config, model: EXTERNAL_MODEL, modelCreatedMs: Number.NaN },
      policyFor: () => externalPolicy,
      onWait: (step) => {
        this.#isTold = true;
        this.#end(step, step.reward);
      },
      onDecision: (decision) => {
        onDecision?.(decision);
        const { step } = decision;
        this.#last = step;
        // A decision that waited has told its reward already.
        if (!this.#isTold) this.#reward += step.reward;
        this.#isTold = false;
        if (this.run.session.guard.state === 'halted') this.#end(step, 0);
      },
    });
    const { market } = this.run;
    this.observationSpace = market.observationSpace;
    this.actionSpace = market.actionSpace;
    if (market.actionMask !== undefined) this.actionMask = () => market.actionMask!();
  }

  /**
   * Connects where that has not happened, and waits for the next decision.
   * @throws LiveError `closed`; `venues-lost` when every venue was given up before there was a decision;
   *   `ccxt-missing` and others of `prepareVenues`
   */
  async reset(): Promise<ResetResult<object>> {
    if (!this.run.isRunning && !this.#isClosed) {
      await prepareVenues(this.#venues.plugins, this.#venues.config);
      this.run.start();
    }
    const { observation, info } = await this.#nextDecision();
    this.#reward = 0;
    return { observation, info };
  }

  /** Carries an action out, and waits for the next decision. The result is a view. */
  step(action: Action): Promise<StepResult<object>> {
    this.run.answer(action);
    return this.#nextDecision();
  }

  /** Ends the step under way as truncated, and the session with it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endOver();
    await this.run.stop();
  }

  #nextDecision(): Promise<StepResult<object>> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      if (this.#isOver) this.#endOver();
    });
  }

  /** No decision comes any more. */
  get #isOver(): boolean {
    return this.#isClosed || this.#disabled.size === this.#venues.config.markets.length;
  }

  #endOver(): void {
    if (this.#last !== undefined) this.#end(this.#last, 0);
    else if (this.#isClosed) {
      this.#waiter?.reject(new LiveError('closed', 'The session was closed before its first decision.'));
    } else {
      const reasons = [...this.#disabled.values()].join('; ');
      this.#waiter?.reject(
        new LiveError('venues-lost', `Every venue of the session was given up: ${reasons}.`),
      );
    }
  }

  #noteDisabled([kind, , source, event, detail]: TapeRecord): void {
    if (kind !== 'event' || event !== 'disabled') return;
    const { markets } = this.#venues.config;
    const { reason } = detail as { reason: string };
    this.#disabled.set(Number(source), `${markets[Number(source)].venue}: ${reason}`);
    if (this.#isOver) this.#endOver();
  }

  #end(step: StepResult<object>, reward: number): void {
    this.#last = step;
    this.#reward += reward;
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    const { observation, terminated, info } = step;
    const truncated = !terminated && (this.#isOver || this.run.session.guard.state === 'halted');
    const total = this.#reward;
    this.#reward = 0;
    waiter.resolve({ observation, reward: total, terminated, truncated, info });
  }
}

export interface RunLiveOptions {
  /** Whether it explores, and learns by `observe`. Default: it acts greedily and learns nothing. */
  readonly learns?: boolean;
  /** Called after every step; @returns whether to go on. */
  onStep?(step: StepResult<object>, numSteps: number): boolean;
}

/**
 * The loop on a live env: act, step and, where it learns, observe; until the env ends or `onStep` has enough.
 * @param agent built for one env with the env's spaces
 * @returns steps taken
 */
export async function runLive(
  agent: Agent,
  env: LiveEnv,
  { learns = false, onStep }: RunLiveOptions = {},
): Promise<number> {
  const { dim } = env.observationSpace;
  const observations = new Float32Array(dim);
  const nextObservations = new Float32Array(dim);
  const rewards = new Float32Array(1);
  const terminated = new Uint8Array(1);
  const truncated = new Uint8Array(1);
  const episodeStarts = Uint8Array.of(1);
  observations.set((await env.reset()).observation);
  for (let numSteps = 1; ; numSteps++) {
    const actionMasks = env.actionMask?.().slice();
    const actions = agent.act(observations, 1, learns, { episodeStarts, actionMasks });
    episodeStarts[0] = 0;
    const step = await env.step(env.actionSpace.kind === 'discrete' ? actions[0] : (actions as Action));
    nextObservations.set(step.observation);
    rewards[0] = step.reward;
    terminated[0] = Number(step.terminated);
    truncated[0] = Number(step.truncated);
    if (learns) {
      const nextActionMasks = env.actionMask?.();
      const transition: TransitionBatch = {
        observations,
        actions,
        rewards,
        nextObservations,
        terminated,
        truncated,
        actionMasks,
        nextActionMasks,
      };
      agent.observe(transition);
    }
    observations.set(nextObservations);
    if (step.terminated || step.truncated || onStep?.(step, numSteps) === false) return numSteps;
  }
}
