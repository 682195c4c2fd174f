/**
 * Reads LightGBM's text models (`save_model('model.txt')`, versions 3 and 4), and checks what a file must hold to be trusted.
 *
 * Source: microsoft/LightGBM, `gbdt_model_text.cpp` and `tree.cpp` of 4.7. Refused by name: linear leaves.
 */
import { StorageError } from '../../../core/errors.ts';

/** M splits, M + 1 leaves. A child below 0 is the leaf with that number, inverted bit by bit. */
export interface LightgbmTree {
  readonly left: Int32Array; // [M]
  readonly right: Int32Array; // [M]
  readonly splitFeature: Int32Array; // [M]
  readonly threshold: Float64Array; // [M]; of splits by category: which of the bitsets
  readonly decision: Uint8Array; // [M]; bit 0 category, bit 1 missing leads left, bits 2 and 3 what is missing
  readonly gain: Float64Array; // [M]
  readonly leafValue: Float64Array; // [M + 1]
  /** Where each bitset begins in `bitsets`. */
  readonly bitsetStarts: Int32Array;
  readonly bitsets: Uint32Array;
}

export interface LightgbmForest {
  /** As the file says it: `binary sigmoid:1`. */
  readonly objective: string;
  /** K, trees a round. */
  readonly numOutputs: number;
  readonly featureNames: readonly string[];
  /** Whether rounds are averaged, as random forests are. */
  readonly averages: boolean;
  /** Round after round, an output after the other. */
  readonly trees: readonly LightgbmTree[];
}

/** @throws StorageError `model-unreadable`, `model-unsupported` or `model-corrupt` */
export function parseLightgbm(text: string): LightgbmForest {
  const lines = text.split(/\r?\n/);
  if (lines[0].trim() !== 'tree') {
    throw new StorageError(
      'model-unreadable',
      'The file is not a text model of LightGBM: its first line is not "tree"; save it with save_model.',
    );
  }
  let at = 1;
  const header = fields(lines, at);
  at += header.size + 1;
  const whole = (key: string): number => {
    const value = Number(header.get(key) ?? Number.NaN);
    if (Number.isInteger(value) && value >= 0 && value < 1e6) return value;
    throw corrupt(`"${key}" is ${JSON.stringify(header.get(key))}`);
  };
  const version = header.get('version') ?? 'unknown';
  if (version !== 'v3' && version !== 'v4') throw unsupported(`version ${version}`, 'v3 and v4 are');
  const numFeatures = whole('max_feature_idx') + 1;
  const numOutputs = header.has('num_tree_per_iteration')
    ? whole('num_tree_per_iteration')
    : whole('num_class');
  const featureNames = (header.get('feature_names') ?? '').split(' ');
  if (featureNames.length !== numFeatures) {
    throw corrupt(`there are ${featureNames.length} feature names for ${numFeatures} features`);
  }
  const trees: LightgbmTree[] = [];
  let ended = false;
  for (; at < lines.length && !ended; at++) {
    if (lines[at] === 'end of trees') ended = true;
    else if (lines[at].startsWith('Tree=')) {
      trees.push(parseTree(fields(lines, at + 1), `tree ${trees.length}`, numFeatures));
    }
  }
  if (!ended) throw corrupt('it ends before "end of trees"');
  const sizes = header
    .get('tree_sizes')
    ?.split(' ')
    .filter((size) => size !== '');
  if (sizes !== undefined && sizes.length !== trees.length) {
    throw corrupt(`tree_sizes names ${sizes.length} trees, but there are ${trees.length}`);
  }
  if (!(numOutputs >= 1 && trees.length % numOutputs === 0) || trees.length === 0) {
    throw corrupt(`there are ${trees.length} trees for ${numOutputs} outputs`);
  }
  return {
    objective: header.get('objective') ?? 'custom',
    numOutputs,
    featureNames,
    averages: header.has('average_output'),
    trees,
  };
}

/** `key=value` lines up to the next empty one; a line without a sign is a key alone. */
function fields(lines: readonly string[], from: number): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = from; at < lines.length && lines[at] !== ''; at++) {
    const sign = lines[at].indexOf('=');
    if (sign < 0) found.set(lines[at], '');
    else found.set(lines[at].slice(0, sign), lines[at].slice(sign + 1));
  }
  return found;
}

function parseTree(found: Map<string, string>, where: string, numFeatures: number): LightgbmTree {
  if (Number(found.get('is_linear') ?? 0) !== 0) {
    throw unsupported('linear functions in its leaves', 'train it with linear_tree=false');
  }
  const numbers = (key: string, count: number): number[] => {
    const cells = (found.get(key) ?? '').split(' ').filter((cell) => cell !== '');
    if (cells.length !== count)
      throw corrupt(`"${key}" of ${where} has ${cells.length} entries, ${count} are expected`);
    const values = cells.map((cell) => Number(cell.replace(/^(-?)inf$/, '$1Infinity')));
    const bad = values.findIndex((value) => Number.isNaN(value));
    if (bad >= 0) throw corrupt(`"${key}" of ${where}, entry ${bad}, is "${cells[bad]}"`);
    return values;
  };
  const [numLeaves] = numbers('num_leaves', 1);
  const [numCategorical] = found.has('num_cat') ? numbers('num_cat', 1) : [0];
  const leafValue = Float64Array.from(numbers('leaf_value', numLeaves));
  if (leafValue.length < 1 || !leafValue.every(Number.isFinite))
    throw corrupt(`"leaf_value" of ${where} is not finite`);
  const numSplits = numLeaves - 1;
  const splits = (key: string) => (numSplits === 0 ? [] : numbers(key, numSplits));
  const starts = numCategorical > 0 ? numbers('cat_boundaries', numCategorical + 1) : [0];
  const bitsets = numCategorical > 0 ? numbers('cat_threshold', starts[starts.length - 1]) : [];
  const tree: LightgbmTree = {
    left: Int32Array.from(splits('left_child')),
    right: Int32Array.from(splits('right_child')),
    splitFeature: Int32Array.from(splits('split_feature')),
    threshold: Float64Array.from(splits('threshold')),
    decision: Uint8Array.from(splits('decision_type')),
    gain: Float64Array.from(found.has('split_gain') ? splits('split_gain') : new Array(numSplits).fill(0)),
    leafValue,
    bitsetStarts: Int32Array.from(starts),
    bitsets: Uint32Array.from(bitsets),
  };
  if (starts[0] !== 0 || starts.some((start, i) => i > 0 && !(start >= starts[i - 1]))) {
    throw corrupt(`"cat_boundaries" of ${where} does not ascend`);
  }
  requireShape(tree, where, numFeatures);
  return tree;
}

/** Every split and every leaf is reached from the root, once. */
function requireShape(
  { left, right, splitFeature, threshold, decision, leafValue, bitsetStarts }: LightgbmTree,
  where: string,
  numFeatures: number,
): void {
  const numSplits = left.length;
  const seen = new Uint8Array(numSplits + leafValue.length);
  const stack = numSplits === 0 ? [] : [0];
  if (numSplits > 0) seen[0] = 1;
  let numSeen = 1;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (!(splitFeature[node] >= 0 && splitFeature[node] < numFeatures)) {
      throw corrupt(`${where}, split ${node}, is by feature ${splitFeature[node]} of ${numFeatures}`);
    }
    if (
      (decision[node] & 1) === 1 &&
      !(
        threshold[node] >= 0 &&
        threshold[node] < bitsetStarts.length - 1 &&
        Number.isInteger(threshold[node])
      )
    ) {
      throw corrupt(
        `${where}, split ${node}, names categories ${threshold[node]} of ${bitsetStarts.length - 1}`,
      );
    }
    for (const child of [left[node], right[node]]) {
      const place = child < 0 ? numSplits + ~child : child;
      if (!(place < seen.length && (child < 0 || child < numSplits)))
        throw corrupt(`${where}, split ${node}, has child ${child}`);
      if (seen[place] === 1)
        throw corrupt(
          `${where} reaches ${child < 0 ? 'leaf' : 'split'} ${child < 0 ? ~child : child} twice: it is no tree`,
        );
      seen[place] = 1;
      numSeen++;
      if (child >= 0) stack.push(child);
    }
  }
  if (numSeen !== (numSplits === 0 ? 1 : seen.length))
    throw corrupt(`${where} has parts that are not reached`);
}

const corrupt = (what: string): StorageError =>
  new StorageError('model-corrupt', `The model of LightGBM is damaged: ${what}.`);

const unsupported = (what: string, instead: string): StorageError =>
  new StorageError(
    'model-unsupported',
    `The model of LightGBM has ${what}, which cannot be read; ${instead}.`,
  );
