/** Lays the patches that a one-dimensional convolution sees side by side, so that it becomes one matrix product. */
import { storeLanes } from './lanes';

/**
 * patches[b, p, k, :] = inputs[b, p · stride + k · dilation, :]
 * @param inputs [B, W, F]
 * @param patches [B, P, K, F], out
 */
export function unfold(
  inputs: usize,
  patches: usize,
  batch: i32,
  window: i32,
  features: i32,
  numPatches: i32,
  kernelSize: i32,
  stride: i32,
  dilation: i32,
): void {
  const width = (<usize>features) << 2;
  // Without dilation a patch lies together already.
  const length = dilation === 1 ? kernelSize * features : features;
  const runs = dilation === 1 ? 1 : kernelSize;
  for (let b = 0; b < batch; b++) {
    for (let p = 0; p < numPatches; p++) {
      let from = inputs + <usize>(b * window + p * stride) * width;
      for (let run = 0; run < runs; run++) {
        let source = from;
        for (let left = length; left > 0; left -= 4) {
          storeLanes(patches, v128.load(source), left);
          source += 16;
          patches += (<usize>min(left, 4)) << 2;
        }
        from += <usize>dilation * width;
      }
    }
  }
}

/**
 * The reverse of `unfold`: inputGradients[b, w, :] = the sum of patchGradients over every place that w was copied to,
 * in ascending order of places.
 * @param patchGradients [B, P, K, F]
 * @param inputGradients [B, W, F], out
 */
export function fold(
  patchGradients: usize,
  inputGradients: usize,
  batch: i32,
  window: i32,
  features: i32,
  numPatches: i32,
  kernelSize: i32,
  stride: i32,
  dilation: i32,
): void {
  const width = (<usize>features) << 2;
  const length = dilation === 1 ? kernelSize * features : features;
  const runs = dilation === 1 ? 1 : kernelSize;
  const zero = f32x4.splat(0);
  let address = inputGradients;
  for (let left = batch * window * features; left > 0; left -= 4) {
    storeLanes(address, zero, left);
    address += 16;
  }
  for (let b = 0; b < batch; b++) {
    for (let p = 0; p < numPatches; p++) {
      let to = inputGradients + <usize>(b * window + p * stride) * width;
      for (let run = 0; run < runs; run++) {
        let target = to;
        for (let left = length; left > 0; left -= 4) {
          storeLanes(target, f32x4.add(v128.load(target), v128.load(patchGradients)), left);
          target += 16;
          patchGradients += (<usize>min(left, 4)) << 2;
        }
        to += <usize>dilation * width;
      }
    }
  }
}
