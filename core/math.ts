/**
 * Computes elementary functions in plain IEEE arithmetic, so that results do not depend on the JavaScript engine: the
 * standard leaves the last bits of `Math.exp` and its relatives to the implementation.
 * Source: the argument reductions and minimax polynomials of fdlibm (Sun Microsystems, 1993). Error below 1 ulp.
 */

const bits = new DataView(new ArrayBuffer(8));

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** e^x. Overflows to Infinity above 709.78, underflows to 0 below −745.13. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019411) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  return scaleByPowerOfTwo(y, k);
}

/** Natural logarithm. −Infinity at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return x;
  let exponent = 0;
  let value = x;
  if (value < 2.2250738585072014e-308) {
    value *= 18014398509481984;
    exponent = -54;
  }
  bits.setFloat64(0, value);
  let highWord = bits.getInt32(0);
  exponent += (highWord >> 20) - 1023;
  highWord &= 0xfffff;
  const roundUp = (highWord + 0x95f64) & 0x100000;
  bits.setInt32(0, highWord | (roundUp ^ 0x3ff00000));
  exponent += roundUp >> 20;
  const f = bits.getFloat64(0) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const t2 =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const r = t1 + t2;
  const halfSquare = 0.5 * f * f;
  return exponent * LN2_HIGH - (halfSquare - (s * (halfSquare + r) + exponent * LN2_LOW) - f);
}

/** Sine of an angle in radians. */
export function sin(x: number): number {
  angle[0] = x;
  sinCosInto(direction, angle, 0);
  return direction[0];
}

/** Cosine of an angle in radians. */
export function cos(x: number): number {
  angle[0] = x;
  sinCosInto(direction, angle, 0);
  return direction[1];
}

/**
 * Writes the sine and the cosine of `angles[index]`, radians, into `target[0]` and `target[1]`. For hot loops: numbers
 * that travel in arrays are never boxed, whatever the engine chooses to inline.
 */
export function sinCosInto(target: Float64Array, angles: Float64Array, index: number): void {
  const quadrant = reduceAngle(angles, index);
  const swapped = quadrant & 1;
  writeSine(target, swapped);
  writeCosine(target, 1 - swapped);
  if (quadrant & 2) target[0] = -target[0];
  if ((quadrant + 1) & 2) target[1] = -target[1];
}

const angle = new Float64Array(1);
const direction = new Float64Array(2);

/** Hyperbolic tangent. */
export function tanh(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < 22)) return Number.isNaN(x) ? x : Math.sign(x);
  if (magnitude < 1e-4) return x - (x * x * x) / 3;
  const e = exp(2 * magnitude);
  const value = 1 - 2 / (e + 1);
  return x < 0 ? -value : value;
}

/** x − quadrant·π/2 of the last reduction, in [−π/4, π/4], as an unevaluated sum of two. */
const reduced = new Float64Array(2);

/** Leaves the reduced angle in `reduced`; returns the quadrant modulo 4. */
function reduceAngle(angles: Float64Array, index: number): number {
  const x = angles[index];
  if (Math.abs(x) <= 0.7853981633974483) {
    reduced[0] = x;
    reduced[1] = 0;
    return 0;
  }
  if (!Number.isFinite(x)) {
    reduced[0] = Number.NaN;
    reduced[1] = 0;
    return 0;
  }
  // Past 2²⁰ quarter turns the three-part constant is too short; the exact remainder is reproducible still.
  const turned = Math.abs(x) > 1.6e6 ? x % (2 * Math.PI) : x;
  const n = Math.floor(turned * 0.6366197723675814 + 0.5);
  const first = turned - n * 1.5707963267341256;
  const w1 = n * 6.077100506303966e-11;
  const second = first - w1;
  const w2 = n * 2.0222662487959506e-21 - (first - second - w1);
  const high = second - w2;
  reduced[0] = high;
  reduced[1] = second - high - w2;
  return n & 3;
}

/** target[place] = the sine of the reduced angle. */
function writeSine(target: Float64Array, place: number): void {
  const x = reduced[0];
  const low = reduced[1];
  const z = x * x;
  const v = z * x;
  const r =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 +
        z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  target[place] =
    low === 0
      ? x + v * (-0.16666666666666632 + z * r)
      : x - (z * (0.5 * low - v * r) - low - v * -0.16666666666666632);
}

/** target[place] = the cosine of the reduced angle. */
function writeCosine(target: Float64Array, place: number): void {
  const x = reduced[0];
  const z = x * x;
  const r =
    z *
    (0.0416666666666666 +
      z *
        (-0.001388888888887411 +
          z *
            (2.480158728947673e-5 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))));
  const half = 0.5 * z;
  const w = 1 - half;
  target[place] = w + (1 - w - half + (z * r - x * reduced[1]));
}

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, n) => Number(`1e${n}`));

/** 10^n, the nearest number to it; exact for whole n from 0 to 22. */
export function powerOfTen(n: number): number {
  return POWERS_OF_TEN[n] ?? Number(`1e${n}`);
}

function scaleByPowerOfTwo(y: number, k: number): number {
  if (k >= -1021 && k <= 1023) {
    bits.setInt32(0, (k + 1023) << 20);
    bits.setInt32(4, 0);
    return y * bits.getFloat64(0);
  }
  // Two steps keep each factor a normal number; the second one rounds into the subnormals once.
  const step = k > 0 ? 1023 : -969;
  bits.setInt32(0, (step + 1023) << 20);
  bits.setInt32(4, 0);
  const first = y * bits.getFloat64(0);
  bits.setInt32(0, (k - step + 1023) << 20);
  return first * bits.getFloat64(0);
}
