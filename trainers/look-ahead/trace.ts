/** Lists what an env shows in an episode of random actions, and when each of it is known. */
import { ConfigError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { actionAt, allowedAction } from '../../envs/allowed-action.ts';
import type { Env } from '../../envs/env.ts';
import { createActionBatch, sampleActionsInto } from '../../envs/spaces.ts';

/** Something that was there at `time`: an observation, a fill, a reward. */
export interface Observed {
  time: number;
  label: string;
  /** Copied when it was observed: envs overwrite their views. */
  values: readonly number[];
  /** A name for each value, for messages. */
  names?: readonly string[];
}

export interface TraceOptions {
  readonly steps: number;
  readonly seed?: number;
  /** The row whose close was known; default: `info.row`. */
  readonly rowOf?: (info: object) => number;
  /** A step from whose action on the actions are others; default: none. */
  readonly otherFrom?: number;
}

/**
 * A random walk through an episode of an env as a list of observations. What a step returns counts as known at the row its
 * info names; everything in the info, and the mask of actions, is compared too, as numbers.
 * @param env its info must have a numeric `row`, unless `rowOf` tells
 * @throws ConfigError `row-unknown`
 */
export function traceEnv(env: Env, options: TraceOptions): Observed[] {
  const { steps, seed = 1, rowOf, otherFrom = steps } = options;
  const { actionSpace, observationSpace } = env;
  const columns = Array.from(
    { length: observationSpace.dim },
    (_, i) => observationSpace.names?.[i] ?? `observation[${i}]`,
  );
  const entries: Observed[] = [];
  const record = (label: string, info: object, shown: readonly string[], values: ArrayLike<number>): void => {
    const time = rowOf === undefined ? (info as { row?: unknown }).row : rowOf(info);
    if (typeof time !== 'number' || !Number.isFinite(time)) {
      throw new ConfigError(
        'row-unknown',
        `The env's info has no number "row", the bar whose close is known; give rowOf, which got ${time}.`,
      );
    }
    const more = [...Object.entries(info)].flatMap(([key, value]) => numbersOf(`info.${key}`, value));
    const mask = numbersOf('actionMask', env.actionMask?.() ?? []);
    const all = [...more, ...mask];
    entries.push({
      time,
      label,
      values: [...Array.from(values), ...all.map(([, value]) => value)],
      names: [...shown, ...all.map(([name]) => name)],
    });
  };
  const actions = createActionBatch(actionSpace, steps);
  sampleActionsInto(actions, actionSpace, createRng(`trace ${seed}`));
  const others = createActionBatch(actionSpace, steps);
  sampleActionsInto(others, actionSpace, createRng(`other trace ${seed}`));
  const first = env.reset({ seed });
  record('reset', first.info, columns, first.observation);
  const stepColumns = [...columns, 'reward', 'terminated', 'truncated'];
  for (let i = 0; i < steps; i++) {
    const wanted = actionAt(i < otherFrom ? actions : others, actionSpace, i);
    const action = allowedAction(wanted, actionSpace, env.actionMask?.());
    const { observation, reward, terminated, truncated, info } = env.step(action);
    record('step', info, stepColumns, [...observation, reward, Number(terminated), Number(truncated)]);
    if (terminated || truncated) break;
  }
  return entries;
}

/** A number as it is, those of an array one by one; of anything else, what can be read as a number. */
function numbersOf(name: string, value: unknown): [name: string, value: number][] {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return Array.from(value as ArrayLike<unknown>, (each, i) => [`${name}[${i}]`, Number(each)]);
  }
  return [[name, Number(value)]];
}
