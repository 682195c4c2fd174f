/** The report page: structure, escaping, the numbers it carries, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { Rng } from '../../../core/rng.ts';
import { embedJson, medianOf, type ReportChartData } from '../../../trainers/report/data.ts';
import { renderReport } from '../../../trainers/report/render.ts';
import type { Report, ReportCurve, ReportSpan } from '../../../trainers/report/report.ts';
import { REPORT_SCRIPT } from '../../../trainers/report/script.ts';
import { columnFormat } from '../../../trainers/report/table.ts';

const DAY_MS = 86_400_000;
const FEE_RATE = 0.0005;

function trade(
  price: Float64Array,
  exposure: Float64Array,
  name: string,
  kind: ReportCurve['kind'],
): ReportCurve {
  const equity = new Float64Array(price.length).fill(100_000);
  const returns: number[] = [];
  let costs = 0;
  let turnover = 0;
  let trades = 0;
  for (let t = 1; t < price.length; t++) {
    const change = Math.abs(exposure[t - 1] - (t > 1 ? exposure[t - 2] : 0));
    const paid = equity[t - 1] * change * FEE_RATE;
    equity[t] = (equity[t - 1] - paid) * (1 + exposure[t - 1] * (price[t] / price[t - 1] - 1));
    returns.push(equity[t] / equity[t - 1] - 1);
    costs += paid;
    turnover += change;
    if (change > 0) trades++;
  }
  const years = price.length / 252;
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  const deviation = Math.sqrt(returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / returns.length);
  const downside = Math.sqrt(
    returns.reduce((sum, value) => sum + Math.min(0, value) ** 2, 0) / returns.length,
  );
  let peak = 0;
  let maxDrawdown = 0;
  for (const value of equity) {
    peak = Math.max(peak, value);
    maxDrawdown = Math.min(maxDrawdown, value / peak - 1);
  }
  const growth = equity[equity.length - 1] / equity[0];
  const cagr = growth ** (1 / years) - 1;
  return {
    name,
    kind,
    equity,
    exposure,
    metrics: {
      totalReturn: growth - 1,
      cagr,
      volatility: deviation * Math.sqrt(252),
      sharpe: (mean / deviation) * Math.sqrt(252),
      sortino: (mean / downside) * Math.sqrt(252),
      maxDrawdown,
      calmar: cagr / -maxDrawdown,
      turnover: turnover / years,
      costs,
      exposure: exposure.reduce((sum, value) => sum + value, 0) / exposure.length,
      trades,
    },
  };
}

function sampleSpan(name: string, firstDay: number, numBars: number, numSeeds: number): ReportSpan {
  const rng = new Rng(`${name} market`);
  const timeMs: number[] = [];
  for (let day = firstDay; timeMs.length < numBars; day++) {
    if ((day + 4) % 7 !== 0 && (day + 4) % 7 !== 6) timeMs.push(day * DAY_MS);
  }
  const price = new Float64Array(numBars);
  let volatility = 0.01;
  for (let t = 0; t < numBars; t++) {
    volatility += 0.03 * (0.01 - volatility) + 0.0008 * Math.abs(rng.gaussian()) - 0.0006;
    volatility = Math.max(0.004, volatility);
    price[t] = t === 0 ? 1400 : price[t - 1] * (1 + 0.0003 + volatility * rng.gaussian());
  }
  const path = (choose: (t: number, last: number) => number) => {
    const exposure = new Float64Array(numBars);
    for (let t = 0; t < numBars; t++) exposure[t] = choose(t, t === 0 ? 0 : exposure[t - 1]);
    return exposure;
  };
  const average = (t: number, bars: number) => {
    let sum = 0;
    for (let i = Math.max(0, t - bars + 1); i <= t; i++) sum += price[i];
    return sum / Math.min(bars, t + 1);
  };
  const levels = [-0.5, 0, 0.5, 1, 1];
  const curves: ReportCurve[] = [];
  for (let seed = 1; seed <= numSeeds; seed++) {
    const choices = new Rng(seed);
    const exposure = path((_, last) => (choices.uniform() < 0.04 ? levels[choices.integer(5)] : last));
    curves.push(trade(price, exposure, `ppo, seed ${seed}`, 'agent'));
  }
  const coin = new Rng('random');
  const random = path((_, last) => (coin.uniform() < 0.04 ? levels[coin.integer(5)] : last));
  curves.push(
    trade(
      price,
      path(() => 0),
      'cash',
      'baseline',
    ),
    trade(
      price,
      path(() => 1),
      'buy-and-hold',
      'baseline',
    ),
    trade(price, random, 'random, same turnover', 'baseline'),
    trade(
      price,
      path((t) => (average(t, 20) > average(t, 100) ? 1 : 0)),
      'sma-cross 20/100',
      'baseline',
    ),
  );
  const description = {
    train: 'The agent learned on these bars; results here show what it could memorise.',
    validation: 'Chose the checkpoint and nothing else.',
    test: 'Opened once, after every choice was made.',
  }[name];
  return { name, description: description ?? '', seen: name === 'train', timeMs, price, curves };
}

function sampleReport(numSeeds = 5, spans = { train: 3000, validation: 500, test: 1250 }): Report {
  const steps = Array.from({ length: 120 }, (_, i) => (i + 1) * 2048);
  let day = 13_150;
  return {
    title: 'PPO on the S&P 500, daily bars',
    subtitle:
      'A PPO agent choosing a target exposure of −50% to 100% once a day, trained on 2006 to 2017, judged on 2019 to 2024, paying 5 bps on every trade.',
    verdict: {
      tone: 'no-edge',
      text: "No edge found: on the test years the agent's return after costs minus buy-and-hold's is −1.2% a year, 95% interval −9 … +7.",
    },
    learning: Array.from({ length: numSeeds }, (_, i) => {
      const rng = new Rng(`learning ${i}`);
      let noise = 0;
      const meanReturn = steps.map((_, k) => {
        noise = 0.9 * noise + 0.01 * rng.gaussian();
        return k === 0 ? Number.NaN : 0.35 * (1 - Math.exp(-k / (20 + 8 * i))) - 0.12 + noise;
      });
      return { seed: i + 1, steps, meanReturn };
    }),
    spans: Object.entries(spans).map(([name, numBars]) => {
      const span = sampleSpan(name, day, numBars, numSeeds);
      day += Math.ceil(numBars * 1.41);
      return span;
    }),
    metrics: [
      { key: 'totalReturn', label: 'Total return', format: 'percent' },
      { key: 'cagr', label: 'CAGR', format: 'percent' },
      { key: 'volatility', label: 'Volatility', format: 'percent' },
      { key: 'sharpe', label: 'Sharpe', format: 'number' },
      { key: 'sortino', label: 'Sortino', format: 'number' },
      { key: 'maxDrawdown', label: 'Max drawdown', format: 'percent' },
      { key: 'calmar', label: 'Calmar', format: 'number' },
      { key: 'turnover', label: 'Turnover per year', format: 'number' },
      { key: 'costs', label: 'Costs paid', format: 'money' },
      { key: 'exposure', label: 'Mean exposure', format: 'percent' },
      { key: 'trades', label: 'Trades', format: 'integer' },
    ],
    details: [
      {
        label: 'Agent',
        value: 'ppo: learningRate 0.0003, gamma 0.99, lambda 0.95, clip 0.2, minibatch 64, epochs 10',
      },
      {
        label: 'Environment',
        value: 'trading: levels −0.5, 0, 0.5, 1; window 32 bars; episodes of 252 bars',
      },
      { label: 'Costs', value: 'fee 2 bps, half spread 1 bp, slippage 2 bps' },
      { label: 'Execution', value: 'at the next bar’s open' },
      { label: 'Seeds', value: '1, 2, 3, 4, 5' },
      {
        label: 'Data',
        value: 'sp500-daily.csv, sha256 2f1d5c0e9a7b4c6d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f',
      },
      { label: 'Speed', value: '48,200 environment steps/s' },
      { label: 'Code', value: 'market-gym 0.1.0, commit 4c1e9d2' },
      {
        label: 'Command',
        value: 'market-gym train --agent ppo --data sp500-daily.csv \\\n  --seeds 1,2,3,4,5 --steps 245760',
        code: true,
      },
    ],
    caveats: [
      'The index level excludes dividends, about 2% a year to whoever is invested.',
      'An index cannot be traded; a fund or a future that follows it costs more than is charged here.',
      'Five years of test data hold one crisis: the interval is wide, and another five years may differ.',
    ],
  };
}

function embedded(html: string): ReportChartData {
  const text = html.match(/<script type="application\/json" id="report-data">(.*?)<\/script>/s)![1];
  return JSON.parse(text) as ReportChartData;
}

/** The page without its scripts and styles: what HTML itself says. */
function markup(html: string): string {
  return html.replace(/<(script|style)\b.*?<\/\1>/gs, '');
}

function withCurve(change: Partial<ReportCurve>, spanChange: Partial<ReportSpan> = {}): Report {
  const curve: ReportCurve = {
    name: 'ppo',
    kind: 'agent',
    equity: [1, 2, 1.5, 3],
    exposure: [0, 1, 1, 0],
    metrics: { totalReturn: 2 },
    ...change,
  };
  const span: ReportSpan = {
    name: 'test',
    description: '',
    seen: false,
    timeMs: [0, 1, 2, 3].map((day) => day * DAY_MS),
    price: [10, 11, 12, 13],
    curves: [curve],
    ...spanChange,
  };
  return { ...sampleReport(1, { train: 5, validation: 5, test: 5 }), learning: [], spans: [span] };
}

describe('the report page', () => {
  const report = sampleReport();
  const html = renderReport(report);

  it('asks the network for nothing', () => {
    expect(html).not.toMatch(/(src|href)\s*=\s*["']?\s*(https?:)?\/\//i);
    expect(html).not.toMatch(/@import|url\(\s*["']?(https?:)?\/\//i);
    expect(html).not.toMatch(/<(link|img|iframe|object|base)\b/i);
    expect(html).not.toMatch(/\b(fetch|XMLHttpRequest|WebSocket|importScripts)\s*\(|\bimport\s*\(/);
    expect(html).toContain("default-src 'none'");
  });

  it('carries the chart library and a script that parses', () => {
    expect(html).toContain('var uPlot=');
    expect(html).toContain('.u-wrap');
    expect(() => new Function(REPORT_SCRIPT)).not.toThrow();
    expect(html.match(/<script\b/g)).toHaveLength(4);
    expect(html.match(/<\/script>/g)).toHaveLength(4);
  });

  it('says the verdict first, then results, learning, paths and how it was made', () => {
    const places = ['class="verdict"', 'id="metrics"', 'id="learning"', 'id="charts"', 'id="making"'].map(
      (part) => html.indexOf(part),
    );
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(html).toContain('data-tone="no-edge"');
    expect(html).toContain('<strong>No edge found</strong>');
    for (const caveat of report.caveats) expect(html).toContain(caveat);
  });

  it('shows unseen spans before seen ones, the latest first, and marks each', () => {
    expect(embedded(html).spans.map(({ name }) => name)).toEqual(['test', 'validation', 'train']);
    const heads = markup(html).match(/<h3>(test|validation|train)<\/h3><span class="badge[^>]*>[^<]*/g)!;
    expect(heads.map((head) => head.replace(/<[^>]*>/g, ' ').trim())).toEqual([
      ...['test  not seen in training', 'validation  not seen in training', 'train  seen in training'],
      ...['test  not seen in training', 'validation  not seen in training', 'train  seen in training'],
    ]);
  });

  it('gives each trader a row, the agent also its median over seeds', () => {
    const rows = markup(html)
      .split('<table>')[1]
      .split('</table>')[0]
      .match(/<tr class.*?<\/tr>/gs)!;
    expect(rows.map((row) => row.match(/<\/i>([^<]*)/)![1].trim())).toEqual([
      'ppo, median of 5 seeds',
      ...[1, 2, 3, 4, 5].map((seed) => `ppo, seed ${seed}`),
      ...['cash', 'buy-and-hold', 'random, same turnover', 'sma-cross 20/100'],
    ]);
    const totals = rows.map((row) => Number(row.match(/<td>([^<%]*)/)![1].replace('−', '-')));
    expect(totals[0]).toBe(medianOf(totals.slice(1, 6)));
    expect(rows[6]).toContain('<td>–</td>'); // cash has no Sharpe ratio
  });

  it('folds away more seeds than fit', () => {
    expect(html).not.toContain('<tbody class="seeds" hidden>');
    expect(renderReport(sampleReport(11, { train: 5, validation: 5, test: 5 }))).toContain(
      '<tbody class="seeds" hidden>',
    );
  });

  it('leaves out the learning section of an evaluation without training', () => {
    expect(renderReport({ ...report, learning: [] })).not.toContain('id="learning"');
  });

  it('keeps every text from becoming markup', () => {
    const attack = '</script><img src=x onerror="alert(1)">\u2028&\'';
    const base = withCurve({ name: attack }, { name: attack, description: attack });
    const page = renderReport({
      ...base,
      title: attack,
      subtitle: attack,
      verdict: { tone: 'edge', text: attack },
      metrics: [{ key: 'totalReturn', label: attack, format: 'percent' }],
      details: [{ label: attack, value: attack, code: true }],
      caveats: [attack],
    });
    expect(page).not.toContain('<img');
    expect(page.match(/<\/script>/g)).toHaveLength(4);
    expect(embedded(page).spans[0].curves[0].name).toBe(attack);
  });

  it('is the same text for the same report', () => {
    expect(renderReport(sampleReport())).toBe(html);
  });
});

describe('the numbers behind the charts', () => {
  it('are growth of 1 and the fall from the highest equity so far, six significant digits', () => {
    const [span] = embedded(renderReport(withCurve({ equity: [3, 6, 4.5, 7.0000001] }))).spans;
    expect(span.curves[0].growth).toEqual([1, 2, 1.5, 2.33333]);
    expect(span.curves[0].drawdown).toEqual([0, 0, -0.25, 0]);
    expect(span.curves[0].role).toBe('lead');
    expect(span.time).toEqual([0, 86_400, 172_800, 259_200]);
  });

  it('let the seed of median growth stand for the agent', () => {
    const seeds = [5, 1, 3, 2].map((end, i) => ({
      ...{ name: `ppo, seed ${i}`, kind: 'agent' as const, metrics: {}, exposure: [0, 0, 0, 0] },
      equity: [1, 9, 9, end],
    }));
    const [span] = embedded(renderReport(withCurve({}, { curves: seeds }))).spans;
    expect(span.curves.map(({ role }) => role)).toEqual(['seed', 'seed', 'seed', 'lead']);
    expect(span.curves[3].name).toBe('ppo, seed 3 (followed)');
  });

  it('follow one seed through all spans: the median of the one that comes first', () => {
    const spanOf = (name: string, firstDay: number, ends: readonly number[]) => ({
      ...withCurve({}, {}).spans[0],
      name,
      timeMs: [0, 1, 2, 3].map((day) => (firstDay + day) * DAY_MS),
      curves: ends.map((end, i) => ({
        ...{ name: `ppo, seed ${i}`, kind: 'agent' as const, metrics: {}, exposure: [0, 0, 0, 0] },
        equity: [1, 1, 1, end],
      })),
    });
    const spans = [spanOf('validation', 0, [3, 1, 2]), spanOf('test', 9, [1, 2, 3])];
    const roles = embedded(renderReport({ ...withCurve({}), spans })).spans.map(({ curves }) =>
      curves.findIndex(({ role }) => role === 'lead'),
    );
    expect(roles).toEqual([1, 1]);
  });

  it.each([
    ['a day', DAY_MS, true],
    ['more than half a day', DAY_MS / 2 + 1, true],
    ['half a day', DAY_MS / 2, false],
    ['a minute', 60_000, false],
  ])('name bars of %s by their day alone, or not', (_, stepMs, isDaily) => {
    const timeMs = Float64Array.from({ length: 4 }, (_, t) => t * stepMs);
    const page = renderReport(withCurve({}, { timeMs }));
    expect(embedded(page).spans[0].daily).toBe(isDaily);
  });

  it('keep the deepest drawdown of a span too long to draw every bar', () => {
    const numBars = 20_001;
    const flat = new Float64Array(numBars).fill(1);
    const equity = flat.map((_, t) => (t === 10_001 ? 0.4 : 1));
    const timeMs = flat.map((_, t) => t * 60_000);
    const page = renderReport(withCurve({ equity, exposure: flat }, { timeMs, price: flat }));
    const [span] = embedded(page).spans;
    expect(span.numBars).toBe(numBars);
    expect(span.time.length).toBeLessThan(1500);
    expect(span.daily).toBe(false);
    expect(span.time.at(-1)).toBe(20_000 * 60);
    expect(Math.min(...span.curves[0].growth)).toBe(0.4);
    expect(Math.min(...span.curves[0].drawdown)).toBe(-0.6);
    expect(page).toContain('of 20,001 bars drawn, extremes kept');
  });

  it('take the median of seeds that stopped at different steps, without extending any', () => {
    const learning = [
      { seed: 1, steps: [10, 20, 30], meanReturn: [Number.NaN, 2, 3] },
      { seed: 2, steps: [10, 30], meanReturn: [4, 8] },
      { seed: 3, steps: [10, 20], meanReturn: [0, 1] },
    ];
    expect(embedded(renderReport({ ...withCurve({}), learning })).learning).toEqual({
      steps: [10, 20, 30],
      median: [2, 2, 5.5],
      seeds: [
        { seed: 1, values: [null, 2, 3] },
        { seed: 2, values: [4, 6, 8] },
        { seed: 3, values: [0, 1, null] },
      ],
    });
  });

  it('survive embedding in HTML', () => {
    const value = ['</script>', '<!--', '\u2028\u2029', 1.5];
    const text = embedJson(value);
    expect(text).not.toMatch(/[<\u2028\u2029]/);
    expect(JSON.parse(text)).toEqual(value);
  });
});

describe('the metrics table', () => {
  const column = (format: 'percent' | 'number' | 'integer' | 'money', values: number[]) => {
    const write = columnFormat(
      { key: 'x', label: '', format },
      values.map((x) => ({ metrics: { x } })),
    );
    return values.map(write);
  };

  it('writes a column with as many decimals as its largest value calls for', () => {
    expect(column('percent', [-0.0312, 0.5, 0])).toEqual(['−3.1%', '50.0%', '0.0%']);
    expect(column('percent', [0.0004, -0.0001])).toEqual(['0.040%', '−0.010%']);
    expect(column('number', [1.234, -0.001])).toEqual(['1.23', '0.00']);
    expect(column('money', [1234567.8, 12.3])).toEqual(['1,234,568', '12']);
    expect(column('integer', [1234, 7])).toEqual(['1,234', '7']);
  });

  it('shows what is missing as a dash', () => {
    expect(column('number', [Number.NaN, 1])).toEqual(['–', '1.00']);
    expect(columnFormat({ key: 'x', label: '', format: 'money' }, [])(undefined)).toBe('–');
  });
});

describe('a report that cannot be trusted is refused', () => {
  it.each([
    ['report-empty', { ...withCurve({}), spans: [] }],
    ['report-empty', withCurve({}, { curves: [] })],
    ['report-length', withCurve({ exposure: [0, 1] })],
    ['report-length', withCurve({}, { price: [1, 2, 3, 4, 5] })],
    ['report-order', withCurve({}, { timeMs: [0, 2, 1, 3] })],
    ['report-not-finite', withCurve({ equity: [1, Number.NaN, 1, 1] })],
    ['report-not-finite', withCurve({ equity: [0, 1, 1, 1] })],
    ['report-length', { ...withCurve({}), learning: [{ seed: 1, steps: [1, 2], meanReturn: [1] }] }],
  ])('%s', (code, report) => {
    expect(() => renderReport(report)).toThrow(expect.objectContaining({ code }));
  });
});
