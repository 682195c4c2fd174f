/** Reads what columns may do in a tree: the way each may lead, and which may meet on one path. */
import { ConfigError } from '../../../core/errors.ts';

/** 1 where a prediction may only rise with the column, −1 where it may only fall, 0 where it is free. */
export type MonotoneConstraints = readonly number[] | Readonly<Record<string, number>>;

/** Groups of columns, by name or by number from 0. */
export type InteractionConstraints = readonly (readonly (string | number)[])[];

/**
 * @returns the way of each column, or undefined where all are free
 * @throws ConfigError `invalid-value` for a column that is not there
 */
export function monotoneWays(
  constraints: MonotoneConstraints | undefined,
  columns: readonly string[],
): Int8Array | undefined {
  if (constraints === undefined) return undefined;
  const ways = new Int8Array(columns.length);
  if (Array.isArray(constraints)) {
    if (constraints.length > columns.length) {
      throw new ConfigError(
        'invalid-value',
        `"monotone_constraints" has ${constraints.length} entries for ${columns.length} columns; give one a column at most.`,
      );
    }
    ways.set(constraints);
  } else {
    for (const [name, way] of Object.entries(constraints)) {
      ways[placeOf(name, columns, 'monotone_constraints')] = way;
    }
  }
  return ways.some((way) => way !== 0) ? ways : undefined;
}

/** @throws ConfigError `invalid-value` for a column that is not there */
export function interactionGroups(
  constraints: InteractionConstraints | undefined,
  columns: readonly string[],
): ReadonlySet<number>[] | undefined {
  if (constraints === undefined || constraints.length === 0) return undefined;
  return constraints.map(
    (group) => new Set(group.map((column) => placeOf(column, columns, 'interaction_constraints'))),
  );
}

/**
 * The columns below a path of splits: those of the path, and of every group that has all of the path's.
 * @param path columns split by from the root on; none is bound at the root
 */
export function allowedAfter(
  path: ReadonlySet<number>,
  groups: readonly ReadonlySet<number>[],
): ReadonlySet<number> {
  const allowed = new Set(path);
  for (const group of groups) {
    if (![...path].every((column) => group.has(column))) continue;
    for (const column of group) allowed.add(column);
  }
  return allowed;
}

function placeOf(column: string | number, columns: readonly string[], key: string): number {
  const place = typeof column === 'string' ? columns.indexOf(column) : column;
  if (place >= 0 && place < columns.length) return place;
  throw new ConfigError(
    'invalid-value',
    `"${key}" names the column ${JSON.stringify(column)}, but there are ${columns.length}: ${columns.slice(0, 8).join(', ')}${
      columns.length > 8 ? ', …' : ''
    }.`,
  );
}
