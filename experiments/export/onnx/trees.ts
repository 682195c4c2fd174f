/** Writes boosted trees as an ONNX model, with the calibration of their probabilities. */
import { ConfigError } from '../../../core/errors.ts';
import type { Calibration } from '../../../models/data/calibration.ts';
import { classesOf, objectiveNamed } from '../../../models/trees/objectives.ts';
import type { Tree } from '../../../models/trees/tree.ts';
import type { XgboostModel } from '../../../models/trees/xgboost-model.ts';
import { FLOAT, OnnxGraph } from './graph.ts';

/** Probabilities are kept this far from 0 and 1 by the calibration. */
const MARGIN = 1e-6;

/**
 * Input: `features` [N, F] f32, NaN where a value is missing. Output: `prediction` [N, C], probabilities of classes, of two
 * as well, or [N, 1], values.
 * @throws ConfigError `unfit-export` for splits by category, and for isotonic calibration
 */
export function exportTrees(
  model: XgboostModel,
  calibration: Calibration | undefined,
  properties: Readonly<Record<string, string>>,
): Uint8Array {
  const { objective, numClasses: classesOfFile, numFeatures, trees, treeOutputs, baseScores } = model.forest;
  const { numOutputs } = model;
  if (trees.some(({ categories }) => categories !== undefined)) throw unfit('splits by category');
  if (calibration?.method === 'isotonic') throw unfit('isotonic calibration');
  const graph = new OnnxGraph();
  const features = graph.input('features', FLOAT, ['N', numFeatures]);
  const { marginOf } = objectiveNamed(objective);
  const bases = Array.from({ length: numOutputs }, (_, k) =>
    marginOf(baseScores[baseScores.length === 1 ? 0 : k]),
  );
  const attributes = {
    n_targets: BigInt(numOutputs),
    base_values: bases,
    aggregate_function: 'SUM',
    post_transform: 'NONE',
    ...nodesOf(trees, treeOutputs),
  };
  const margins = graph.node('TreeEnsembleRegressor', [features], attributes, { domain: 'ai.onnx.ml' });
  const numClasses = classesOf(objective, classesOfFile);
  let prediction = margins;
  if (numClasses === 2 && numOutputs === 1) {
    const one = calibrate(graph, graph.node('Sigmoid', [margins]), calibration);
    prediction = graph.node('Concat', [graph.node('Sub', [graph.floats([1], []), one]), one], { axis: 1n });
  } else if (numClasses > 0) {
    const all = calibrate(graph, graph.node('Softmax', [margins], { axis: 1n }), calibration);
    const sum = graph.node('ReduceSum', [all, graph.integers(1)], { keepdims: 1n });
    prediction = calibration === undefined ? all : graph.node('Div', [all, sum]);
  } else if (LOG_LINKS.includes(objective)) prediction = graph.node('Exp', [margins]);
  graph.output('prediction', prediction, 'float', ['N', Math.max(1, numClasses)]);
  return graph.encode('trees', properties);
}

const LOG_LINKS: readonly string[] = ['count:poisson', 'reg:gamma', 'reg:tweedie'];

/** σ(slope · log-odds(p) + intercept), a curve a column. */
function calibrate(graph: OnnxGraph, p: string, calibration: Calibration | undefined): string {
  if (calibration === undefined) return p;
  const [slopes, intercepts]: [number[], number[]] = [[], []];
  for (const curve of calibration.curves) {
    if (curve.method !== 'platt') throw unfit('isotonic calibration');
    slopes.push(curve.slope);
    intercepts.push(curve.intercept);
  }
  const [low, high] = [graph.floats([MARGIN], []), graph.floats([1 - MARGIN], [])];
  const kept = graph.node('Clip', [p, low, high]);
  const odds = graph.node('Div', [kept, graph.node('Sub', [graph.floats([1], []), kept])]);
  const scaled = graph.node('Mul', [graph.node('Log', [odds]), graph.floats(slopes)]);
  const shifted = graph.node('Add', [scaled, graph.floats(intercepts)]);
  return graph.node('Clip', [graph.node('Sigmoid', [shifted]), low, high]);
}

function nodesOf(trees: readonly Tree[], treeOutputs: Int32Array) {
  const nodes = {
    nodes_treeids: [] as bigint[],
    nodes_nodeids: [] as bigint[],
    nodes_featureids: [] as bigint[],
    nodes_values: [] as number[],
    nodes_modes: [] as string[],
    nodes_truenodeids: [] as bigint[],
    nodes_falsenodeids: [] as bigint[],
    nodes_missing_value_tracks_true: [] as bigint[],
    target_treeids: [] as bigint[],
    target_nodeids: [] as bigint[],
    target_ids: [] as bigint[],
    target_weights: [] as number[],
  };
  for (const [index, { numNodes, left, right, splitIndex, splitCondition, defaultLeft }] of trees.entries()) {
    const id = BigInt(index);
    for (let node = 0; node < numNodes; node++) {
      const isLeaf = left[node] === -1;
      nodes.nodes_treeids.push(id);
      nodes.nodes_nodeids.push(BigInt(node));
      nodes.nodes_featureids.push(isLeaf ? 0n : BigInt(splitIndex[node]));
      nodes.nodes_values.push(isLeaf ? 0 : splitCondition[node]);
      nodes.nodes_modes.push(isLeaf ? 'LEAF' : 'BRANCH_LT');
      nodes.nodes_truenodeids.push(isLeaf ? 0n : BigInt(left[node]));
      nodes.nodes_falsenodeids.push(isLeaf ? 0n : BigInt(right[node]));
      nodes.nodes_missing_value_tracks_true.push(isLeaf ? 0n : BigInt(defaultLeft[node]));
      if (!isLeaf) continue;
      nodes.target_treeids.push(id);
      nodes.target_nodeids.push(BigInt(node));
      nodes.target_ids.push(BigInt(treeOutputs[index]));
      nodes.target_weights.push(splitCondition[node]);
    }
  }
  return nodes;
}

const unfit = (what: string): ConfigError =>
  new ConfigError(
    'unfit-export',
    `${what[0].toUpperCase()}${what.slice(1)} cannot be written as ONNX; leave it out, or export to xgboost-json.`,
  );
