/** Draws accounts over the same bars side by side: growth and exposure. */
import type { Backtest } from '../../backtest.ts';
import type { ReportFigure } from './figure.ts';

const COLOURS = ['--agent', '--baseline-2', '--baseline-4', '--baseline-3', '--baseline-5', '--baseline-6'];

export interface NamedAccount {
  readonly name: string;
  /** Its exposure is drawn where it is known. */
  readonly account: Pick<Backtest, 'timeMs' | 'equity'> & Partial<Pick<Backtest, 'exposure'>>;
  /** Drawn dashed: what others are compared with. */
  readonly isReference?: boolean;
}

/** Growth of 1 after costs, and the exposure of the first. Empty without accounts. */
export function accountFigures(accounts: readonly NamedAccount[]): ReportFigure[] {
  const [first] = accounts;
  if (first === undefined) return [];
  const { timeMs, exposure } = first.account;
  return [
    {
      title: 'Equity',
      explanation: 'growth of 1, after costs',
      x: timeMs,
      isTime: true,
      unit: 'number',
      lines: accounts.map(({ name, account: { equity }, isReference }, i) => ({
        name,
        colour: isReference ? '--baseline-1' : COLOURS[i % COLOURS.length],
        look: isReference ? ('dashed' as const) : undefined,
        values: equity.map((value) => value / equity[0]),
      })),
    },
    ...(exposure === undefined ? [] : [exposureFigure(first.name, timeMs, exposure)]),
  ];
}

function exposureFigure(name: string, timeMs: Float64Array, exposure: Float64Array): ReportFigure {
  return {
    title: 'Exposure',
    explanation: `held fraction of equity, signed, of ${name}`,
    x: timeMs,
    isTime: true,
    unit: 'percent',
    lines: [{ name, colour: '--agent', look: 'steps', values: exposure }],
  };
}

/** One of each name: the account whose growth is the median, the lower of the two middle ones for an even count. */
export function medianAccounts(accounts: readonly NamedAccount[]): NamedAccount[] {
  const names = [...new Set(accounts.map(({ name }) => name))];
  const growth = ({ account: { equity } }: NamedAccount) => equity[equity.length - 1] / equity[0];
  return names.map((name) => {
    const own = accounts.filter((one) => one.name === name).sort((a, b) => growth(a) - growth(b));
    return own[(own.length - 1) >> 1];
  });
}
