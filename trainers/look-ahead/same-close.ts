/** Finds envs whose orders fill at a close that their observation had already shown: no order can come so early. */
import type { LeakFinding } from './findings.ts';
import type { Observed } from './trace.ts';
import type { Tracer } from './tracer.ts';

/** Steps that are tried. */
const NUM_STEPS = 12;
/** Steps that must agree. */
const LEAST_AGREEING = 3;
/** Part of what the wider exposure earns by the bar that must show: costs alone depend on prices too. */
const LEAST_SHARE = 0.5;
const ROUNDING = 1e-9;

/**
 * Takes another action at a step. What the other exposure adds to the account by the end of the next bar goes by that bar's close; if it
 * does not go by its open, the order was filled before the bar opened.
 */
export function findSameClose(
  { name, account, timeOf }: Tracer,
  original: readonly Observed[],
): LeakFinding[] {
  if (account === undefined) return [];
  const numSteps = original.length - 1;
  let [tried, agreeing, example] = [0, 0, -1];
  for (let i = 0; i < NUM_STEPS && numSteps > 1; i++) {
    const step = Math.floor((i * (numSteps - 1)) / NUM_STEPS);
    const row = original[step + 1].time;
    if (!Number.isInteger(row) || row !== original[step].time + 1) continue;
    const other = account(undefined, step)[step + 1];
    const [own, wider] = [accountOf(original[step + 1]), accountOf(other)];
    if (own === undefined || wider === undefined || wider.exposure === own.exposure) continue;
    const gain = (column: 'open' | 'close'): number => {
      const change = { column, row };
      const first = accountOf(account(change, numSteps)[step + 1]);
      const second = accountOf(account(change, step)[step + 1]);
      return first === undefined || second === undefined ? Number.NaN : second.equity - first.equity;
    };
    const before = wider.equity - own.equity;
    const closePrice = accountOf(account({ column: 'close', row }, step)[step + 1])?.price ?? Number.NaN;
    const move = Math.abs(closePrice / wider.price - 1);
    const byClose = Math.abs(gain('close') - before);
    const byOpen = Math.abs(gain('open') - before);
    if (!(move > ROUNDING) || Number.isNaN(byOpen)) continue;
    tried++;
    const expected = Math.abs(wider.exposure - own.exposure) * own.equity * move;
    if (byClose < LEAST_SHARE * expected || byOpen > ROUNDING * own.equity) continue;
    agreeing++;
    if (example < 0) example = original[step].time;
  }
  if (agreeing < LEAST_AGREEING || agreeing < tried * LEAST_SHARE) return [];
  return [
    {
      kind: 'same-close',
      column: 'info.equity',
      row: example,
      time: timeOf(example),
      reads: [example, example],
      message:
        `The ${name} fills at a close that it has shown: an action on row ${example} earns the whole move from that row's close on, ` +
        'whatever the next bar opens at. No order is there before the close is known; fill at the next open.',
    },
  ];
}

function accountOf(
  entry: Observed | undefined,
): { equity: number; exposure: number; price: number } | undefined {
  if (entry === undefined) return undefined;
  const [equity, exposure, price] = ['equity', 'exposure', 'price'].map(
    (key) => entry.values[entry.names?.indexOf(`info.${key}`) ?? -1],
  );
  return [equity, exposure, price].some((value) => value === undefined)
    ? undefined
    : { equity, exposure, price };
}
