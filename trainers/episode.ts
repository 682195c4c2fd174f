/** Plays one episode greedily: what evaluation and backtests have in common. */
import type { Agent } from '../agents/agent.ts';
import { EnvError } from '../core/errors.ts';
import type { Env } from '../envs/env.ts';

/** Past this an episode is taken to have no end. */
const MAX_STEPS = 1_000_000;

/**
 * @throws EnvError `endless-episode` after a million steps
 * @param env is reset first
 * @param visit called with the state after the reset, with reward 0, and after every step
 * @param seed for the reset
 */
export function playEpisode<Info>(
  agent: Agent,
  env: Env<Info>,
  visit: (info: Info, reward: number) => void,
  seed?: number,
): void {
  const episodeStarts = Uint8Array.of(1);
  const isDiscrete = env.actionSpace.kind === 'discrete';
  let { observation, info } = env.reset(seed === undefined ? undefined : { seed });
  visit(info, 0);
  let isOver = false;
  for (let step = 0; !isOver; step++) {
    if (step === MAX_STEPS) {
      throw new EnvError(
        'endless-episode',
        `An episode has not ended after ${MAX_STEPS} steps; wrap the env in limitTime, or end its episodes.`,
      );
    }
    const stepContext = { episodeStarts, actionMasks: env.actionMask?.() };
    const actions = agent.act(observation, 1, false, stepContext);
    const result = env.step(isDiscrete ? actions[0] : actions);
    ({ observation, info } = result);
    visit(info, result.reward);
    isOver = result.terminated || result.truncated;
    episodeStarts[0] = 0;
  }
}
