/** Sees to it that a run is long enough for its agent to learn, before it begins; and counts how often it did. */
import { ConfigError } from '../../core/errors.ts';

type Config = Readonly<Record<string, unknown>>;

export interface FitRequest {
  readonly agent: string;
  /** Complete. */
  readonly config: Config;
  readonly numEnvs: number;
  readonly totalSteps: number;
}

export interface Fitted {
  readonly config: Config;
  /** What was changed, a sentence; undefined where nothing was. */
  readonly remark?: string;
}

/** Updates that a rollout which is fitted leaves room for. */
const LEAST_UPDATES = 4;

/**
 * A rollout that is longer than the whole run is shortened, and that is said.
 * @returns agents that keep neither rollouts nor a replay under these names as they are
 * @throws ConfigError `too-few-steps` where the agent would not learn once
 */
export function fitUpdates(request: FitRequest): Fitted {
  const { agent, config, numEnvs, totalSteps } = request;
  const { rolloutSteps } = config;
  if (typeof rolloutSteps === 'number') {
    if (rolloutSteps * numEnvs <= totalSteps) return { config };
    const fitted = shorterRollout(request);
    if (fitted > 0) {
      const remark =
        `The rollout is fitted to the run: ${totalSteps} steps are fewer than one of ${rolloutSteps} in ${numEnvs} envs, so ` +
        `agent.rolloutSteps is ${fitted}.`;
      return { config: { ...config, rolloutSteps: fitted }, remark };
    }
    const least = Math.max(1, Math.floor(totalSteps / numEnvs));
    throw tooFew(
      `${totalSteps} steps are fewer than one rollout of ${rolloutSteps * numEnvs} (${rolloutSteps} in each of ${numEnvs} envs), so ` +
        `agent "${agent}" would not learn once; --steps ${rolloutSteps * numEnvs} or more, or --set agent.rolloutSteps=${least}.`,
    );
  }
  const first = firstGradientStep(config);
  if (first === undefined || first <= totalSteps) return { config };
  throw tooFew(
    `${totalSteps} steps are fewer than the ${first} before the first gradient step, so agent "${agent}" would not learn once; ` +
      `--steps ${first} or more, or smaller agent.learningStarts and agent.batchSize.`,
  );
}

/**
 * Updates of an agent's weights between two steps: rollouts that were learnt from, or gradient steps on a replay.
 * @returns undefined for an agent that keeps neither under these names
 */
export function countUpdates(
  config: Config,
  numEnvs: number,
  fromStep: number,
  toStep: number,
): number | undefined {
  const { rolloutSteps, trainEvery, gradientSteps } = config;
  if (typeof rolloutSteps === 'number') {
    const rows = rolloutSteps * numEnvs;
    return Math.floor(toStep / rows) - Math.floor(fromStep / rows);
  }
  const first = firstGradientStep(config);
  if (first === undefined || typeof trainEvery !== 'number' || typeof gradientSteps !== 'number')
    return undefined;
  let count = 0;
  for (let step = fromStep + numEnvs; step <= toStep; step += numEnvs) {
    const isPhase = Math.floor(step / trainEvery) > Math.floor((step - numEnvs) / trainEvery);
    if (step >= first && isPhase) count += gradientSteps;
  }
  return count;
}

function firstGradientStep({ learningStarts, batchSize }: Config): number | undefined {
  return typeof learningStarts === 'number' && typeof batchSize === 'number'
    ? Math.max(learningStarts, batchSize)
    : undefined;
}

/** A power of two, or whole sequences of a network that remembers. @returns 0 where there is none */
function shorterRollout({ config, numEnvs, totalSteps }: FitRequest): number {
  const most = Math.floor(totalSteps / numEnvs);
  if (most < 1) return 0;
  const wanted = Math.max(1, Math.floor(most / LEAST_UPDATES));
  const { network, sequenceLength } = config;
  if ((network === 'lstm' || network === 'gru') && typeof sequenceLength === 'number') {
    const wholeOf = (steps: number) => steps - (steps % sequenceLength);
    return wholeOf(wanted) || (sequenceLength <= most ? sequenceLength : 0);
  }
  let power = 1;
  while (2 * power <= wanted) power *= 2;
  return power;
}

function tooFew(message: string): ConfigError {
  return new ConfigError('too-few-steps', message);
}
