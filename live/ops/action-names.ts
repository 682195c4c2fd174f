/** Says in words what each choice of a session's policy is. */
import type { ActionSpace } from '../../envs/spaces.ts';

/** @returns a name for each choice; null where actions are numbers */
export function actionNames(space: ActionSpace): string[] | null {
  if (space.kind !== 'discrete') return null;
  return Array.from({ length: space.n }, (_, choice) => {
    const value = space.values?.[choice];
    if (value !== undefined)
      return value === 0 ? 'flat' : `${value > 0 ? 'long' : 'short'} ${percentOf(value)}`;
    return readable(space.names?.[choice] ?? `choice ${choice}`);
  });
}

function percentOf(value: number): string {
  return `${Number((100 * Math.abs(value)).toPrecision(4))} %`;
}

/** `trade:bybit>okx:0` is `buy bybit, sell okx (size 1)`. */
function readable(name: string): string {
  const [kind, pair, size] = name.split(':');
  const [from, to] = pair?.split('>') ?? [];
  if (from === undefined || to === undefined) return name.replaceAll('-', ' ');
  return kind === 'trade'
    ? `buy ${from}, sell ${to} (size ${Number(size) + 1})`
    : `${kind.replaceAll('-', ' ')} from ${from} to ${to}`;
}
