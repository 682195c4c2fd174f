/** Lists what an arbitrage over several markets may do at a decision, and how each choice is called. */
import type { LegPlan } from '../../market/arbitrage/legs/plan.ts';
import type { ComboConfig } from './config.ts';
import type { ComboKind } from './kinds.ts';

export type ComboAction =
  | { readonly kind: 'hold' | 'flatten' }
  | { readonly kind: 'trade'; readonly combo: number; readonly direction: 1 | -1; readonly sizeIndex: number }
  | { readonly kind: 'target'; readonly combo: number; readonly target: number }
  | { readonly kind: 'quote'; readonly bid: number | undefined; readonly ask: number | undefined }
  | { readonly kind: 'move'; readonly route: number };

/**
 * Hold; then every combination forwards and backwards in every size (`trade:NAME:forwards:0`), or what is to be held of it
 * (`target:NAME:0.4`), or for a maker the edges of its bid and ask in basis points (`quote:3:off`); flatten; transfers
 * (`move:USDT:alpha>beta`). With targets, collateral moves by itself and needs no choice.
 */
export function comboActions(
  { maker }: ComboKind,
  { combos, routes, pockets, currencies }: LegPlan,
  { actions, sizes, targets, quoteEdgesBps, transfers }: ComboConfig,
): { choices: ComboAction[]; names: string[] } {
  const choices: ComboAction[] = [{ kind: 'hold' }];
  const names = ['hold'];
  const add = (choice: ComboAction, name: string): void => {
    choices.push(choice);
    names.push(name);
  };
  if (maker !== undefined) {
    const edges = [undefined, ...quoteEdgesBps];
    for (const bid of edges) {
      for (const ask of edges) add({ kind: 'quote', bid, ask }, `quote:${bid ?? 'off'}:${ask ?? 'off'}`);
    }
  } else {
    for (const [combo, { name }] of combos.entries()) {
      if (actions === 'targets') {
        for (const target of targets) add({ kind: 'target', combo, target }, `target:${name}:${target}`);
        continue;
      }
      for (const direction of [1, -1] as const) {
        const way = direction === 1 ? 'forwards' : 'backwards';
        for (const sizeIndex of sizes.keys()) {
          add({ kind: 'trade', combo, direction, sizeIndex }, `trade:${name}:${way}:${sizeIndex}`);
        }
      }
    }
  }
  add({ kind: 'flatten' }, 'flatten');
  if (!transfers || (maker === undefined && actions === 'targets')) return { choices, names };
  const place = (p: number): string => `${pockets[p].exchange}${pockets[p].isMargin ? '-margin' : ''}`;
  for (const [route, { from, to }] of routes.entries()) {
    add({ kind: 'move', route }, `move:${currencies[pockets[from].currency]}:${place(from)}>${place(to)}`);
  }
  return { choices, names };
}
