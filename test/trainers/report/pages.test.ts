/** Pages of figures: what stands on them. */
import { expect, test } from 'vitest';
import { renderUpdatePage } from '../../../trainers/report/pages/update.ts';
import { samplePriorPage } from '../../system/report-pages.ts';

interface Embedded {
  readonly figures: readonly {
    readonly x: number[];
    readonly lines: readonly { readonly name: string; readonly look: string; readonly values: number[] }[];
  }[];
}
const embedded = (html: string): Embedded =>
  JSON.parse(html.match(/<script type="application\/json" id="report-data">(.*?)<\/script>/s)![1]);

test('the page of priors has a row an arm and seed, and draws the median seed of each beside buy-and-hold', () => {
  const html = samplePriorPage();
  for (const name of ['buy-and-hold', 'prior only', 'agent only', 'columns', 'columns + pull'])
    expect(html).toContain(`<th scope="row">${name}</th>`);
  const [equity, exposure] = embedded(html).figures;
  expect(equity.lines.map(({ name, look }) => [name, look])).toEqual([
    ['agent only', 'line'],
    ['columns', 'line'],
    ['columns + pull', 'line'],
    ['buy-and-hold', 'dashed'],
  ]);
  expect(equity.lines.every(({ values }) => values[0] === 1)).toBe(true);
  expect(exposure.lines).toHaveLength(1);
});

test('the page of an update says what was decided and what the gate measured, in words', () => {
  const html = renderUpdatePage({
    ...{ champion: 'a@1', challenger: 'a@2', decision: 'promote', reasons: ['it earned more'] },
    evidence: {
      fromMs: Date.UTC(2024, 0, 2),
      meanDifferenceBps: -1.25,
      periods: -3,
      series: [1, 2],
      known: true,
    },
    ...{ trials: ['Trials: <2>.'], details: [] },
  });
  expect(html).toContain('<strong>Promoted</strong><p>It earned more.</p>');
  expect(html).toContain('<th scope="row">from</th><td>2024-01-02</td>');
  expect(html).toContain('<th scope="row">mean difference, bp</th><td>−1.2500</td>');
  expect(html).toContain('<th scope="row">periods</th><td>−3</td>');
  expect(html).toContain('<th scope="row">known</th><td>yes</td>');
  expect(html).not.toContain('<th scope="row">series');
  expect(html).toContain('Trials: &lt;2&gt;.');
  expect(html).not.toContain('<script');
});
