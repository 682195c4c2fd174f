/** Reads XGBoost's own model files, JSON and UBJSON, and checks that a file holds what it must to be trusted. */
import { StorageError } from '../../../core/errors.ts';
import type { Forest } from '../forest.ts';
import { FOREST_OBJECTIVES, type ForestObjective } from '../objectives.ts';
import { parseJsonWithNaN } from './nan-json.ts';
import { corrupt, count, type Dictionary, isDictionary, list, part, unsupported } from './parts.ts';
import { looksLikeUbjson, parseUbjson } from './ubjson.ts';
import { parseTree } from './xgboost-tree.ts';

/** Classes of a model at most; what is predicted takes memory for each. */
const MAX_CLASSES = 10_000;
/** A number of features is all that tells of some of them: nothing else in the file would be as long. */
const MAX_FEATURES = 1 << 24;

/**
 * @param file JSON as text or bytes, or UBJSON
 * @throws StorageError `model-unreadable`, `model-unsupported` or `model-corrupt`
 */
export function parseXgboost(file: string | Uint8Array): Forest {
  const root = typeof file !== 'string' && looksLikeUbjson(file) ? parseUbjson(file) : parseJson(file);
  if (!isDictionary(root) || !isDictionary(root.learner)) {
    throw new StorageError(
      'model-unreadable',
      'The file is not a model of XGBoost: it has no "learner"; save it with save_model, not dump_model.',
    );
  }
  requireVersion(root.version);
  const learner = root.learner;
  const booster = part(learner, 'gradient_booster');
  const boosterName = booster.name;
  if (boosterName !== 'gbtree') {
    throw unsupported(`the booster "${String(boosterName)}"`, 'only "gbtree" is read');
  }
  const parameters = part(learner, 'learner_model_param');
  const objectivePart = part(learner, 'objective');
  const objective = FOREST_OBJECTIVES.find((name) => name === objectivePart.name);
  if (objective === undefined) {
    throw unsupported(
      `the objective "${String(objectivePart.name)}"`,
      `it can be ${FOREST_OBJECTIVES.join(', ')}`,
    );
  }
  const numFeatures = count(parameters, 'num_feature');
  if (numFeatures > MAX_FEATURES) throw corrupt(`num_feature is ${numFeatures}, above ${MAX_FEATURES}`);
  const numClasses = count(parameters, 'num_class');
  if (objective.startsWith('multi:') ? numClasses < 2 || numClasses > MAX_CLASSES : numClasses > 1) {
    throw corrupt(`num_class is ${numClasses} for ${objective}`);
  }
  if (Number(parameters.num_target ?? 1) > 1) throw unsupported('several targets', 'one target is');
  const model = part(booster, 'model');
  const modelParameters = part(model, 'gbtree_model_param');
  const trees = Array.from(list(model, 'trees'), (tree, index) => parseTree(tree, index, numFeatures));
  if (trees.length !== count(modelParameters, 'num_trees')) {
    throw corrupt(`num_trees is ${String(modelParameters.num_trees)}, but there are ${trees.length} trees`);
  }
  const numOutputs = Math.max(1, numClasses);
  const treeOutputs = Int32Array.from(list(model, 'tree_info'), Number);
  if (treeOutputs.length !== trees.length || treeOutputs.some((k) => !(k >= 0 && k < numOutputs))) {
    throw corrupt(
      `tree_info must name, for each of ${trees.length} trees, an output of 0 … ${numOutputs - 1}`,
    );
  }
  if (Array.isArray(model.weight_drop) && model.weight_drop.length > 0) {
    throw unsupported('weights of trees (DART)', 'only trees that count alike are read');
  }
  const names = learner.feature_names === undefined ? [] : Array.from(list(learner, 'feature_names'), String);
  if (names.length > 0 && names.length !== numFeatures) {
    throw corrupt(`there are ${names.length} feature names for ${numFeatures} features`);
  }
  const loss = isDictionary(objectivePart.reg_loss_param) ? objectivePart.reg_loss_param : {};
  return {
    objective,
    numClasses,
    numFeatures,
    featureNames: names,
    featureTypes:
      learner.feature_types === undefined ? [] : Array.from(list(learner, 'feature_types'), String),
    baseScores: baseScoresOf(parameters.base_score, objective, numOutputs),
    boostFromAverage: Number(parameters.boost_from_average ?? 0) === 1,
    scalePosWeight: Number(loss.scale_pos_weight ?? 1),
    ...parametersOf(objectivePart),
    numParallelTree: Math.max(1, Number(modelParameters.num_parallel_tree ?? 1)),
    trees,
    treeOutputs,
    attributes: Object.fromEntries(
      Object.entries(isDictionary(learner.attributes) ? learner.attributes : {}).map(([key, value]) => [
        key,
        String(value),
      ]),
    ),
  };
}

function requireVersion(version: unknown): void {
  const [major, minor] = Array.isArray(version) ? version.map(Number) : [];
  if (!(major > 1 || (major === 1 && minor >= 6)) || major > 3) {
    const shown = Array.isArray(version) ? version.join('.') : 'unknown';
    throw unsupported(`version ${shown}`, 'versions 1.6 to 3 are; load it in XGBoost and save it again');
  }
}

/** What belongs to the objective beside its name and the weight of positives, to be written back. */
function parametersOf(objective: Dictionary): Pick<Forest, 'objectiveParameters'> {
  const entries = Object.entries(objective).filter(([key]) => key !== 'name');
  const isUsual = entries.every(([key]) => key === 'reg_loss_param' || key === 'softmax_multiclass_param');
  if (isUsual && entries.length === 1) return {};
  return {
    objectiveParameters: Object.fromEntries(
      entries
        .filter(([, value]) => isDictionary(value))
        .map(([key, value]) => [
          key,
          Object.fromEntries(Object.entries(value as Dictionary).map(([name, item]) => [name, String(item)])),
        ]),
    ),
  };
}

/** `5E-1`, or since version 2 `[5E-1]`; since 3.1 with a number for each output. */
function baseScoresOf(value: unknown, objective: ForestObjective, numOutputs: number): number[] {
  const text = String(value).trim();
  const cells = text.replace(/^\[|\]$/g, '').split(',');
  const scores = cells.map((cell) => (cell.trim() === '' ? Number.NaN : Math.fround(Number(cell))));
  const isProbability = objective === 'binary:logistic' || objective === 'reg:logistic';
  const isPositive =
    objective === 'count:poisson' || objective === 'reg:gamma' || objective === 'reg:tweedie';
  const isValid = (score: number) =>
    isProbability
      ? score > 0 && score < 1
      : isPositive
        ? score > 0 && score < Infinity
        : Number.isFinite(score);
  if (!scores.every(isValid)) throw corrupt(`base_score is ${JSON.stringify(value)}`);
  if (scores.length !== 1 && scores.length !== numOutputs) {
    throw corrupt(`base_score has ${scores.length} numbers for ${numOutputs} outputs`);
  }
  return scores.every((score) => score === scores[0]) ? [scores[0]] : scores;
}

function parseJson(file: string | Uint8Array): unknown {
  try {
    return parseJsonWithNaN(typeof file === 'string' ? file : new TextDecoder().decode(file));
  } catch (error) {
    const { message } = error as Error;
    throw new StorageError(
      'model-unreadable',
      `The model is neither JSON nor UBJSON (${message.replace(/\s+/g, ' ').slice(0, 120)}); save it with ` +
        "save_model('model.json') or save_model('model.ubj'), not as pickle.",
      { cause: error },
    );
  }
}
