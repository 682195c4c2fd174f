/** What a search knows of a trial: where it was, how it went, what it came to. */
import type { Point } from './space.ts';

/** A value on the way: of an evaluation on the validation span, higher is better. */
export interface Report {
  /** Env steps of training. */
  readonly step: number;
  readonly value: number;
}

export interface TrialRecord {
  /** From 0, in the order of proposal. */
  readonly index: number;
  readonly point: Point;
  readonly state: 'running' | 'finished' | 'pruned' | 'failed';
  /** In the order of steps. */
  readonly reports: readonly Report[];
  /** One for each objective, higher is better; of a finished trial alone. */
  readonly scores?: readonly number[];
}

/**
 * The trials from the best to the worst: finished ones by their score, or by fronts where there are several objectives; then the
 * pruned ones, those that came furthest first; failed ones last. Equal ones in the order of proposal.
 */
export function rankTrials(trials: readonly TrialRecord[]): TrialRecord[] {
  const finished = trials.filter(({ state, scores }) => state === 'finished' && scores !== undefined);
  const fronts = paretoFronts(finished);
  const last = ({ reports }: TrialRecord): Report => reports.at(-1) ?? { step: 0, value: -Infinity };
  const pruned = trials
    .filter(({ state }) => state === 'pruned')
    .sort((a, b) => last(b).step - last(a).step || last(b).value - last(a).value || a.index - b.index);
  const failed = trials.filter(({ state }) => state === 'failed').sort((a, b) => a.index - b.index);
  return [...fronts.flat(), ...pruned, ...failed];
}

/**
 * Splits trials into fronts: nobody in the first is beaten in one objective without winning another; the second is the first of the
 * rest, and so on. Within a front by the first objective.
 */
export function paretoFronts(trials: readonly TrialRecord[]): TrialRecord[][] {
  const fronts: TrialRecord[][] = [];
  let rest = [...trials].sort((a, b) => b.scores![0] - a.scores![0] || a.index - b.index);
  if (rest.length > 0 && rest[0].scores!.length === 1) return rest.map((trial) => [trial]);
  while (rest.length > 0) {
    const front = rest.filter((trial) => !rest.some((other) => dominates(other.scores!, trial.scores!)));
    fronts.push(front);
    rest = rest.filter((trial) => !front.includes(trial));
  }
  return fronts;
}

function dominates(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => value >= b[i]) && a.some((value, i) => value > b[i]);
}
