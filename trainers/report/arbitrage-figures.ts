/** Draws what arbitrage did: profit against the bound, the edge with its trades, inventory by venue, learning. */
import type { ArbitrageResult } from '../arbitrage/train.ts';
import type { RecordedArbitrage } from '../records/arbitrage-tables.ts';
import type { FigureLine, ReportFigure } from './figures/figure.ts';

/** Mean return of the episodes that ended since the point before, of one seed. */
export interface ArbitrageLearning {
  readonly seed: number;
  readonly steps: readonly number[];
  readonly meanReturn: readonly number[];
}

const VENUE_COLOURS = [
  '--agent',
  '--baseline-2',
  '--baseline-4',
  '--baseline-3',
  '--baseline-5',
  '--baseline-6',
];
const RULE_COLOURS = ['--baseline-2', '--baseline-4', '--baseline-3', '--baseline-5', '--baseline-6'];
/** Rules that are drawn beside the seeds, the best first. */
const MAX_RULES = 3;

/** The seed whose profit on the unseen span is the median, the lower of the two middle ones for an even count. */
export function followedSeed({ seeds }: ArbitrageResult): number | undefined {
  const ascending = [...seeds].sort((a, b) => a.test.profitBps - b.test.profitBps);
  return ascending[(ascending.length - 1) >> 1]?.seed;
}

/** Figures of one span; empty where nothing was recorded. */
export function spanFigures(
  result: ArbitrageResult,
  passes: readonly RecordedArbitrage[],
  span: 'train' | 'test',
): ReportFigure[] {
  const own = passes.filter((pass) => pass.span === span);
  const seed = followedSeed(result);
  const followed = own.find((pass) => pass.seed !== undefined && pass.seed === seed);
  if (followed === undefined) return [];
  return [profitFigure(result, own, followed, span), edgeFigure(followed), ...inventoryFigures(followed)];
}

function profitFigure(
  { boundBps, rules }: ArbitrageResult,
  passes: readonly RecordedArbitrage[],
  followed: RecordedArbitrage,
  span: 'train' | 'test',
): ReportFigure {
  const { timeMs } = followed.record;
  const best = [...rules]
    .filter(({ name }) => name !== 'do-nothing' && name !== 'random')
    .sort((a, b) => b[span].profitBps - a[span].profitBps)
    .map(({ name }) => passes.find((pass) => pass.trader === name))
    .filter((pass) => pass !== undefined)
    .slice(0, MAX_RULES);
  const others = passes.filter((pass) => pass.seed !== undefined && pass !== followed);
  const lineOf = (
    pass: RecordedArbitrage,
    name: string,
    colour: string,
    look?: FigureLine['look'],
  ): FigureLine => ({
    name,
    colour,
    values: profitAt(pass, timeMs),
    look,
  });
  const bound = boundBps[span];
  return {
    title: 'Profit against the bound',
    explanation:
      'basis points of the capital, at liquidation value; the hindsight bound is that of the whole span',
    x: timeMs,
    isTime: true,
    unit: 'bp',
    lines: [
      lineOf(followed, `${followed.trader}, seed ${followed.seed} (followed)`, '--agent'),
      ...others.map((pass) => lineOf(pass, `${pass.trader}, seed ${pass.seed}`, '--baseline-1')),
      ...best.map((pass, i) => lineOf(pass, pass.trader, RULE_COLOURS[i])),
      ...(Number.isFinite(bound)
        ? [
            {
              name: 'hindsight bound',
              colour: '--ink',
              look: 'dashed' as const,
              values: new Float64Array(timeMs.length).fill(bound),
            },
          ]
        : []),
    ],
  };
}

/** Profit of a pass at the times of another: the last that was known. */
function profitAt({ record: { timeMs, equity } }: RecordedArbitrage, at: Float64Array): Float64Array {
  let row = 0;
  return at.map((time) => {
    while (row + 1 < timeMs.length && timeMs[row + 1] <= time) row++;
    return (equity[row] / equity[0] - 1) * 1e4;
  });
}

function edgeFigure({ record: { timeMs, edgeBps, pairs } }: RecordedArbitrage): ReportFigure {
  const traded = new Float64Array(timeMs.length).fill(Number.NaN);
  let row = 0;
  for (const { sentMs, bought, sold } of pairs) {
    while (row + 1 < timeMs.length && timeMs[row + 1] <= sentMs) row++;
    if (bought + sold > 0) traded[row] = edgeBps[row];
  }
  return {
    title: 'Edge and trades',
    explanation:
      'largest net edge of buying at one venue and selling at another at each decision, fees paid; a point where a pair was sent that filled',
    x: timeMs,
    isTime: true,
    unit: 'bp',
    lines: [
      { name: 'net edge', colour: '--baseline-1', values: edgeBps },
      { name: 'pairs sent', colour: '--baseline-2', values: traded, look: 'points' },
    ],
  };
}

function inventoryFigures({ record: { timeMs, venues, base, quote } }: RecordedArbitrage): ReportFigure[] {
  const figure = (title: string, explanation: string, balances: readonly Float64Array[]): ReportFigure => ({
    title,
    explanation,
    x: timeMs,
    isTime: true,
    unit: 'number',
    lines: venues.map((name, v) => ({
      name,
      colour: VENUE_COLOURS[v % VENUE_COLOURS.length],
      values: balances[v],
      look: 'steps' as const,
    })),
  });
  return [figure('Inventory by venue', 'base units', base), figure('Money by venue', 'quote units', quote)];
}

/** Empty where no episode ended. */
export function learningFigures(learning: readonly ArbitrageLearning[]): ReportFigure[] {
  const steps = [...new Set(learning.flatMap((curve) => curve.steps))].sort((a, b) => a - b);
  if (steps.length === 0) return [];
  return [
    {
      title: 'Mean episode return',
      explanation:
        'by env steps, of the episodes that ended since the point before, on the fitted market and then on the training span',
      x: steps,
      isTime: false,
      unit: 'number',
      lines: learning.map(({ seed, steps: own, meanReturn }, i) => ({
        name: `seed ${seed}`,
        colour: VENUE_COLOURS[i % VENUE_COLOURS.length],
        values: steps.map((step) => (own.includes(step) ? meanReturn[own.indexOf(step)] : Number.NaN)),
      })),
    },
  ];
}
