/** Says in words what is wrong with a space or an action mask. */
import { choiceSizes } from './allowed-action.ts';
import { type ActionSpace, type Box, describeSpace, isWindowWithin, numChoices } from './spaces.ts';

/** What is wrong with a mask, in words; undefined when nothing is. */
export function maskDefect(mask: unknown, space: ActionSpace): string | undefined {
  if (space.kind === 'box') return 'must be absent: a box has no choices to allow';
  if (!(mask instanceof Uint8Array)) return `must be a Uint8Array, got ${describeValue(mask)}`;
  const expected = numChoices(space);
  if (mask.length !== expected) {
    return `has ${mask.length} entries, its space has ${expected} choices`;
  }
  const strange = mask.findIndex((allowed) => allowed > 1);
  if (strange >= 0) return `has ${mask[strange]} at ${strange}; each entry is 0 or 1`;
  let offset = 0;
  for (const [c, size] of choiceSizes(space).entries()) {
    if (!mask.subarray(offset, offset + size).includes(1)) {
      return `allows nothing${space.kind === 'discrete' ? '' : ` in component ${c}`}; one choice at least must be allowed`;
    }
    offset += size;
  }
  return undefined;
}

/** What is wrong with a space, a phrase each that begins with the field; empty when nothing is. */
export function spaceProblems(space: ActionSpace, field: string): string[] {
  const isCount = (value: number): boolean => Number.isInteger(value) && value > 0;
  switch (space?.kind) {
    case 'discrete':
      if (!isCount(space.n)) return [`${field}.n must be a positive whole number, got ${space.n}`];
      return [
        ...lengthProblems(`${field}.values`, space.values, space.n),
        ...lengthProblems(`${field}.names`, space.names, space.n),
      ];
    case 'multi-discrete':
      return space.sizes.length > 0 && space.sizes.every(isCount)
        ? []
        : [`${field}.sizes must be positive whole numbers, got ${describeSpace(space)}`];
    case 'box': {
      const { shape, dim, low, high } = space;
      const product = shape.reduce((total, length) => total * length, 1);
      if (shape.length === 0 || !shape.every(isCount) || product !== dim) {
        return [`${field}.dim is ${dim}, but its shape is [${shape.join(', ')}]`];
      }
      for (const [name, bound] of Object.entries({ low, high })) {
        if (!(bound instanceof Float32Array) || bound.length !== dim) {
          return [`${field}.${name} must be a Float32Array of ${dim} elements`];
        }
      }
      const wrong = low.findIndex((bound, i) => !(bound <= high[i]));
      if (wrong < 0) {
        return [...lengthProblems(`${field}.names`, space.names, dim), ...windowProblems(space, field)];
      }
      return [`${field}.low[${wrong}] is ${low[wrong]}, above high ${high[wrong]}, or NaN`];
    }
    default:
      return [`${field} must be made by createDiscrete, createMultiDiscrete or createBox`];
  }
}

function windowProblems({ window, dim }: Box, field: string): string[] {
  if (window === undefined || isWindowWithin(window, dim)) return [];
  return [`${field}.window of ${window.rows} rows of ${window.columns} does not fit into ${dim} elements`];
}

function lengthProblems(field: string, list: ArrayLike<unknown> | undefined, expected: number): string[] {
  if (list === undefined || list.length === expected) return [];
  return [`${field} must have ${expected} entries, got ${list.length}`];
}

/** A value in a message. */
export function describeValue(value: unknown): string {
  return typeof value === 'object' && value !== null ? value.constructor.name : String(value);
}
