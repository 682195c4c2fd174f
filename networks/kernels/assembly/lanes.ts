/** Loads and stores the rests of rows and arrays whose length is not a multiple of four lanes. */

/** Stores the first `lanes` of 1…4. Loads need no such care: lanes past the end are read and left unused. */
export function storeLanes(address: usize, vector: v128, lanes: i32): void {
  if (lanes >= 4) v128.store(address, vector);
  else {
    f32.store(address, f32x4.extract_lane(vector, 0));
    if (lanes > 1) f32.store(address, f32x4.extract_lane(vector, 1), 4);
    if (lanes > 2) f32.store(address, f32x4.extract_lane(vector, 2), 8);
  }
}

/** All bits set in the first `lanes` lanes. */
export function firstLanes(lanes: i32): v128 {
  return i32x4.gt_s(i32x4.splat(lanes), i32x4(0, 1, 2, 3));
}
