/** Records whole episodes as they are played: returns and lengths, actions, rewards and pictures. */
import type { Env, StepResult } from '../env.ts';
import type { Action } from '../spaces.ts';

/** One episode that ended. */
export interface EpisodeRecord {
  /** From 0; those that were not recorded count too. */
  readonly episode: number;
  /** The seed of its reset, where one was given. */
  readonly seed?: number;
  /** Sum of the rewards. */
  readonly return: number;
  /** Steps. */
  readonly length: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
  /** [length] */
  readonly actions: readonly (number | readonly number[])[];
  /** [length] */
  readonly rewards: readonly number[];
  /** [length + 1] what `render` showed after the reset and after each step; empty where the env draws none. */
  readonly frames: readonly string[];
}

export interface RecordEpisodesOptions {
  /** Called at the end of each episode that is recorded. One that a reset cuts off is left out. */
  readonly onEpisode: (record: EpisodeRecord) => void;
  /** Which episodes are recorded, from 0. Default: all. */
  readonly records?: (episode: number) => boolean;
  /** Whether pictures are taken. Default: true. */
  readonly draws?: boolean;
}

/**
 * The env, with its episodes handed over: what Gymnasium's RecordEpisodeStatistics and RecordVideo do, pictures in characters.
 * Nothing of what an agent sees or does changes. Saving and loading work as they do on `env`; an episode that was loaded in its
 * midst is not recorded.
 * @example
 * const env = recordEpisodes(cartpole.create({ seed: 1 }), {
 *   onEpisode: ({ episode, return: sum, length }) => console.log(episode, sum, length),
 *   records: (episode) => episode % 100 === 0,
 * });
 */
export function recordEpisodes<Info extends object>(
  env: Env<Info>,
  { onEpisode, records = () => true, draws = true }: RecordEpisodesOptions,
): Env<Info> {
  let episode = -1;
  let seed: number | undefined;
  let isOn = false;
  let actions: (number | readonly number[])[] = [];
  let rewards: number[] = [];
  let frames: string[] = [];
  const draw = (): void => {
    if (draws && env.render !== undefined) frames.push(env.render());
  };
  const take = (action: Action, { reward, terminated, truncated }: StepResult<Info>): void => {
    actions.push(typeof action === 'number' ? action : Array.from(action));
    rewards.push(reward);
    draw();
    if (!terminated && !truncated) return;
    isOn = false;
    onEpisode({
      episode,
      ...(seed !== undefined && { seed }),
      return: rewards.reduce((sum, value) => sum + value, 0),
      length: rewards.length,
      terminated,
      truncated,
      actions,
      rewards,
      frames,
    });
  };
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    actionMask: env.actionMask && (() => env.actionMask!()),
    reset(options) {
      const result = env.reset(options);
      episode++;
      seed = options?.seed;
      isOn = records(episode);
      [actions, rewards, frames] = [[], [], []];
      if (isOn) draw();
      return result;
    },
    step(action) {
      const result = env.step(action);
      if (isOn) take(action, result);
      return result;
    },
    render: env.render && (() => env.render!()),
    close: env.close && (() => env.close!()),
    save: env.save && (() => env.save!()),
    load:
      env.load &&
      ((snapshot) => {
        isOn = false;
        env.load!(snapshot);
      }),
  };
}
