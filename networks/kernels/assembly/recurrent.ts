/**
 * Computes the pointwise part of one LSTM or GRU step, forward and backward, for rows of gates that lie side by side.
 * Source: Hochreiter & Schmidhuber (1997), with the forget gate of Gers et al. (2000); Cho et al. (2014); in the form
 * of PyTorch's `nn.LSTM` (gates i, f, g, o) and `nn.GRU` (gates r, z, n).
 */
import { sigmoids, tanhs } from './elementary';
import { storeLanes } from './lanes';

/**
 * c′ = σ(f)·c + σ(i)·tanh(g), h′ = σ(o)·tanh(c′). B rows, H units.
 * @param gates [B, 4H], in: before their activation; out: after it
 * @param cells [B, H], c
 * @param nextCells [B, H], out
 * @param tanhCells [B, H], out: tanh(c′)
 * @param outputs [B, H], out: h′
 * @param nextHiddens [B, H], out: h′ again
 */
export function lstmForward(
  gates: usize,
  cells: usize,
  nextCells: usize,
  tanhCells: usize,
  outputs: usize,
  nextHiddens: usize,
  rows: i32,
  units: i32,
): void {
  const width = (<usize>units) << 2;
  for (; rows > 0; rows--) {
    // Gate by gate: all at once would need more registers than there are.
    sigmoids(gates, 2 * units);
    tanhs(gates + 2 * width, units);
    sigmoids(gates + 3 * width, units);
    let offset: usize = 0;
    for (let left = units; left > 0; left -= 4) {
      const i = v128.load(gates + offset);
      const f = v128.load(gates + width + offset);
      const g = v128.load(gates + 2 * width + offset);
      const cell = f32x4.add(f32x4.mul(f, v128.load(cells + offset)), f32x4.mul(i, g));
      storeLanes(nextCells + offset, cell, left);
      storeLanes(tanhCells + offset, cell, left);
      offset += 16;
    }
    tanhs(tanhCells, units);
    offset = 0;
    for (let left = units; left > 0; left -= 4) {
      const hidden = f32x4.mul(v128.load(gates + 3 * width + offset), v128.load(tanhCells + offset));
      storeLanes(outputs + offset, hidden, left);
      storeLanes(nextHiddens + offset, hidden, left);
      offset += 16;
    }
    gates += 4 * width;
    cells += width;
    nextCells += width;
    tanhCells += width;
    outputs += width;
    nextHiddens += width;
  }
}

/**
 * @param gates [B, 4H], after their activation
 * @param cells [B, H], c
 * @param tanhCells [B, H], tanh(c′)
 * @param outputGradients [B, H], d loss / d h′ from the output
 * @param hiddenGradients [B, H], d loss / d h′ from the next step
 * @param cellGradients [B, H], in: d loss / d c′ from the next step; out: d loss / d c
 * @param gateGradients [B, 4H], out: d loss / d (gates before their activation)
 */
export function lstmBackward(
  gates: usize,
  cells: usize,
  tanhCells: usize,
  outputGradients: usize,
  hiddenGradients: usize,
  cellGradients: usize,
  gateGradients: usize,
  rows: i32,
  units: i32,
): void {
  const width = (<usize>units) << 2;
  const one = f32x4.splat(1);
  for (; rows > 0; rows--) {
    for (let left = units; left > 0; left -= 4) {
      const i = v128.load(gates);
      const f = v128.load(gates + width);
      const g = v128.load(gates + 2 * width);
      const o = v128.load(gates + 3 * width);
      const tanhCell = v128.load(tanhCells);
      const dh = f32x4.add(v128.load(outputGradients), v128.load(hiddenGradients));
      const dtanh = f32x4.mul(f32x4.mul(dh, o), f32x4.sub(one, f32x4.mul(tanhCell, tanhCell)));
      const dc = f32x4.add(v128.load(cellGradients), dtanh);
      const di = f32x4.mul(f32x4.mul(dc, g), throughSigmoid(i));
      const df = f32x4.mul(f32x4.mul(dc, v128.load(cells)), throughSigmoid(f));
      const dg = f32x4.mul(f32x4.mul(dc, i), f32x4.sub(one, f32x4.mul(g, g)));
      const dout = f32x4.mul(f32x4.mul(dh, tanhCell), throughSigmoid(o));
      storeLanes(gateGradients, di, left);
      storeLanes(gateGradients + width, df, left);
      storeLanes(gateGradients + 2 * width, dg, left);
      storeLanes(gateGradients + 3 * width, dout, left);
      storeLanes(cellGradients, f32x4.mul(dc, f), left);
      const bytes = (<usize>min(left, 4)) << 2;
      gates += bytes;
      cells += bytes;
      tanhCells += bytes;
      outputGradients += bytes;
      hiddenGradients += bytes;
      cellGradients += bytes;
      gateGradients += bytes;
    }
    gates += 3 * width;
    gateGradients += 3 * width;
  }
}

/**
 * r = σ(·), z = σ(·), n = tanh(x part + r·(h part + its bias)), h′ = n + z·(h − n). B rows, H units.
 * @param gates [B, 3H], in: the inputs' part before the activation; out: r, z, n
 * @param products [B, 3H], the state's part before the activation
 * @param bias [H], of the state's part of n
 * @param candidates [B, H], out: the state's part of n, with its bias
 * @param hiddens [B, H], h
 * @param outputs [B, H], out: h′
 * @param nextHiddens [B, H], out: h′ again
 */
export function gruForward(
  gates: usize,
  products: usize,
  bias: usize,
  candidates: usize,
  hiddens: usize,
  outputs: usize,
  nextHiddens: usize,
  rows: i32,
  units: i32,
): void {
  const width = (<usize>units) << 2;
  for (; rows > 0; rows--) {
    const candidateProducts = products + 2 * width;
    addInto(gates, products, 2 * units);
    sigmoids(gates, 2 * units);
    const news = gates + 2 * width;
    let offset: usize = 0;
    for (let left = units; left > 0; left -= 4) {
      const candidate = f32x4.add(v128.load(candidateProducts + offset), v128.load(bias + offset));
      const weighted = f32x4.mul(v128.load(gates + offset), candidate);
      storeLanes(news + offset, f32x4.add(v128.load(news + offset), weighted), left);
      storeLanes(candidates + offset, candidate, left);
      offset += 16;
    }
    tanhs(news, units);
    offset = 0;
    for (let left = units; left > 0; left -= 4) {
      const n = v128.load(news + offset);
      const difference = f32x4.sub(v128.load(hiddens + offset), n);
      const hidden = f32x4.add(n, f32x4.mul(v128.load(gates + width + offset), difference));
      storeLanes(outputs + offset, hidden, left);
      storeLanes(nextHiddens + offset, hidden, left);
      offset += 16;
    }
    gates += 3 * width;
    products += 3 * width;
    candidates += width;
    hiddens += width;
    outputs += width;
    nextHiddens += width;
  }
}

/** values += addends */
function addInto(values: usize, addends: usize, length: i32): void {
  for (; length > 0; length -= 4) {
    storeLanes(values, f32x4.add(v128.load(values), v128.load(addends)), length);
    values += 16;
    addends += 16;
  }
}

/**
 * @param gates [B, 3H], r, z, n
 * @param candidates [B, H], the state's part of n, with its bias
 * @param hiddens [B, H], h
 * @param outputGradients [B, H], d loss / d h′ from the output
 * @param hiddenGradients [B, H], in: d loss / d h′ from the next step; out: the part of d loss / d h that does not
 * pass through the state's product
 * @param gateGradients [B, 3H], out: d loss / d (the inputs' part of the gates)
 * @param productGradients [B, 3H], out: d loss / d (the state's part)
 */
export function gruBackward(
  gates: usize,
  candidates: usize,
  hiddens: usize,
  outputGradients: usize,
  hiddenGradients: usize,
  gateGradients: usize,
  productGradients: usize,
  rows: i32,
  units: i32,
): void {
  const width = (<usize>units) << 2;
  const one = f32x4.splat(1);
  for (; rows > 0; rows--) {
    for (let left = units; left > 0; left -= 4) {
      const r = v128.load(gates);
      const z = v128.load(gates + width);
      const n = v128.load(gates + 2 * width);
      const dh = f32x4.add(v128.load(outputGradients), v128.load(hiddenGradients));
      const dz = f32x4.mul(f32x4.mul(dh, f32x4.sub(v128.load(hiddens), n)), throughSigmoid(z));
      const dn = f32x4.mul(f32x4.mul(dh, f32x4.sub(one, z)), f32x4.sub(one, f32x4.mul(n, n)));
      const dr = f32x4.mul(f32x4.mul(dn, v128.load(candidates)), throughSigmoid(r));
      storeLanes(gateGradients, dr, left);
      storeLanes(gateGradients + width, dz, left);
      storeLanes(gateGradients + 2 * width, dn, left);
      storeLanes(productGradients, dr, left);
      storeLanes(productGradients + width, dz, left);
      storeLanes(productGradients + 2 * width, f32x4.mul(dn, r), left);
      storeLanes(hiddenGradients, f32x4.mul(dh, z), left);
      const bytes = (<usize>min(left, 4)) << 2;
      gates += bytes;
      candidates += bytes;
      hiddens += bytes;
      outputGradients += bytes;
      hiddenGradients += bytes;
      gateGradients += bytes;
      productGradients += bytes;
    }
    gates += 2 * width;
    gateGradients += 2 * width;
    productGradients += 2 * width;
  }
}

function throughSigmoid(y: v128): v128 {
  return f32x4.mul(y, f32x4.sub(f32x4.splat(1), y));
}

/**
 * Adds to sums [columns] the columns of a matrix whose rows start `stride` bytes apart, in ascending order of rows.
 */
export function addColumnSums(matrix: usize, stride: usize, sums: usize, rows: i32, columns: i32): void {
  for (; rows > 0; rows--) {
    let from = matrix;
    let to = sums;
    let left = columns;
    for (; left >= 4; left -= 4) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
      from += 16;
      to += 16;
    }
    if (left > 0) storeLanes(to, f32x4.add(v128.load(to), v128.load(from)), left);
    matrix += stride;
  }
}
