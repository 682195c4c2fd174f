/** Renders the page of an ablation of priors: what each way of guiding an agent earned, and gained. */
import type { Backtest } from '../../backtest.ts';
import type { Ablation, Arm } from '../../prior-ablation.ts';
import { percent } from '../../verdict.ts';
import { accountFigures, medianAccounts } from '../figures/account-figures.ts';
import { renderFigurePage, scrollTable } from '../figures/page.ts';

export interface PriorPage {
  readonly title: string;
  readonly subtitle: string;
  readonly ablation: Ablation;
  /** In words, its headline up to the first colon. */
  readonly verdict: string;
  /** Buy-and-hold over the same rows. */
  readonly held: Backtest;
  readonly accounts: readonly { readonly arm: string; readonly seed: number; readonly account: Backtest }[];
  /** How many trials led to it, a sentence each. */
  readonly trials: readonly string[];
  readonly details: readonly string[];
}

/** Rows of the table: buy-and-hold, the prior alone, and each arm. */
export function ablationRows({ arms, priorReturn }: Ablation, held: number): string[][] {
  const between = ({ low, high }: { low: number; high: number }): string =>
    Number.isNaN(low) ? '–' : `${percent(low)} to ${percent(high)}`;
  const row = ({ name, mean, interval, gain }: Arm): string[] => [
    name,
    percent(mean),
    between(interval),
    gain === undefined ? '' : percent(gain.mean),
    gain === undefined ? '' : between(gain),
  ];
  return [
    ['', 'return', '95 % interval', 'skill gained a year', 'its interval'],
    ['buy-and-hold', percent(held), '', '', ''],
    ['prior only', percent(priorReturn), '', '', ''],
    ...arms.map(row),
  ];
}

/** A whole document that needs no network. */
export function renderPriorPage(page: PriorPage): string {
  const { title, subtitle, ablation, verdict, held, accounts, trials, details } = page;
  const [head, ...rows] = ablationRows(ablation, held.metrics.totalReturn);
  const helps = ablation.arms.some(({ gain }) => gain !== undefined && gain.low > 0);
  const drawn = medianAccounts(accounts.map(({ arm, account }) => ({ name: arm, account })));
  const seeds = ablation.arms.map(({ name, returns }) => [name, ...returns.map((value) => percent(value))]);
  const numSeeds = Math.max(...ablation.arms.map(({ returns }) => returns.length));
  return renderFigurePage({
    title,
    subtitle,
    verdict: { text: verdict, tone: helps ? 'edge' : 'no-edge' },
    sections: [
      {
        title: 'Ways of guiding, on later rows',
        note: 'After costs. The gain is beyond the own mean exposure, less that of the agent alone beyond its own; intervals allow for the number of arms.',
        html: scrollTable('Ways of guiding', head, rows),
      },
      {
        title: 'Accounts',
        note: 'Of each arm the seed whose growth is the median.',
        figures: accountFigures([...drawn, { name: 'buy-and-hold', account: held, isReference: true }]),
      },
      {
        title: 'Returns by seed',
        html: scrollTable(
          'Returns by seed',
          ['', ...Array.from({ length: numSeeds }, (_, i) => `seed ${i + 1}`)],
          seeds,
        ),
      },
    ],
    details: [...details, ...trials],
  });
}
