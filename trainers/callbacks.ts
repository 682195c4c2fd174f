/** Does things now and then while a run goes on. */
import { passes } from '../agents/schedule.ts';
import { restoreNumber, type Snapshot, type Snapshotable } from '../core/snapshot.ts';
import type { Evaluation } from './evaluate.ts';
import type { TrainCallback, TrainEvent } from './train.ts';

/**
 * Calls `action` at the first event at or past each multiple of `every` env steps.
 * @param every env steps; 0 for never
 * @param startStep where a continued run begins
 */
export function everySteps(every: number, action: TrainCallback, startStep = 0): TrainCallback {
  let last = startStep;
  return (event) => {
    const before = last;
    last = event.step;
    return every > 0 && passes(before, last, every) ? action(event) : undefined;
  };
}

export interface PeriodicEvaluationOptions {
  /** Plays whole episodes greedily; called once a period. */
  readonly evaluate: () => Evaluation;
  /** Told of every evaluation. */
  readonly onEvaluation: (event: TrainEvent, evaluation: Evaluation, isBest: boolean) => void;
  /** Ends the run once the mean return has reached this; Infinity for never. */
  readonly targetReturn?: number;
  /** Ends the run after so many evaluations without a new best; Infinity for never. */
  readonly patience?: number;
}

/** Evaluates, remembers the best, and ends a run that is good enough or no longer improves. */
export class PeriodicEvaluation implements Snapshotable {
  readonly #options: PeriodicEvaluationOptions;
  #best = -Infinity;
  #numSinceBest = 0;

  constructor(options: PeriodicEvaluationOptions) {
    this.#options = options;
  }

  /** The highest mean return so far; −Infinity before the first evaluation. */
  get best(): number {
    return this.#best;
  }

  /** What ends the run, by what was evaluated so far: known from a restored state as well. */
  get ending(): 'target return' | 'patience' | undefined {
    const { targetReturn = Infinity, patience = Infinity } = this.#options;
    if (this.#best >= targetReturn) return 'target return';
    return this.#numSinceBest >= patience ? 'patience' : undefined;
  }

  /** To be called by `everySteps`. */
  readonly callback: TrainCallback = (event) => {
    const { evaluate, onEvaluation } = this.#options;
    const evaluation = evaluate();
    const isBest = evaluation.meanReturn > this.#best;
    if (isBest) this.#best = evaluation.meanReturn;
    this.#numSinceBest = isBest ? 0 : this.#numSinceBest + 1;
    onEvaluation(event, evaluation, isBest);
    return this.ending === undefined ? undefined : 'stop';
  };

  save(): Snapshot {
    const best = Number.isFinite(this.#best) ? this.#best : null;
    return { arrays: {}, values: { best, numSinceBest: this.#numSinceBest } };
  }

  load(snapshot: Snapshot): void {
    this.#best = snapshot.values.best === null ? -Infinity : restoreNumber(snapshot, 'best');
    this.#numSinceBest = restoreNumber(snapshot, 'numSinceBest');
  }
}
