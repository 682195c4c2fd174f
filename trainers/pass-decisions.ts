/** Records what was decided in a pass through a market, and what came of it: actions, rewards, fills. */
import { type ActionBatch, type ActionSpace, actionDim } from '../envs/spaces.ts';
import type { Fill } from '../market/execution/fill.ts';
import type { StepFill } from '../market/statistics/account-trips.ts';

/** Entry t is of the step that ended there; entry 0, the state before the first decision, of none. */
export interface PassDecisions {
  /** [T] */
  readonly rewards: Float64Array;
  /** [T, A] the number of a choice, or the elements of a box; NaN in row 0 */
  readonly actions: Float32Array;
  /** [A] */
  readonly actionNames: readonly string[];
  /** In order; undefined where the env trades and tells of no fill. */
  readonly fills?: readonly StepFill[];
}

/** Takes the fills of an env, from its making on, pass by pass. */
export class FillTap {
  #stepOf: (() => number) | undefined;
  #fills: StepFill[] = [];

  /** What the env is to call after each fill. */
  readonly onFill = (fill: Readonly<Fill>): void => {
    if (this.#stepOf !== undefined) this.#fills.push({ ...fill, step: this.#stepOf() });
  };

  /** @param stepOf the number of the step that is under way */
  begin(stepOf: () => number): void {
    this.#stepOf = stepOf;
    this.#fills = [];
  }

  /**
   * @param hasTraded by the account
   * @returns the fills since `begin`; undefined where there must have been some that the env did not tell
   */
  end(hasTraded: boolean): readonly StepFill[] | undefined {
    this.#stepOf = undefined;
    return hasTraded && this.#fills.length === 0 ? undefined : this.#fills;
  }
}

/** Takes the decisions of a pass, step by step. */
export class DecisionRecorder {
  readonly #names: readonly string[];
  readonly #rewards: number[] = [];
  readonly #actions: number[] = [];

  constructor(space: ActionSpace) {
    const dim = actionDim(space);
    const numbered = Array.from({ length: dim }, (_, i) => (dim === 1 ? 'action' : `action:${i + 1}`));
    this.#names = (space.kind === 'box' ? space.names : undefined) ?? numbered;
  }

  take(reward: number, action: ActionBatch | undefined): void {
    this.#rewards.push(reward);
    for (let i = 0; i < this.#names.length; i++) this.#actions.push(action?.[i] ?? Number.NaN);
  }

  taken(fills: readonly StepFill[] | undefined): PassDecisions {
    return {
      rewards: Float64Array.from(this.#rewards),
      actions: Float32Array.from(this.#actions),
      actionNames: this.#names,
      ...(fills !== undefined && { fills }),
    };
  }
}

/** The decisions at the times of an axis: rewards between two of them are added up, of actions the last stays. */
export function alignDecisions(
  { timeMs, length }: { readonly timeMs: Float64Array; readonly length: number },
  { rewards, actions, actionNames, fills }: PassDecisions,
  axis: { readonly timeMs: Float64Array; readonly length: number },
): PassDecisions {
  const dim = actionNames.length;
  const aligned = {
    rewards: new Float64Array(axis.length),
    actions: new Float32Array(axis.length * dim).fill(Number.NaN),
    actionNames,
  };
  const steps = new Int32Array(length).fill(axis.length);
  let from = 0;
  for (let t = 0; t < axis.length; t++) {
    for (; from < length && timeMs[from] <= axis.timeMs[t]; from++) {
      steps[from] = t;
      aligned.rewards[t] += rewards[from];
      aligned.actions.set(actions.subarray(from * dim, (from + 1) * dim), t * dim);
    }
  }
  if (fills === undefined) return aligned;
  const moved = fills.map((fill) => ({ ...fill, step: steps[fill.step] }));
  return { ...aligned, fills: moved.filter(({ step }) => step < axis.length) };
}
