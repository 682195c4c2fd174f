/** Plays one episode greedily: what evaluation and backtests have in common. */
import type { Agent } from '../agents/agent.ts';
import { EnvError } from '../core/errors.ts';
import type { Env } from '../envs/env.ts';
import type { ActionBatch } from '../envs/spaces.ts';

/** Past so many steps an episode is taken to have no end, unless it is on its way through a record. */
const MAX_STEPS = 1_000_000;

/**
 * @throws EnvError `endless-episode` after a million steps, of an env whose info has no `timeMs` that goes on: a pass through market
 * data is as long as they are
 * @param env is reset first
 * @param visit called with the state after the reset, with reward 0 and no action, and after every step with the action
 * that led to it, a view
 * @param seed for the reset
 */
export function playEpisode<Info>(
  agent: Agent,
  env: Env<Info>,
  visit: (info: Info, reward: number, action: ActionBatch | undefined) => void,
  seed?: number,
): void {
  const episodeStarts = Uint8Array.of(1);
  const isDiscrete = env.actionSpace.kind === 'discrete';
  let { observation, info } = env.reset(seed === undefined ? undefined : { seed });
  visit(info, 0, undefined);
  let isOver = false;
  let seenMs = timeOf(info);
  for (let step = 0; !isOver; step++) {
    if (step > 0 && step % MAX_STEPS === 0) {
      const nowMs = timeOf(info);
      if (nowMs > seenMs) seenMs = nowMs;
      else {
        throw new EnvError(
          'endless-episode',
          `An episode has not ended after ${step} steps; wrap the env in limitTime, or end its episodes.`,
        );
      }
    }
    const stepContext = { episodeStarts, actionMasks: env.actionMask?.() };
    const actions = agent.act(observation, 1, false, stepContext);
    const result = env.step(isDiscrete ? actions[0] : actions);
    ({ observation, info } = result);
    visit(info, result.reward, actions);
    isOver = result.terminated || result.truncated;
    episodeStarts[0] = 0;
  }
}

/** NaN where an env does not tell the time of its market. */
function timeOf(info: unknown): number {
  const { timeMs } = (info ?? {}) as { timeMs?: unknown };
  return typeof timeMs === 'number' ? timeMs : Number.NaN;
}
