/**
 * Walks rows down trees, eight at a time, so that their loads overlap. A node takes 16 bytes: threshold f32, column i32,
 * where its two children stand, as bytes from the tree's first node, i32, and a sign u32. The first child is the one for
 * missing values; a row goes to the second where sign XOR value ≥ threshold. A leaf's threshold is NaN, its child
 * itself, its sign its value.
 */

export const THRESHOLD: usize = 0;
/** The column's place in a group of rows: its number times `COLUMN_BYTES`. */
export const COLUMN: usize = 4;
export const CHILDREN: usize = 8;
export const SIGN: usize = 12;
export const NODE_BYTES: usize = 16;

/** Rows walked together. */
export const LANES: i32 = 8;
export const COLUMN_BYTES: i32 = LANES * 4;

/** Where each tree's nodes are, and what they are for. */
export const NODES: usize = 0;
export const DEPTH: usize = 4;
export const OUTPUT: usize = 8;
export const TREE_BYTES: usize = 16;

/**
 * Adds the trees' leaves to the margins.
 * @param trees for each tree: address of its nodes, depth, output i32; then an unused word
 * @param values [rows, columns]
 * @param block scratch for LANES-wide columns, 4 · columns · `rows` rounded up to LANES bytes
 * @param margins [rows, outputs]
 */
export function walk(
  trees: usize,
  numTrees: i32,
  values: usize,
  rows: i32,
  columns: i32,
  block: usize,
  margins: usize,
  outputs: i32,
): void {
  const groupBytes = <usize>columns * COLUMN_BYTES;
  transpose(values, rows, columns, block, groupBytes);
  const lastTree = trees + <usize>numTrees * TREE_BYTES;
  for (let tree = trees; tree < lastTree; tree += TREE_BYTES) {
    const nodes = load<usize>(tree, NODES);
    const depth = load<i32>(tree, DEPTH);
    let margin = margins + (load<usize>(tree, OUTPUT) << 2);
    const stride = (<usize>outputs) << 2;
    let group = block;
    for (let row = 0; row < rows; row += LANES) {
      let n0 = nodes;
      let n1 = nodes;
      let n2 = nodes;
      let n3 = nodes;
      let n4 = nodes;
      let n5 = nodes;
      let n6 = nodes;
      let n7 = nodes;
      for (let level = 0; level < depth; level++) {
        n0 = next(nodes, n0, group);
        n1 = next(nodes, n1, group + 4);
        n2 = next(nodes, n2, group + 8);
        n3 = next(nodes, n3, group + 12);
        n4 = next(nodes, n4, group + 16);
        n5 = next(nodes, n5, group + 20);
        n6 = next(nodes, n6, group + 24);
        n7 = next(nodes, n7, group + 28);
      }
      const left = rows - row;
      margin = add(margin, n0, stride);
      if (left > 1) margin = add(margin, n1, stride);
      if (left > 2) margin = add(margin, n2, stride);
      if (left > 3) margin = add(margin, n3, stride);
      if (left > 4) margin = add(margin, n4, stride);
      if (left > 5) margin = add(margin, n5, stride);
      if (left > 6) margin = add(margin, n6, stride);
      if (left > 7) margin = add(margin, n7, stride);
      group += groupBytes;
    }
  }
}

function next(nodes: usize, node: usize, column: usize): usize {
  const value = reinterpret<f32>(load<u32>(column + load<usize>(node, COLUMN)) ^ load<u32>(node, SIGN));
  return nodes + load<usize>(node, CHILDREN) + <usize>i32(value >= load<f32>(node, THRESHOLD)) * NODE_BYTES;
}

function add(margin: usize, node: usize, stride: usize): usize {
  store<f32>(margin, load<f32>(margin) + load<f32>(node, SIGN));
  return margin + stride;
}

/** [rows, columns] to groups of [columns, LANES]; what is missing from the last group is the last row again. */
function transpose(values: usize, rows: i32, columns: i32, block: usize, groupBytes: usize): void {
  const padded = (rows + LANES - 1) & ~(LANES - 1);
  const rowBytes = (<usize>columns) << 2;
  for (let row = 0; row < padded; row++) {
    const from = values + <usize>min(row, rows - 1) * rowBytes;
    let to = block + <usize>(row / LANES) * groupBytes + ((<usize>(row & (LANES - 1))) << 2);
    for (let at = from; at < from + rowBytes; at += 4) {
      store<u32>(to, load<u32>(at));
      to += COLUMN_BYTES;
    }
  }
}
