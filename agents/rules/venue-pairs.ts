/** Lets a rule read the edges of an arbitrage env and trade on them, in whatever action space it has. */
import { ConfigError } from '../../core/errors.ts';
import type { ActionBatch } from '../../envs/spaces.ts';
import type { AgentContext } from '../agent.ts';

/** Edges are observed in tens of basis points. */
const BPS_UNIT = 10;

/** What can be bought at one venue and sold at another. */
export interface VenuePair {
  /** `EX1>EX2`: bought at the first. */
  readonly name: string;
  /** Place of its net edge in an observation. */
  readonly edge: number;
  /** Place of the base at the venue it is sold at, in units of what that began with; −1 where it is not observed. */
  readonly base: number;
  /** Discrete: the choices that trade it, the smallest size first; else empty. */
  readonly choices: readonly number[];
  /** Continuous: the element that trades it, and its sign. */
  readonly element: number;
  readonly sign: 1 | -1;
}

/**
 * @throws ConfigError `unsuitable-space` when the spaces are not those of an arbitrage env
 */
export function findVenuePairs(
  { observationSpace, actionSpace }: AgentContext,
  agent: string,
): readonly VenuePair[] {
  const observed = observationSpace.names ?? [];
  const acted = ('names' in actionSpace ? actionSpace.names : undefined) ?? [];
  const pairs = observed.flatMap((name, edge): VenuePair[] => {
    if (!name.startsWith('edge:')) return [];
    const pair = name.slice('edge:'.length);
    const base = observed.indexOf(`base:${pair.split('>')[1]}`);
    const choices = acted.flatMap((choice, i) => (choice.startsWith(`trade:${pair}:`) ? [i] : []));
    const forward = acted.indexOf(`trade:${pair}`);
    const backward = acted.indexOf(`trade:${pair.split('>').reverse().join('>')}`);
    return [
      { name: pair, edge, base, choices, element: Math.max(forward, backward), sign: forward >= 0 ? 1 : -1 },
    ];
  });
  if (pairs.length === 0 || pairs.some(({ choices, element }) => choices.length === 0 && element < 0)) {
    throw new ConfigError(
      'unsuitable-space',
      `Agent "${agent}" trades the edges between venues, which these spaces do not have. Use it with the "arbitrage" env.`,
    );
  }
  return pairs;
}

/** Net edge of a pair for env `row`, basis points. @param dim D */
export function edgeBps(observations: Float32Array, dim: number, row: number, { edge }: VenuePair): number {
  return observations[row * dim + edge] * BPS_UNIT;
}

/**
 * Writes the largest trade of a pair that the mask allows, or none, for env `row`.
 * @param numChoices of a discrete space, or the dimension of a box
 * @param mask [N, numChoices]
 * @returns whether a trade was allowed
 */
export function writeTrade(
  actions: ActionBatch,
  row: number,
  numChoices: number,
  { choices, element, sign }: VenuePair,
  mask: Uint8Array | undefined,
): boolean {
  if (choices.length === 0) {
    actions[row * numChoices + element] = sign;
    return true;
  }
  for (let s = choices.length - 1; s >= 0; s--) {
    if (mask !== undefined && mask[row * numChoices + choices[s]] === 0) continue;
    actions[row] = choices[s];
    return true;
  }
  return false;
}
