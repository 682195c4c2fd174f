/** Holds the style sheet of the session's page, in both colour schemes. */

const LIGHT = `--paper: #ffffff; --ink: #1a1f26; --muted: #5d6773; --rule: #dde2e7; --grid: #eceff2; --wash: #f5f7f9;
  --line: #0a5fb4; --second: #b45309; --third: #7c3aed; --fourth: #0f766e; --good: #0c7a5c; --warn: #8a6100; --bad: #b3261e; --on-bad: #ffffff;`;
const DARK = `--paper: #13171c; --ink: #e3e7ec; --muted: #9aa5b1; --rule: #2c333b; --grid: #20262d; --wash: #1a1f26;
  --line: #5fabf5; --second: #f0a04b; --third: #b79cf7; --fourth: #4fd1c5; --good: #3fbd97; --warn: #d5b04a; --bad: #ff8a80; --on-bad: #13171c;`;

export const OPS_STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1, h2, p, dl, dd { margin: 0; }
h1 { font-size: 20px; line-height: 1.3; letter-spacing: -0.01em; }
h1 span { font-weight: 400; color: var(--muted); }
h2 { font-size: 16px; line-height: 1.4; }
header { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; align-items: center; gap: 6px 16px;
  padding: 12px max(24px, calc((100% - 1200px) / 2 + 24px)); background: var(--paper); border-bottom: 1px solid var(--rule); }
.name { margin-right: auto; min-width: 0; }
#markets { color: var(--muted); font-size: 13px; }
.badges { display: flex; flex-wrap: wrap; gap: 6px; }
.badge { padding: 1px 10px; border: 1px solid var(--tone); border-radius: 20px; color: var(--tone); font-size: 13px; font-weight: 600; }
[data-tone="good"] { --tone: var(--good); }
[data-tone="warn"], [data-tone="wait"] { --tone: var(--warn); }
[data-tone="bad"] { --tone: var(--bad); }
td[data-tone] { color: var(--tone); font-weight: 600; }
main { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr); gap: 32px 40px; max-width: 1200px; margin: 0 auto; padding: 24px 24px 56px; }
main > section:first-of-type { grid-row: span 2; display: flex; flex-direction: column; }
.wide, #notice { grid-column: 1 / -1; }
#notice { padding: 10px 16px; border-left: 4px solid var(--bad); background: var(--wash); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.headline { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 16px; }
#equity { font-size: 24px; line-height: 1.2; font-variant-numeric: tabular-nums; }
#gain { font-variant-numeric: tabular-nums; color: var(--muted); }
#gain[data-tone] { color: var(--tone); font-weight: 600; }
#chart { position: relative; flex: 1; min-height: 300px; margin-top: 8px; overflow: hidden; }
.uplot { position: absolute; font: inherit; }
#price { height: 360px; margin-top: 8px; overflow: hidden; }
.note { color: var(--muted); font-size: 13px; margin-top: 4px; }
.note span { margin-right: 14px; }
.note span::before { content: ""; display: inline-block; width: 12px; height: 3px; margin-right: 6px; vertical-align: middle; background: currentColor; }
.note .a { color: var(--line); } .note .b { color: var(--second); } .note .c { color: var(--third); } .note .d { color: var(--fourth); }
.note .plain::before { display: none; }
.plain { list-style: none; padding: 0; margin: 4px 0 0; font-size: 14px; }
.plain li { padding: 4px 0; border-bottom: 1px solid var(--grid); }
.plain strong { font-variant-numeric: tabular-nums; }
footer { max-width: 1200px; margin: 0 auto; padding: 0 24px 32px; color: var(--muted); font-size: 13px; }
.facts { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); font-size: 14px; margin-top: 4px; }
.facts dt, .facts dd { padding: 4px 0; border-bottom: 1px solid var(--grid); }
.facts dt { color: var(--muted); }
.facts dd { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tiles { grid-template-columns: repeat(6, minmax(0, 1fr)); column-gap: 0; }
.tiles dd { padding-right: 24px; } .tiles dt { padding-left: 0; }
.scroll { overflow: auto; max-height: 420px; margin-top: 4px; }
#decisions, #events { min-width: 640px; }
table { width: 100%; border-collapse: collapse; font-size: 13px; line-height: 20px; font-variant-numeric: tabular-nums; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 4px 16px 4px 0; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--grid); }
thead th { position: sticky; top: 0; background: var(--paper); box-shadow: 0 1px var(--ink); border-bottom: 0; color: var(--muted); font-weight: 500; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; }
#events td:last-child { width: 100%; white-space: normal; overflow-wrap: anywhere; }
.empty { color: var(--muted); }
button, input { font: inherit; color: inherit; background: none; border: 1px solid var(--rule); border-radius: 4px; padding: 5px 14px; }
button { cursor: pointer; }
button:hover:enabled { border-color: var(--ink); }
button:disabled { opacity: 0.5; cursor: default; }
#halt, #really { border-color: var(--bad); color: var(--bad); font-weight: 600; }
#halt:hover:enabled, #really { background: var(--bad); color: var(--on-bad); }
:focus-visible { outline: 2px solid var(--line); outline-offset: 2px; }
dialog { width: min(440px, calc(100% - 32px)); padding: 22px 24px; background: var(--paper); color: var(--ink); border: 1px solid var(--rule); border-radius: 8px; }
dialog::backdrop { background: rgb(0 0 0 / 0.5); }
dialog p { margin: 8px 0 12px; }
dialog label { display: block; font-size: 13px; color: var(--muted); }
dialog input { width: 100%; }
#refused { color: var(--bad); min-height: 1.5em; }
.buttons { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 8px; }
@media (max-width: 800px) {
  header { padding: 10px 16px; }
  main { grid-template-columns: minmax(0, 1fr); gap: 24px; padding: 16px 16px 40px; }
  main > section:first-of-type { grid-row: auto; }
  #chart { min-height: 220px; }
  #price { height: 300px; }
  .tiles { grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); }
  .tiles dd { padding-right: 0; }
  footer { padding: 0 16px 24px; }
}
`;
