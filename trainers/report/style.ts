/** Holds the page's style sheet: both colour schemes, the tables, the charts and the printed form. */

const LIGHT = `
  --paper: #ffffff; --ink: #1a1f26; --muted: #5d6773; --faint: #8a94a0; --rule: #dde2e7; --grid: #eceff2; --wash: #f5f7f9;
  --agent: #0a5fb4; --baseline-1: #858d97; --baseline-2: #d1590d; --baseline-3: #b0559b; --baseline-4: #0c8a68;
  --baseline-5: #a8820a; --baseline-6: #3aa0d4; --edge: #0c7a5c; --no-edge: #5d6773; --worse: #b8470a;
  --gain: #2f9e77; --loss: #d0603f;`;

const DARK = `
  --paper: #13171c; --ink: #e3e7ec; --muted: #9aa5b1; --faint: #717c88; --rule: #2c333b; --grid: #20262d; --wash: #1a1f26;
  --agent: #5fabf5; --baseline-1: #8d97a3; --baseline-2: #f0894a; --baseline-3: #d68bc8; --baseline-4: #3fbd97;
  --baseline-5: #d5b04a; --baseline-6: #8fcdf0; --edge: #3fbd97; --no-edge: #9aa5b1; --worse: #f0894a;
  --gain: #2a8f6c; --loss: #b9583a;`;

/** The sheet's text; the class `printing` on the root forces the light scheme, also for the canvases. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root:not(.printing) { ${DARK} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 36px 32px 56px; }
h1, h2, h3, p, dl, dd, ul, figure { margin: 0; padding: 0; }
h1 { font-size: 26px; line-height: 1.2; letter-spacing: -0.01em; text-wrap: balance; }
h2 { font-size: 18px; line-height: 1.3; }
h3 { font-size: 15px; line-height: 1.4; }
section > h3 { margin-top: 20px; }
section > ul { margin-top: 4px; padding-left: 18px; font-size: 14px; line-height: 22px; }
.subtitle { margin-top: 6px; max-width: 80ch; color: var(--muted); text-wrap: pretty; }
section { margin-top: 44px; }
section > h2 { padding-bottom: 8px; border-bottom: 1px solid var(--rule); }

.verdict { margin-top: 24px; padding: 16px 22px 18px; background: var(--wash); border-left: 4px solid var(--tone); }
.verdict[data-tone="edge"] { --tone: var(--edge); }
.verdict[data-tone="no-edge"] { --tone: var(--no-edge); }
.verdict[data-tone="worse"] { --tone: var(--worse); }
.verdict strong { display: block; font-size: 24px; line-height: 1.25; color: var(--tone); }
.verdict[data-tone="no-edge"] strong { color: var(--ink); }
.verdict p { font-size: 17px; line-height: 1.5; max-width: 96ch; text-wrap: pretty; }
.verdict strong + p { margin-top: 4px; }

.span-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 10px; margin-top: 22px; }
.span-head h3 { text-transform: capitalize; }
.first > .span-head h3 { font-size: 17px; }
.badge { padding: 0 7px; border: 1px solid var(--rule); border-radius: 3px; font-size: 12px; line-height: 18px; color: var(--muted); }
.badge.unseen { border-color: var(--agent); color: var(--agent); font-weight: 600; }
.span-head .when { font-variant-numeric: tabular-nums; color: var(--muted); font-size: 13px; }
.span-head p { flex-basis: 100%; color: var(--muted); font-size: 13px; }

.table-scroll { margin-top: 8px; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 13px; line-height: 18px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 0 4px 16px; text-align: right; white-space: nowrap; }
thead th { vertical-align: bottom; padding-bottom: 5px; font-size: 12px; font-weight: 500; line-height: 15px;
  color: var(--muted); white-space: normal; min-width: 76px; border-bottom: 1px solid var(--ink); }
th:first-child { position: sticky; left: 0; width: 100%; padding-left: 0; padding-right: 8px; background: var(--paper); text-align: left; }
tbody th { font-weight: 400; }
tbody th:first-child { padding-left: 20px; text-indent: -20px; }
tbody tr:last-child > * { border-bottom: 1px solid var(--rule); }
tbody:has(+ .seeds:not([hidden])) tr > * { border-bottom: 0; }
tr.lead > * { font-weight: 650; }
tr.seed > * { padding-top: 1px; padding-bottom: 1px; color: var(--muted); }
tr.seed:last-child > * { padding-bottom: 5px; }
tbody tr.seed th:first-child { padding-left: 36px; }
tr.seed .swatch { opacity: 0.45; height: 2px; }
tbody tr:hover > * { background: var(--wash); }
.swatch { display: inline-block; width: 12px; height: 3px; margin-right: 8px; border-radius: 1px; vertical-align: middle;
  position: relative; top: -1px; }
.hidden-label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

button, select { font: inherit; font-size: 12px; color: var(--muted); background: none; border: 1px solid var(--rule);
  border-radius: 3px; padding: 2px 8px; min-width: 24px; min-height: 24px; line-height: 18px; cursor: pointer; }
select { background: var(--paper); padding: 0 2px; height: 24px; max-width: 100%; }
button:hover, select:hover { color: var(--ink); border-color: var(--faint); }
button[aria-pressed="true"].switch { color: var(--paper); background: var(--muted); border-color: var(--muted); }
:focus-visible { outline: 2px solid var(--agent); outline-offset: 1px; }
.fold { margin-left: 6px; font-weight: 400; text-indent: 0; }
.fold::after { content: " +"; }
.fold[aria-expanded="true"]::after { content: " −"; }

.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 12px 40px; }
.charts > .first, .charts > :only-child { grid-column: 1 / -1; }
.note { margin-top: 8px; color: var(--muted); font-size: 13px; }
figure { margin-top: 12px; min-width: 0; break-inside: avoid; }
figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 8px; font-size: 13px; line-height: 20px; }
figcaption b { font-weight: 600; }
figcaption span { color: var(--muted); }
figcaption .tools { margin-left: auto; display: flex; gap: 10px; color: var(--muted); font-variant-numeric: tabular-nums; }
.readout { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--cell, 250px)), 1fr)); gap: 0 20px;
  margin: 8px 0 0; font-size: 12px; line-height: 19px; font-variant-numeric: tabular-nums; }
.readout button { display: flex; align-items: center; min-width: 0; min-height: 24px; padding: 0; border: 0; font-size: 12px; line-height: 19px;
  color: var(--ink); text-align: left; }
.readout button .swatch { flex: none; top: -4px; margin-right: 6px; }
.readout button:is(.seed, .range) .swatch { height: 2px; opacity: 0.45; }
.readout button b { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 400; }
.readout button.lead b { font-weight: 650; }
.readout button:hover b { text-decoration: underline; text-underline-offset: 3px; }
.readout button[aria-pressed="false"] { opacity: 0.4; }
.readout button[aria-pressed="false"] b { text-decoration: line-through; }
.readout output { padding-left: 8px; text-align: right; white-space: nowrap; }
.readout output + output { min-width: 7ch; padding-left: 4px; color: var(--muted); }
.plot { margin-top: 4px; }
.plot.tall { height: 300px; }
.tear { margin-top: 14px; border-top: 1px solid var(--rule); }
.tear > summary { padding: 8px 0; min-height: 24px; font-size: 15px; font-weight: 600; cursor: pointer; }
.tear h3 { margin-top: 16px; }
.tear td, .tear tbody th { padding-top: 3px; padding-bottom: 3px; }
.tear table th:first-child { width: auto; padding-left: 0; text-indent: 0; }
.tear .model th, .tear .model td { padding-left: 8px; }
.tear .model th:first-child { padding-left: 0; text-align: left; }
.tear .facts { grid-template-columns: max-content minmax(0, 1fr); }
.months th, .months td { padding: 3px 6px; text-align: right; }
.months th:first-child { width: auto; text-align: left; }
.months thead th { min-width: 0; }
.months .sum { font-weight: 600; border-left: 1px solid var(--rule); }
.trips th:first-child { text-align: left; }
.trips thead th { padding-bottom: 2px; white-space: nowrap; }
.trips thead button { padding: 2px 4px; border-color: transparent; font-weight: 500; }
.trips thead th[aria-sort] button { color: var(--ink); }
.trips thead th[aria-sort="ascending"] button::after { content: " ↑"; }
.trips thead th[aria-sort="descending"] button::after { content: " ↓"; }
.picture { display: block; width: 100%; max-width: 420px; height: auto; margin-top: 8px; }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 10px; }
.plot .uplot { font: inherit; }
.plot .u-select { background: color-mix(in srgb, var(--agent) 14%, transparent); }
.plot .u-hz .u-cursor-x { border-right: 1px solid var(--faint); }

.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); margin-top: 12px; font-size: 13px; line-height: 20px; }
.facts dt { padding: 4px 24px 4px 0; color: var(--muted); }
.facts dd { padding: 4px 0; overflow-wrap: anywhere; }
.facts > :nth-child(n + 3) { border-top: 1px solid var(--grid); }
.facts code { font: 12px/18px ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; white-space: pre-wrap; }
.caveats { margin-top: 20px; }
.caveats ul { margin-top: 6px; padding-left: 18px; font-size: 14px; max-width: 90ch; }
.caveats li { margin: 3px 0; overflow-wrap: anywhere; }

.model { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 12px 40px; align-items: start; }
.model .facts { margin-top: 0; }
.model h3 { margin-top: 16px; }
.model thead th { min-width: 0; }
.model th, .model td { padding-left: 10px; }
.legend { display: flex; flex-wrap: wrap; gap: 0 14px; font-size: 12px; line-height: 19px; }
.legend .swatch { margin-right: 6px; }
.matrix td { text-align: center; background: color-mix(in srgb, var(--agent) calc(var(--share) * 70%), var(--paper)); }
.matrix td.strong { color: var(--paper); }
.bars { margin-top: 8px; font-size: 12px; line-height: 20px; font-variant-numeric: tabular-nums; }
.bars div { display: grid; grid-template-columns: minmax(90px, 1fr) 3fr minmax(72px, max-content); gap: 0 10px; align-items: center; }
.bars i { display: block; height: 8px; background: var(--agent); }
.bars i.against { background: var(--baseline-2); }
.bars output { text-align: right; }

@media (max-width: 800px) {
  main { padding: 24px 16px 40px; }
  .charts { grid-template-columns: minmax(0, 1fr); }
  .facts { grid-template-columns: minmax(0, 1fr); }
  .tear .facts { grid-template-columns: max-content minmax(0, 1fr); }
  .tear table th:first-child { min-width: 0; max-width: none; white-space: nowrap; }
  .facts dt { padding-bottom: 0; }
  .facts dd { padding-top: 0; }
  .facts > :nth-child(n + 3) { border-top: 0; }
  .facts > dt:nth-child(n + 3) { border-top: 1px solid var(--grid); }
  .verdict { padding: 14px 16px; }
  .verdict strong { font-size: 21px; }
  .verdict p { font-size: 16px; }
  .table-scroll { margin-right: -16px; padding-right: 16px; }
  th:first-child { width: auto; min-width: 128px; max-width: 150px; white-space: normal; }
  .fold { margin-left: 0; }
}
@media print {
  @page { margin: 14mm 12mm; }
  :root { ${LIGHT} }
  body { font-size: 12px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  section { margin-top: 24px; }
  h2, .span-head { break-after: avoid; }
  table { font-size: 9.5px; line-height: 13px; }
  thead th { font-size: 9px; line-height: 11px; min-width: 0; }
  th, td { padding-left: 6px; }
  tr { break-inside: avoid; }
  .charts { grid-template-columns: minmax(0, 1fr); }
  .tools button, .fold, .note.live, .buttons { display: none; }
}
`;
