/** Renders the page of an update: the new model beside the champion, what the gate found, and what it decided. */
import type { Json } from '../../../core/snapshot.ts';
import type { Backtest } from '../../backtest.ts';
import { accountFigures, type NamedAccount } from '../figures/account-figures.ts';
import { renderFigurePage, scrollTable } from '../figures/page.ts';
import { dayText, fixedText } from '../text.ts';

export interface UpdatePage {
  readonly champion: string;
  readonly challenger: string;
  readonly decision: 'promote' | 'reject';
  readonly reasons: readonly string[];
  /** What the gate measured, by name. */
  readonly evidence: Readonly<Record<string, Json>>;
  /** Of the new model over the stretch that both were judged by, where it is kept. */
  readonly account?: Pick<Backtest, 'timeMs' | 'price' | 'returns'>;
  readonly trials: readonly string[];
  readonly details: readonly string[];
}

/** A whole document that needs no network. */
export function renderUpdatePage(page: UpdatePage): string {
  const { champion, challenger, decision, reasons, evidence, account, trials, details } = page;
  const isPromoted = decision === 'promote';
  const facts = Object.entries(evidence).flatMap(([key, value]) => {
    const text = textOf(key, value);
    return text === undefined ? [] : [[words(key), text]];
  });
  return renderFigurePage({
    title: `${challenger} after ${champion}`,
    verdict: {
      text: `${isPromoted ? 'Promoted' : 'Rejected'}: ${reasons.join('; ')}.`,
      tone: isPromoted ? 'edge' : 'no-edge',
    },
    sections: [
      {
        title: 'What the gate found',
        note: `${challenger} and ${champion} on data that the new one has not learnt from.`,
        html: scrollTable('What the gate found', ['Figure', 'Value'], facts),
      },
      ...(account === undefined
        ? []
        : [
            {
              title: 'Account of the new model',
              figures: accountFigures(beside(challenger, account)),
            },
          ]),
    ],
    details: [...details, ...trials],
  });
}

/** The account, and whoever is all in from the first bar on without costs, where there is one market. */
function beside(
  name: string,
  { timeMs, price, returns }: NonNullable<UpdatePage['account']>,
): NamedAccount[] {
  const equity = new Float64Array(timeMs.length).fill(1);
  returns.forEach((value, t) => {
    equity[t + 1] = equity[t] * (1 + value);
  });
  const held = price.map((value) => value / price[0]);
  const market = { name: 'the market', account: { timeMs, equity: held }, isReference: true };
  return [{ name, account: { timeMs, equity } }, ...(held.every((value) => value === 1) ? [] : [market])];
}

/** `meanDifferenceBps` → `mean difference, bps` */
function words(key: string): string {
  const spaced = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.replace(/ (ms|bps)$/, (_, unit) => (unit === 'ms' ? '' : ', bp'));
}

/** Undefined for what is a list or an object: that is for programs. */
function textOf(key: string, value: Json): string | undefined {
  if (value === null) return 'not known';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'number') return undefined;
  if (/Ms$/.test(key) && value > 1e11) return dayText(value);
  if (Number.isInteger(value)) return String(value).replace('-', '−');
  return Math.abs(value) >= 0.01 ? fixedText(value, 4) : value.toPrecision(3).replaceAll('-', '−');
}
