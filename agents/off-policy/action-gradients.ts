/** Differentiates the value of one critic, or the lesser one of two, by the actions: what a policy learns from. */
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { Network } from '../../networks/network.ts';

export interface ActionGradientsShape {
  /** B */
  readonly batchSize: number;
  /** D */
  readonly observationDim: number;
  /** A */
  readonly actionDim: number;
}

/**
 * B rows a batch, D observation elements, A action elements; a critic's input is the observation, then the action. Of two
 * critics each is differentiated in the rows where its value is the lesser one, half of them, where the networks offer that.
 */
export class ActionGradients {
  readonly #kernels: Kernels;
  readonly #networks: readonly Network[];
  readonly #shape: ActionGradientsShape;
  readonly #outputGradients: readonly Float32Array[]; // of [B]
  readonly #inputGradients: Float32Array[]; // of [B, D + A] or [R, D + A]; views
  /** The rows in which each of two critics has the lesser value; none where all rows are differentiated. */
  readonly #rows: readonly Int32Array[]; // of [B]
  readonly #numRows: number[]; // R of each
  readonly #tasks: readonly (() => void)[];

  constructor(kernels: Kernels, networks: readonly Network[], shape: ActionGradientsShape) {
    const { batchSize } = shape;
    this.#kernels = kernels;
    this.#networks = networks.slice(0, 2);
    this.#shape = shape;
    this.#outputGradients = this.#networks.map(() => kernels.allocate(batchSize));
    this.#inputGradients = [...this.#outputGradients];
    const byRows = networks.length === 2 && networks.every((network) => network.inputGradientsOfRows);
    this.#rows = byRows ? networks.map(() => kernels.allocateIntegers(batchSize)) : [];
    this.#numRows = [0, 0];
    this.#tasks = this.#networks.map(
      (_, i) => () => (byRows ? this.#differentiateRows(i) : this.#differentiate(i)),
    );
  }

  /**
   * The gradient of −mean_b min_{i ≤ count} Q_i(s, a) for the actions; the critics stay as they are.
   * @param actionGradients receives it, [B, A]
   * @param values of the critics' last `forward`, [B] each
   * @param count how many critics take part, from the first on: 1 or 2
   * @returns the mean that is differentiated
   */
  into(actionGradients: Float32Array, values: readonly Float32Array[], count: 1 | 2): number {
    actionGradients.fill(0);
    if (count === 1) return this.#ofFirstInto(actionGradients, values[0]);
    return this.#rows.length === 2
      ? this.#ofLeastRowsInto(actionGradients, values)
      : this.#ofLeastInto(actionGradients, values);
  }

  #ofFirstInto(actionGradients: Float32Array, values: Float32Array): number {
    const { batchSize } = this.#shape;
    this.#outputGradients[0].fill(-1 / batchSize);
    let sum = 0;
    for (let b = 0; b < batchSize; b++) sum += values[b];
    this.#differentiate(0);
    this.#addTo(actionGradients, 0);
    return sum / batchSize;
  }

  #ofLeastInto(actionGradients: Float32Array, [values, otherValues]: readonly Float32Array[]): number {
    const { batchSize } = this.#shape;
    const [gradients, otherGradients] = this.#outputGradients;
    let sum = 0;
    for (let b = 0; b < batchSize; b++) {
      const isFirst = values[b] <= otherValues[b];
      sum += isFirst ? values[b] : otherValues[b];
      gradients[b] = isFirst ? -1 / batchSize : 0;
      otherGradients[b] = isFirst ? 0 : -1 / batchSize;
    }
    this.#kernels.concurrently(this.#tasks);
    for (let i = 0; i < 2; i++) this.#addTo(actionGradients, i);
    return sum / batchSize;
  }

  #ofLeastRowsInto(actionGradients: Float32Array, [values, otherValues]: readonly Float32Array[]): number {
    const { batchSize } = this.#shape;
    const [rows, otherRows] = this.#rows;
    let sum = 0;
    let numRows = 0;
    let numOthers = 0;
    for (let b = 0; b < batchSize; b++) {
      const isFirst = values[b] <= otherValues[b];
      sum += isFirst ? values[b] : otherValues[b];
      if (isFirst) rows[numRows++] = b;
      else otherRows[numOthers++] = b;
    }
    this.#numRows[0] = numRows;
    this.#numRows[1] = numOthers;
    for (const gradients of this.#outputGradients) gradients.fill(-1 / batchSize);
    this.#kernels.concurrently(this.#tasks);
    for (let i = 0; i < 2; i++) this.#addTo(actionGradients, i, this.#rows[i].subarray(0, this.#numRows[i]));
    return sum / batchSize;
  }

  /** Differentiates a critic by its inputs in its own rows alone. */
  #differentiateRows(i: number): void {
    const rows = this.#rows[i].subarray(0, this.#numRows[i]);
    this.#inputGradients[i] = this.#networks[i].inputGradientsOfRows!(this.#outputGradients[i], rows);
  }

  /** Differentiates a critic by its inputs. */
  #differentiate(i: number): void {
    const network = this.#networks[i];
    const outputGradients = this.#outputGradients[i];
    if (network.inputGradientsOf !== undefined) {
      this.#inputGradients[i] = network.inputGradientsOf(outputGradients);
    } else {
      network.backward(outputGradients);
      this.#inputGradients[i] = network.inputGradients();
    }
  }

  /**
   * Adds critic i's gradient of the inputs, as far as these are actions, of all rows or of these, and forgets that of its
   * parameters.
   */
  #addTo(actionGradients: Float32Array, i: number, rows?: Int32Array): void {
    if (rows === undefined && this.#networks[i].inputGradientsOf === undefined)
      this.#networks[i].gradients.fill(0);
    const { batchSize, observationDim, actionDim } = this.#shape;
    const inputGradients = this.#inputGradients[i];
    const numRows = rows?.length ?? batchSize;
    for (let r = 0; r < numRows; r++) {
      const from = r * (observationDim + actionDim) + observationDim;
      const to = (rows === undefined ? r : rows[r]) * actionDim;
      for (let a = 0; a < actionDim; a++) actionGradients[to + a] += inputGradients[from + a];
    }
  }
}
