/** Averages parameters towards others. */
import { storeLanes } from './lanes';

/** target += rate · (source − target), for `length` numbers. */
export function polyak(target: usize, source: usize, length: i32, rate: f32): void {
  const rates = f32x4.splat(rate);
  for (; length > 0; length -= 4) {
    const t = v128.load(target);
    storeLanes(target, f32x4.add(t, f32x4.mul(rates, f32x4.sub(v128.load(source), t))), length);
    target += 16;
    source += 16;
  }
}
