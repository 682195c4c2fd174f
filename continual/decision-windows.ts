/** Keeps windows of decisions that followed each other, taken evenly from a run of any length. */

// D: observation elements. A: action elements. W: decisions in a window.

/** A window that is being filled, or full. */
interface Window {
  readonly number: number;
  readonly observations: Float32Array; // [W, D]
  readonly actions: Float32Array; // [W, A]
}

/**
 * How a window of neighbours varies is lost when single decisions are taken. When there are too many windows every other
 * one is dropped, and from then on only every other one is kept.
 */
export class DecisionWindows {
  readonly #windowDecisions: number;
  readonly #maxWindows: number;
  #windows: Window[] = [];
  #stride = 1;
  #numDecisions = 0;

  /** @param maxWindows kept at most; at least half as many are, of a run that has them */
  constructor(windowDecisions: number, maxWindows = 64) {
    this.#windowDecisions = windowDecisions;
    this.#maxWindows = maxWindows;
  }

  /** @param action [A] */
  add(observation: Float32Array, action: ArrayLike<number>): void {
    const length = this.#windowDecisions;
    const row = this.#numDecisions % length;
    const number = (this.#numDecisions - row) / length;
    this.#numDecisions++;
    if (number % this.#stride !== 0) return;
    if (row === 0) {
      const observations = new Float32Array(length * observation.length);
      this.#windows.push({ number, observations, actions: new Float32Array(length * action.length) });
    }
    const window = this.#windows[this.#windows.length - 1];
    window.observations.set(observation, row * observation.length);
    window.actions.set(action, row * action.length);
    if (row < length - 1 || this.#windows.length <= this.#maxWindows) return;
    this.#stride *= 2;
    this.#windows = this.#windows.filter((kept) => kept.number % this.#stride === 0);
  }

  /** The full windows, one after another: rows n·W to n·W + W − 1 followed each other; all rows, where it is whole. */
  read(): { isWhole: boolean; observations: Float32Array; actions: Float32Array } {
    const last = this.#windows.at(-1);
    const isOpen = last !== undefined && this.#numDecisions < (last.number + 1) * this.#windowDecisions;
    const full = isOpen ? this.#windows.slice(0, -1) : this.#windows;
    return {
      isWhole: this.#stride === 1,
      observations: join(full.map(({ observations }) => observations)),
      actions: join(full.map(({ actions }) => actions)),
    };
  }
}

function join(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
