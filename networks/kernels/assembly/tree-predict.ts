/**
 * Walks rows down trees, eight at a time, so that their loads overlap. A node takes 16 bytes: threshold f32, column i32,
 * where its two children stand, as bytes from the tree's first node, i32, and a sign u32. The first child is the one for
 * missing values; a row goes to the second where sign XOR value ≥ threshold. A leaf's threshold is NaN, its child
 * itself, its sign its value.
 */

/** Rows walked together. */
const LANES: i32 = 8;

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
  const groupBytes = (<usize>columns) << 5;
  transpose(values, rows, columns, block, groupBytes);
  const lastTree = trees + ((<usize>numTrees) << 4);
  for (let tree = trees; tree < lastTree; tree += 16) {
    const nodes = load<usize>(tree);
    const depth = load<i32>(tree, 4);
    let margin = margins + (load<usize>(tree, 8) << 2);
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
  const value = reinterpret<f32>(load<u32>(column + load<usize>(node, 4)) ^ load<u32>(node, 12));
  return nodes + load<usize>(node, 8) + ((<usize>i32(value >= load<f32>(node))) << 4);
}

function add(margin: usize, node: usize, stride: usize): usize {
  store<f32>(margin, load<f32>(margin) + load<f32>(node, 12));
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
      to += 32;
    }
  }
}
