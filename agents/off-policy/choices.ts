/** Chooses among discrete actions, of which some may not be allowed. */
import { EnvError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';

/**
 * The allowed choice with the highest value; the first one among equals.
 * @param values [B, K]
 * @param masks [B, K], 1 for each choice that is allowed; absent: all are
 * @throws EnvError `no-valid-action` when the mask allows nothing
 */
export function bestChoice(
  values: Float32Array,
  numChoices: number,
  masks: Uint8Array | undefined,
  row: number,
): number {
  const first = row * numChoices;
  let best = -1;
  for (let k = 0; k < numChoices; k++) {
    if (masks !== undefined && masks[first + k] === 0) continue;
    if (best < 0 || values[first + k] > values[first + best]) best = k;
  }
  if (best < 0) throw noValidAction(row);
  return best;
}

/**
 * One of the allowed choices, all equally likely; draws one number.
 * @throws EnvError `no-valid-action` when the mask allows nothing
 */
export function randomChoice(
  rng: Rng,
  numChoices: number,
  masks: Uint8Array | undefined,
  row: number,
): number {
  if (masks === undefined) return rng.integer(numChoices);
  const first = row * numChoices;
  let numAllowed = 0;
  for (let k = 0; k < numChoices; k++) numAllowed += masks[first + k];
  if (numAllowed === 0) throw noValidAction(row);
  let rank = rng.integer(numAllowed);
  for (let k = 0; ; k++) {
    if (masks[first + k] !== 0 && rank-- === 0) return k;
  }
}

/** The error for a mask without a single 1. */
export function noValidAction(row: number): EnvError {
  return new EnvError(
    'no-valid-action',
    `The action mask of env ${row} allows no action; an env must leave at least one choice per component.`,
  );
}
