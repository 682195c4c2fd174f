/** Describes observations and actions: the shapes and bounds an env and an agent agree on. */
import { EnvError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';

/** One of `n` choices, numbered from 0. An action is a `number`. */
export interface Discrete {
  readonly kind: 'discrete';
  readonly n: number;
  /** [n], what each choice stands for, where it is a quantity: in trading, the target exposure. */
  readonly values?: readonly number[];
  /** [n], a name per choice, for agents that follow a rule and for people: `hold`, `trade:EX1>EX2:0`. */
  readonly names?: readonly string[];
}

/** Several independent choices; the k-th has `sizes[k]` options. An action is an Int32Array [K]. */
export interface MultiDiscrete {
  readonly kind: 'multi-discrete';
  readonly sizes: readonly number[];
}

/** Elements of an observation that are read as one, such as a model's probability of each class. */
export interface ElementGroup {
  readonly name: string;
  /** Which bar they are of: 0 the newest, −1 the one before it. */
  readonly bar: number;
  /** Indices, in the order that the group's reader expects. */
  readonly elements: readonly number[];
}

/** A box of real numbers, flat, row-major. An element is a Float32Array [dim]. */
export interface Box {
  readonly kind: 'box';
  readonly shape: readonly number[];
  /** The product of `shape`. */
  readonly dim: number;
  /** [dim], −Infinity where unbounded */
  readonly low: Float32Array;
  /** [dim], Infinity where unbounded */
  readonly high: Float32Array;
  /** [dim], a name per element, for agents that follow a rule and for people: `rsi:14@-1`, `exposure`. */
  readonly names?: readonly string[];
  /** Absent: the elements are what they are, and no window. */
  readonly window?: ObservationWindow;
  /** Elements that belong together, for agents that read them as one. */
  readonly groups?: readonly ElementGroup[];
}

/**
 * A window over a series at the front of an observation: its first W·F elements are the last W rows of F numbers, oldest
 * first. The next step of an episode shows the same rows but the oldest, and one new row; the elements after the window are of
 * the present moment alone.
 */
export interface ObservationWindow {
  /** W ≥ 1. */
  readonly rows: number;
  /** F ≥ 1. */
  readonly columns: number;
}

export type ActionSpace = Discrete | MultiDiscrete | Box;

/** What one env is given: a number for Discrete, an Int32Array for MultiDiscrete, a Float32Array for Box. */
export type Action = number | Int32Array | Float32Array;

/** Actions of N envs, row-major: Int32Array [N] or [N, K] for discrete spaces, Float32Array [N, A] for Box. */
export type ActionBatch = Int32Array | Float32Array;

/**
 * @param values what each choice stands for, one per choice
 * @param names likewise
 * @throws EnvError `invalid-space` unless `n` is a positive integer and `values` and `names`, if given, have n entries
 */
export function createDiscrete(n: number, values?: readonly number[], names?: readonly string[]): Discrete {
  if (!Number.isInteger(n) || n < 1) {
    throw new EnvError(
      'invalid-space',
      `A discrete space needs a positive whole number of choices, got ${n}.`,
    );
  }
  for (const [what, list] of Object.entries({ values, names })) {
    if (list === undefined || list.length === n) continue;
    throw new EnvError('invalid-space', `${n} choices need as many ${what}, got ${list.length}.`);
  }
  return {
    kind: 'discrete',
    n,
    ...(values !== undefined && { values: [...values] }),
    ...(names !== undefined && { names: [...names] }),
  };
}

/** @throws EnvError `invalid-space` unless every size is a positive integer */
export function createMultiDiscrete(sizes: readonly number[]): MultiDiscrete {
  for (const size of sizes) createDiscrete(size);
  if (sizes.length === 0)
    throw new EnvError('invalid-space', 'A multi-discrete space needs at least one choice.');
  return { kind: 'multi-discrete', sizes: [...sizes] };
}

/**
 * @param low lower bound, one number for all elements or one per element
 * @param high upper bound, likewise
 * @param names a name per element
 * @param window for observations that begin with a window over a series
 * @param groups of elements that belong together
 * @throws EnvError `invalid-space` when the shape is empty or not of positive whole numbers, a bound is NaN, of another
 *   length or upside down, a window is not of whole rows within the elements, or a group names an element that is not
 *   there, or one twice
 */
export function createBox(
  shape: readonly number[],
  low: number | ArrayLike<number>,
  high: number | ArrayLike<number>,
  names?: readonly string[],
  window?: ObservationWindow,
  groups?: readonly ElementGroup[],
): Box {
  const dim = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 0 || !shape.every((length) => Number.isInteger(length) && length > 0)) {
    throw new EnvError('invalid-space', `A box needs positive whole dimensions, got [${shape.join(', ')}].`);
  }
  const expand = (bound: number | ArrayLike<number>): Float32Array =>
    typeof bound === 'number' ? new Float32Array(dim).fill(bound) : Float32Array.from(bound);
  const lowArray = expand(low);
  const highArray = expand(high);
  if (lowArray.length !== dim || highArray.length !== dim) {
    throw new EnvError(
      'invalid-space',
      `A box of shape [${shape.join(', ')}] needs ${dim} bounds each way, got ${lowArray.length} and ${highArray.length}.`,
    );
  }
  for (let i = 0; i < dim; i++) {
    if (!(lowArray[i] <= highArray[i])) {
      throw new EnvError(
        'invalid-space',
        `Bound ${i} of a box is upside down: low ${lowArray[i]}, high ${highArray[i]}.`,
      );
    }
  }
  if (names !== undefined && names.length !== dim) {
    throw new EnvError('invalid-space', `${dim} elements need as many names, got ${names.length}.`);
  }
  if (window !== undefined && !isWindowWithin(window, dim)) {
    throw new EnvError(
      'invalid-space',
      `A window of ${window.rows} rows of ${window.columns} does not fit into ${dim} elements.`,
    );
  }
  for (const { name, elements } of groups ?? []) {
    const wrong = elements.find(
      (i, k) => !(Number.isInteger(i) && i >= 0 && i < dim) || elements.indexOf(i) !== k,
    );
    if (wrong === undefined && elements.length > 0) continue;
    throw new EnvError(
      'invalid-space',
      `The group "${name}" of a box needs elements from 0 to ${dim - 1}, each once, got [${elements.join(', ')}].`,
    );
  }
  return {
    kind: 'box',
    shape: [...shape],
    dim,
    low: lowArray,
    high: highArray,
    ...(names !== undefined && { names: [...names] }),
    ...(window !== undefined && { window: { rows: window.rows, columns: window.columns } }),
    ...(groups !== undefined && groups.length > 0 && { groups: [...groups] }),
  };
}

/** Whether a window is of positive whole numbers, and its W·F elements are among `dim`. */
export function isWindowWithin({ rows, columns }: ObservationWindow, dim: number): boolean {
  return [rows, columns].every((count) => Number.isInteger(count) && count > 0) && rows * columns <= dim;
}

/** Numbers per action: 1 for Discrete, K for MultiDiscrete, the dimension for Box. */
export function actionDim(space: ActionSpace): number {
  switch (space.kind) {
    case 'discrete':
      return 1;
    case 'multi-discrete':
      return space.sizes.length;
    case 'box':
      return space.dim;
  }
}

/** Choices of all components of a discrete space together: the length of a mask; 0 for a Box. */
export function numChoices(space: ActionSpace): number {
  switch (space.kind) {
    case 'discrete':
      return space.n;
    case 'multi-discrete':
      return space.sizes.reduce((sum, size) => sum + size, 0);
    case 'box':
      return 0;
  }
}

/** An uninitialised batch for `numEnvs` actions of this space. */
export function createActionBatch(space: ActionSpace, numEnvs: number): ActionBatch {
  const length = numEnvs * actionDim(space);
  return space.kind === 'box' ? new Float32Array(length) : new Int32Array(length);
}

/** Draws uniform actions into `batch`; unbounded box elements are standard normal. */
export function sampleActionsInto(batch: ActionBatch, space: ActionSpace, rng: Rng): void {
  const dim = actionDim(space);
  for (let i = 0; i < batch.length; i++) {
    if (space.kind === 'discrete') batch[i] = rng.integer(space.n);
    else if (space.kind === 'multi-discrete') batch[i] = rng.integer(space.sizes[i % dim]);
    else {
      const low = space.low[i % dim];
      const high = space.high[i % dim];
      const bounded = Number.isFinite(low) && Number.isFinite(high);
      batch[i] = bounded ? low + rng.uniform() * (high - low) : rng.gaussian();
    }
  }
}

/** A short form for messages: `Discrete(3)`, `MultiDiscrete(2, 3)`, `Box(10, 5)`. */
export function describeSpace(space: ActionSpace): string {
  switch (space.kind) {
    case 'discrete':
      return `Discrete(${space.n})`;
    case 'multi-discrete':
      return `MultiDiscrete(${space.sizes.join(', ')})`;
    case 'box':
      return `Box(${space.shape.join(', ')})`;
  }
}
