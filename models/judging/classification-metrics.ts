/** Measures a classifier by the classes it names, and by the probabilities it gives. */
import { DataError } from '../../core/errors.ts';
import { log } from '../../core/math.ts';
import { averagePrecision, rocArea } from './probability-curves.ts';

/** A share whose divisor is zero, such as the precision of a class that was never named, is 0. */
export interface ClassScores {
  readonly name: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows of the class. */
  readonly support: number;
}

export type AverageScores = Omit<ClassScores, 'name' | 'support'>;

export interface ClassificationMetrics {
  readonly numRows: number;
  /** [C] */
  readonly classes: readonly ClassScores[];
  readonly accuracy: number;
  /** Mean recall of the classes that occur. */
  readonly balancedAccuracy: number;
  /** Means over the classes. */
  readonly macro: AverageScores;
  /** Means over the classes, weighted by support. */
  readonly weighted: AverageScores;
  /** [C][C] rows by true class, then by the class named. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * @param truth [M] classes
 * @param named [M] classes
 * @throws DataError `length-mismatch`, `empty-evaluation`
 */
export function classificationMetrics(
  truth: ArrayLike<number>,
  named: ArrayLike<number>,
  classNames: readonly string[],
): ClassificationMetrics {
  const numRows = truth.length;
  requireRows(numRows, named.length, 'classes');
  const confusion = classNames.map(() => new Array<number>(classNames.length).fill(0));
  for (let i = 0; i < numRows; i++) confusion[truth[i]][named[i]]++;
  const classes = classNames.map((name, c): ClassScores => {
    const hits = confusion[c][c];
    const support = sum(confusion[c]);
    const numNamed = sum(confusion.map((row) => row[c]));
    // Twice the hits over both margins: the harmonic mean, without a division by zero in between.
    const f1 = share(2 * hits, support + numNamed);
    return { name, precision: share(hits, numNamed), recall: share(hits, support), f1, support };
  });
  const hits = sum(classes.map((_, c) => confusion[c][c]));
  const present = classes.filter(({ support }) => support > 0);
  const average = (weight: (scores: ClassScores) => number): AverageScores => ({
    precision: sum(classes.map((scores) => weight(scores) * scores.precision)),
    recall: sum(classes.map((scores) => weight(scores) * scores.recall)),
    f1: sum(classes.map((scores) => weight(scores) * scores.f1)),
  });
  return {
    numRows,
    classes,
    accuracy: hits / numRows,
    balancedAccuracy: sum(present.map(({ recall }) => recall)) / present.length,
    macro: average(() => 1 / classNames.length),
    weighted: average(({ support }) => support / numRows),
    confusion,
  };
}

export interface ProbabilityMetrics {
  /** Mean −ln of the true class's probability, which counts as 1e-15 at least. */
  readonly logLoss: number;
  /** Two classes: mean (p − y)² of the second; more: mean Σ (p − y)² over the classes. */
  readonly brier: number;
  /** Area under the ROC curve; several classes: the mean of each against the rest. NaN where one side is empty. */
  readonly rocAuc: number;
  /** Average precision, likewise. */
  readonly prAuc: number;
}

/** @param probabilities [M, C] */
export function probabilityMetrics(
  truth: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  numClasses: number,
): ProbabilityMetrics {
  const numRows = truth.length;
  requireRows(numRows * numClasses, probabilities.length, 'probabilities');
  let losses = 0;
  let squares = 0;
  for (let i = 0; i < numRows; i++) {
    losses -= log(Math.max(probabilities[i * numClasses + truth[i]], 1e-15));
    for (let c = numClasses === 2 ? 1 : 0; c < numClasses; c++) {
      const error = probabilities[i * numClasses + c] - (truth[i] === c ? 1 : 0);
      squares += error * error;
    }
  }
  const perClass = (area: typeof rocArea): number => {
    const first = numClasses === 2 ? 1 : 0;
    const areas: number[] = [];
    for (let c = first; c < numClasses; c++) {
      const { scores, hits } = oneAgainstRest(truth, probabilities, numClasses, c);
      areas.push(area(scores, hits));
    }
    const defined = areas.filter((value) => !Number.isNaN(value));
    return defined.length === 0 ? Number.NaN : sum(defined) / defined.length;
  };
  return {
    logLoss: losses / numRows,
    brier: squares / numRows,
    rocAuc: perClass(rocArea),
    prAuc: perClass(averagePrecision),
  };
}

/** One class's probabilities, and whether each row is of it. */
export function oneAgainstRest(
  truth: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  numClasses: number,
  chosen: number,
): { readonly scores: Float64Array; readonly hits: Uint8Array } {
  const length = truth.length;
  return {
    scores: Float64Array.from({ length }, (_, i) => probabilities[i * numClasses + chosen]),
    hits: Uint8Array.from({ length }, (_, i) => (truth[i] === chosen ? 1 : 0)),
  };
}

/** The table in the layout of scikit-learn's `classification_report`. */
export function formatClassificationReport(metrics: ClassificationMetrics, digits = 2): string {
  const { classes, accuracy, macro, weighted, numRows } = metrics;
  const width = Math.max(...classes.map(({ name }) => name.length), 'weighted avg'.length, digits);
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padStart(width)} ${cells.map((cell) => ` ${cell.padStart(9)}`).join('')}`;
  const scores = ({ precision, recall, f1 }: AverageScores, support: number): string[] => [
    ...[precision, recall, f1].map((value) => value.toFixed(digits)),
    String(support),
  ];
  return [
    line('', ['precision', 'recall', 'f1-score', 'support']),
    '',
    ...classes.map((entry) => line(entry.name, scores(entry, entry.support))),
    '',
    line('accuracy', ['', '', accuracy.toFixed(digits), String(numRows)]),
    line('macro avg', scores(macro, numRows)),
    line('weighted avg', scores(weighted, numRows)),
    '',
  ].join('\n');
}

function requireRows(expected: number, got: number, what: string): void {
  if (expected === 0) throw new DataError('empty-evaluation', 'There are no rows to evaluate.');
  if (expected === got) return;
  throw new DataError('length-mismatch', `${got} ${what} came, ${expected} are needed.`);
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
