/** Judges an agent by the returns of whole episodes, acting greedily and changing nothing in it. */
import type { Agent } from '../agents/agent.ts';
import { mean, standardDeviation } from '../core/statistics.ts';
import type { Env } from '../envs/env.ts';
import { playEpisode } from './episode.ts';

export interface Evaluation {
  /** [episodes], undiscounted */
  readonly returns: readonly number[];
  /** [episodes], steps */
  readonly lengths: readonly number[];
  readonly meanReturn: number;
  /** Sample deviation over the episodes. */
  readonly deviation: number;
}

/**
 * @param env an env of its own: it is reset
 * @param seed episode i starts from `reset({ seed: seed + i })`
 */
export function evaluate(
  agent: Agent,
  env: Env,
  { episodes, seed }: { episodes: number; seed: number },
): Evaluation {
  const returns: number[] = [];
  const lengths: number[] = [];
  for (let episode = 0; episode < episodes; episode++) {
    let episodeReturn = 0;
    let length = -1;
    const visit = (_info: object, reward: number): void => {
      episodeReturn += reward;
      length++;
    };
    playEpisode(agent, env, visit, seed + episode);
    returns.push(episodeReturn);
    lengths.push(length);
  }
  return { returns, lengths, meanReturn: mean(returns), deviation: standardDeviation(returns) };
}
