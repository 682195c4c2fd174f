/** Builds the page of a session: one document with everything in it, which asks nobody but the session itself. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LiveError } from '../../core/errors.ts';
import { DENIAL_SENTENCES } from './denials.ts';
import { OPS_CHARTS } from './page-charts.ts';
import { OPS_SCRIPT } from './page-script.ts';
import { OPS_STYLE } from './page-style.ts';
import type { OpsHistory, OpsState } from './view.ts';

const require = createRequire(import.meta.url);
const library = (file: string) => readFileSync(require.resolve(file), 'utf8');
/** A file that its package does not export: it is looked for where Node looks for packages. */
function unexported(file: string): string {
  const [name] = file.split('/');
  const folder = require.resolve.paths(name)?.find((path) => existsSync(join(path, file)));
  if (folder !== undefined) return readFileSync(join(folder, file), 'utf8');
  throw new LiveError('missing-library', `"${file}" is not installed; run npm install again.`);
}

const STYLES = [library('uplot/dist/uPlot.min.css'), OPS_STYLE];
const SCRIPTS = [
  library('uplot/dist/uPlot.iife.min.js'),
  unexported('lightweight-charts/dist/lightweight-charts.standalone.production.js'),
  `const DENIALS = ${JSON.stringify(DENIAL_SENTENCES)};`,
  OPS_CHARTS,
  OPS_SCRIPT,
];

const hashes = (texts: readonly string[]) =>
  texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ');

/** Only these very scripts and styles run, and they reach only the server that sent them. */
export const OPS_PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hashes(SCRIPTS)}`,
  `style-src ${hashes(STYLES)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const table = (id: string, caption: string, columns: readonly string[], empty: string): string => `
<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table id="${id}"><caption>${caption}</caption>
<thead><tr>${columns.map((column) => `<th scope="col">${column}</th>`).join('')}</tr></thead>
<tbody><tr><td class="empty" colspan="${columns.length}">${empty}</td></tr></tbody></table></div>`;

/** The whole document. */
export const OPS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>market-gym live, on paper</title>
<link rel="icon" href="data:,">
${STYLES.map((text) => `<style>${text}</style>`).join('\n')}
</head>
<body>
<header>
<div class="name"><h1>market-gym <span id="mode">live</span></h1><p id="markets"></p></div>
<p class="badges"><span class="badge" id="paper" data-tone="good">paper</span><span class="badge" id="link" data-tone="wait">connecting</span><span class="badge" id="guard" data-tone="wait">guard unknown</span></p>
<button type="button" id="halt" disabled>Halt trading</button>
</header>
<main>
<p id="notice" role="alert" hidden></p>
<p id="news" class="unseen" role="status"></p>
<section aria-labelledby="equity-title">
<div class="headline"><h2 id="equity-title">Equity</h2><p><strong id="equity">–</strong> <span id="gain"></span></p></div>
<div id="chart" role="img" aria-label="Equity over time"></div>
</section>
<section aria-labelledby="position-title"><h2 id="position-title">Position</h2><dl id="position" class="facts"></dl></section>
<section aria-labelledby="session-title"><h2 id="session-title">Session</h2><dl id="session" class="facts"></dl></section>
<section aria-labelledby="price-title" class="wide"><h2 id="price-title">Price</h2>
<div id="price" role="img" aria-label="No price yet"></div>
<p id="legend" class="note"></p>
</section>
<section aria-labelledby="inventory-title" class="wide" id="inventory-part" hidden><h2 id="inventory-title">Inventory</h2>
${table('inventory', 'Balances at each venue', ['Venue', 'Base', 'Quote'], 'No balance yet.')}
</section>
<section aria-labelledby="trades-title" class="wide"><h2 id="trades-title">Round trips and costs</h2>
<dl id="totals" class="facts tiles"></dl>
${table('trades', 'Latest round trips, newest first', ['Closed, UTC', 'Direction', 'Size', 'Held', 'Profit after costs'], 'No round trip is over yet.')}
</section>
<section aria-labelledby="denials-title" class="wide"><h2 id="denials-title">Denied by the guard</h2>
<ul id="denials" class="plain"><li class="empty">Nothing was denied.</li></ul>
</section>
<section aria-labelledby="venues-title" class="wide"><h2 id="venues-title">Venues</h2>
${table('venues', 'Health of each venue', ['Venue', 'Book', 'Connection', 'Frames', 'Rejected', 'Losses', 'Resyncs', 'Last heard'], 'No venue yet.')}
</section>
<section aria-labelledby="decisions-title" class="wide"><h2 id="decisions-title">Decisions</h2>
${table('decisions', 'Latest decisions, newest first', ['Time, UTC', 'No.', 'Action', 'Ruling', 'Reason', 'Exposure before', 'Exposure after', 'Equity'], 'No decision yet.')}
</section>
<section aria-labelledby="events-title" class="wide"><h2 id="events-title">Orders, fills and events</h2>
${table('events', 'Latest orders, fills and events, newest first', ['Time, UTC', 'What', 'Where', 'Detail'], 'Nothing yet.')}
</section>
</main>
<dialog id="confirm" aria-labelledby="confirm-title">
<h2 id="confirm-title">Halt trading?</h2>
<p>What is open is closed at the next decision, and nothing else is sent. Only a new session trades again.</p>
<label for="reason">Reason, for the tape</label>
<input id="reason" maxlength="200" value="by hand" autocomplete="off">
<p id="refused" role="alert"></p>
<div class="buttons"><button type="button" id="cancel">Keep trading</button><button type="button" id="really">Halt now</button></div>
</dialog>
<footer><p>Orders stay on paper: nothing is sent to a venue. Charts: TradingView Lightweight Charts™ (Apache-2.0) and uPlot.</p></footer>
<noscript>This page needs JavaScript; /state and /metrics do not.</noscript>
${SCRIPTS.map((text) => `<script>${text}</script>`).join('\n')}
</body>
</html>
`;

/** The same page with the end of a session in it: it asks nobody for anything. */
export function renderEndedPage(state: OpsState, history: OpsHistory, summary: object | undefined): string {
  // In a script element only "<" could end it.
  const json = JSON.stringify({ kind: 'end', state, history, summary: summary ?? null }).replaceAll(
    '<',
    '\\u003c',
  );
  return OPS_PAGE.replace(
    '<noscript>',
    () => `<script type="application/json" id="ended">${json}</script>\n<noscript>`,
  );
}
