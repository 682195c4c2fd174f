/**
 * Groups trials by how alike their returns are: ten settings that trade alike are not ten independent tries.
 * Source: R. Sokal & C. Michener, "A Statistical Method for Evaluating Systematic Relationships" (1958): average linkage;
 * M. López de Prado, "Building Diversified Portfolios that Outperform Out of Sample" (2016): the distance √((1 − ρ)/2); M. López de
 * Prado & M. Lewis, "Detection of False Investment Strategies Using Unsupervised Learning Methods" (2019): clusters as
 * the effective number of trials.
 * Differences from the source: the clusters are cut at a fixed correlation, not chosen by silhouettes, so that
 * independent trials remain as many as they are.
 */

/** Trials are one where their returns correlate by this much or more on average: at a distance of ½. */
export const ALIKE_CORRELATION = 0.5;
/** Common periods below which a correlation says nothing; such trials are taken for unlike. */
const LEAST_COMMON = 10;

/**
 * @param returns [N][T], of the same periods; NaN where a trial has none
 * @returns [N] number of each trial's cluster, counted from 0 in the order of their first trials
 */
export function clusterTrials(returns: readonly ArrayLike<number>[]): number[] {
  const size = returns.length;
  const distances = returns.map((own, i) =>
    returns.map((other, k) => (i === k ? 0 : distanceOf(correlation(own, other)))),
  );
  const limit = distanceOf(ALIKE_CORRELATION);
  const members: (number[] | undefined)[] = returns.map((_, i) => [i]);
  for (;;) {
    let nearest: { distance: number; i: number; k: number } | undefined;
    for (let i = 0; i < size; i++) {
      for (let k = i + 1; k < size; k++) {
        if (members[i] === undefined || members[k] === undefined) continue;
        if (nearest === undefined || distances[i][k] < nearest.distance) {
          nearest = { distance: distances[i][k], i, k };
        }
      }
    }
    if (nearest === undefined || nearest.distance > limit) break;
    const { i, k } = nearest;
    const [own, joined] = [members[i]!, members[k]!];
    for (let other = 0; other < size; other++) {
      const sum = distances[i][other] * own.length + distances[k][other] * joined.length;
      distances[i][other] = sum / (own.length + joined.length);
      distances[other][i] = distances[i][other];
    }
    own.push(...joined);
    members[k] = undefined;
  }
  const labels = new Array<number>(size);
  members
    .filter((cluster) => cluster !== undefined)
    .forEach((cluster, label) => {
      for (const trial of cluster) labels[trial] = label;
    });
  return labels;
}

/** √((1 − ρ)/2): 0 for the same, ½ at ρ = ½, 1 for opposites. */
function distanceOf(rho: number): number {
  return Math.sqrt(Math.max(0, 1 - rho) / 2);
}

/** Over the common periods; trials that never move are alike among themselves, and unlike all others. */
function correlation(own: ArrayLike<number>, other: ArrayLike<number>): number {
  let count = 0;
  let sumX = 0;
  let sumY = 0;
  for (let t = 0; t < own.length; t++) {
    if (Number.isNaN(own[t]) || Number.isNaN(other[t])) continue;
    count++;
    sumX += own[t];
    sumY += other[t];
  }
  if (count < Math.min(LEAST_COMMON, own.length)) return 0;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let t = 0; t < own.length; t++) {
    if (Number.isNaN(own[t]) || Number.isNaN(other[t])) continue;
    const x = own[t] - sumX / count;
    const y = other[t] - sumY / count;
    xx += x * x;
    yy += y * y;
    xy += x * y;
  }
  if (xx === 0 || yy === 0) return xx === yy ? 1 : 0;
  return xy / Math.sqrt(xx * yy);
}
