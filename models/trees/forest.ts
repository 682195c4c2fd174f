/** Describes boosted trees and what is kept with them: all that a file of XGBoost holds. */
import type { Tree } from './tree.ts';
import type { ObjectiveName } from './xgboost-config.ts';

export interface Forest {
  readonly objective: ObjectiveName;
  /** Of multi:softprob, 0 otherwise. */
  readonly numClasses: number;
  readonly numFeatures: number;
  /** [F], or empty where a file carries none. */
  readonly featureNames: readonly string[];
  readonly featureTypes: readonly string[];
  readonly baseScore: number;
  /** XGBoost's note that it chose the base score by itself. */
  readonly boostFromAverage: boolean;
  readonly scalePosWeight: number;
  readonly numParallelTree: number;
  readonly trees: readonly Tree[];
  /** [T], which output each tree adds to. */
  readonly treeOutputs: Int32Array;
  /** Text kept with the model, such as XGBoost's `best_iteration`. */
  readonly attributes: Readonly<Record<string, string>>;
}
