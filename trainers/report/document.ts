/** Renders the section of a report on a supervised model: its figures, confusion matrix, curves and importances. */
import { escapeHtml } from './html.ts';
import type { ReportModel, ReportModelChart } from './report.ts';

const MAX_BARS = 20;

/** The page's colour variables of a chart's lines, in turn. */
const LINE_COLOURS = [
  '--agent',
  '--baseline-2',
  '--baseline-4',
  '--baseline-3',
  '--baseline-5',
  '--baseline-6',
] as const;

export function lineColour(index: number): string {
  return LINE_COLOURS[index % LINE_COLOURS.length];
}

/** Empty where the report has no model. */
export function modelSection({ model }: { readonly model?: ReportModel }): string {
  if (model === undefined) return '';
  const { description, figures, classes, confusion, curves } = model;
  const facts = figures.map(
    ({ label, value }) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd>`,
  );
  const charts = curves.map(
    ({ title, explanation, lines }, i) =>
      `<figure data-curves="${i}"><figcaption><b>${escapeHtml(title)}</b><span>${escapeHtml(explanation)}</span></figcaption>${legend(lines)}<div class="plot"></div></figure>`,
  );
  return `<section id="model">
<h2>Predictions</h2>
<p class="note">${escapeHtml(description)}</p>
<div class="model">
<div><h3>Figures</h3><dl class="facts">${facts.join('\n')}</dl></div>
${classes === undefined ? '' : `<div><h3>Classes</h3>${table(classes.head, classes.rows)}</div>`}
${confusion === undefined ? '' : `<div><h3>Confusion</h3>${matrix(confusion)}</div>`}
${importanceBars(model)}
</div>
<div class="model">${charts.join('\n')}</div>
</section>`;
}

function legend(lines: ReportModelChart['lines']): string {
  const names = lines.map(
    ({ name }, i) =>
      `<span><i class="swatch" style="background:var(${lineColour(i)})"></i>${escapeHtml(name)}</span>`,
  );
  return `<div class="legend">${names.join('')}</div>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const body = rows.map(
    ([name, ...cells]) =>
      `<tr><th scope="row">${escapeHtml(name)}</th>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`,
  );
  return `<div class="table-scroll" tabindex="0"><table><thead><tr>${head
    .map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`)
    .join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

/** Cells are shaded by their share of the true class. */
function matrix({ classNames, counts }: NonNullable<ReportModel['confusion']>): string {
  const rows = counts.map((row, truth) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count) => {
      const share = support === 0 ? 0 : count / support;
      return `<td style="--share:${share.toFixed(3)}"${share > 0.6 ? ' class="strong"' : ''}>${count}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(classNames[truth])}</th>${cells.join('')}</tr>`;
  });
  const head = ['true \\ named', ...classNames].map((name) => `<th scope="col">${escapeHtml(name)}</th>`);
  return `<div class="table-scroll" tabindex="0"><table class="matrix"><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function importanceBars({ importance, importanceUnit }: ReportModel): string {
  if (importance.length === 0) return '';
  const shown = importance.slice(0, MAX_BARS);
  const most = Math.max(...shown.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  const bars = shown.map(({ name, value }) => {
    const width = ((100 * Math.abs(value)) / most).toFixed(1);
    const look = value < 0 ? ' class="against"' : '';
    return `<div><span>${escapeHtml(name)}</span><i${look} style="width:${width}%"></i><output>${value.toPrecision(3).replace('-', '−')}</output></div>`;
  });
  return `<div><h3>Importance</h3><p class="note">${escapeHtml(importanceUnit)}</p><div class="bars">${bars.join('\n')}</div></div>`;
}
