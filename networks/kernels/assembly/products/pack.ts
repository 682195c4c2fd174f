/** Packs the second operand of a product: panels of 16 columns, one after another, which a tile reads from front to back. */
import { PANEL } from './gemm';

/** Copies B[K, N] into panels of 16 columns, one after another. The last panel's missing columns are not filled. */
export function pack(b: usize, rowStrideB: usize, K: i32, N: i32, out: usize): void {
  for (let j = 0; j < N; j += PANEL) {
    const vectors = (min(N - j, PANEL) + 3) >> 2;
    let row = b + ((<usize>j) << 2);
    for (let k = 0; k < K; k++) {
      if (vectors === 4) {
        v128.store(out, v128.load(row));
        v128.store(out, v128.load(row, 16), 16);
        v128.store(out, v128.load(row, 32), 32);
        v128.store(out, v128.load(row, 48), 48);
      } else {
        for (let v: usize = 0; v < <usize>vectors; v++) v128.store(out + (v << 4), v128.load(row + (v << 4)));
      }
      out += PANEL * 4;
      row += rowStrideB;
    }
  }
}

/** The panels of B where B is stored transposed, [N, K]: `b` points at its first row, rows `rowStrideB` bytes apart. */
export function packTransposed(b: usize, rowStrideB: usize, K: i32, N: i32, out: usize): void {
  for (let j = 0; j < N; j += PANEL) {
    const width = min(N - j, PANEL);
    let column = 0;
    for (; column + 4 <= width; column += 4) {
      let from = b + <usize>(j + column) * rowStrideB;
      let to = out + ((<usize>column) << 2);
      let k = K;
      for (; k >= 4; k -= 4) {
        const r0 = v128.load(from);
        const r1 = v128.load(from + rowStrideB);
        const r2 = v128.load(from + 2 * rowStrideB);
        const r3 = v128.load(from + 3 * rowStrideB);
        const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
        const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
        const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
        v128.store(to, v128.shuffle<f64>(low01, low23, 1, 3), PANEL * 4);
        v128.store(to, v128.shuffle<f64>(high01, high23, 0, 2), PANEL * 8);
        v128.store(to, v128.shuffle<f64>(high01, high23, 1, 3), PANEL * 12);
        from += 16;
        to += PANEL * 16;
      }
      for (; k > 0; k--) {
        f32.store(to, f32.load(from));
        f32.store(to, f32.load(from + rowStrideB), 4);
        f32.store(to, f32.load(from + 2 * rowStrideB), 8);
        f32.store(to, f32.load(from + 3 * rowStrideB), 12);
        from += 4;
        to += PANEL * 4;
      }
    }
    for (; column < width; column++) {
      let from = b + <usize>(j + column) * rowStrideB;
      let to = out + ((<usize>column) << 2);
      for (let k = K; k > 0; k--) {
        f32.store(to, f32.load(from));
        from += 4;
        to += PANEL * 4;
      }
    }
    out += <usize>K * (PANEL * 4);
  }
}
