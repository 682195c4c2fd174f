/** Describes boosted trees and what is kept with them: all that a file of XGBoost holds. */
import type { ForestObjective } from './objectives.ts';
import type { Tree } from './tree.ts';

export interface Forest {
  readonly objective: ForestObjective;
  /** Of multi:softprob and multi:softmax, 0 otherwise. */
  readonly numClasses: number;
  readonly numFeatures: number;
  /** [F], or empty where a file carries none. */
  readonly featureNames: readonly string[];
  readonly featureTypes: readonly string[];
  /** One for all outputs, or one each; predictions for classes of two and values, margins for more classes. */
  readonly baseScores: readonly number[];
  /** XGBoost's note that it chose the base score by itself. */
  readonly boostFromAverage: boolean;
  readonly scalePosWeight: number;
  /** What a file says of its objective beside the name, where it was read from one. */
  readonly objectiveParameters?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly numParallelTree: number;
  readonly trees: readonly Tree[];
  /** [T], which output each tree adds to. */
  readonly treeOutputs: Int32Array;
  /** Text kept with the model, such as XGBoost's `best_iteration`. */
  readonly attributes: Readonly<Record<string, string>>;
}
