/** Holds as text the program that runs in the session's page: it is inlined, never imported. */

/**
 * Follows `/stream` and shows what comes. Everything that is shown goes through `textContent`: a venue's words are never
 * markup. Plain browser JavaScript with uPlot as a global.
 */
export const OPS_SCRIPT = String.raw`
(() => {
  'use strict';
  const MAX_ROWS = 50;
  const MAX_POINTS = 4000;
  const RETRY_MS = 1000;
  const at = (id) => document.getElementById(id);
  const token = new URLSearchParams(location.search).get('token');
  const NO_CANDLES = { intervalMs: 0, timeMs: [], open: [], high: [], low: [], close: [] };
  const NO_LINES = { timeMs: [], values: [] };
  const state = { now: null, decisions: [], events: [], times: [], equity: [], dirty: false, ended: null, trades: [],
    prices: { candles: NO_CANDLES, lines: NO_LINES, exposure: NO_LINES, fills: [] } };

  // Numbers and times

  const minus = (text) => text.replace('-', '\u2212');
  const number = (value, digits) => value == null ? '\u2013'
    : minus(value.toLocaleString('en-US', {
      maximumFractionDigits: digits, minimumFractionDigits: digits, signDisplay: 'negative' }));
  const plain = (value) => value == null ? '\u2013'
    : minus(Number(value.toPrecision(7)).toLocaleString('en-US', { maximumFractionDigits: 8, signDisplay: 'negative' }));
  const percent = (value) => value == null ? '\u2013' : number(100 * value, 2) + ' %';
  const currency = (side) => state.now === null ? '' : state.now.currency[side];
  const money = (value) => value == null ? '\u2013' : (number(value, 2) + ' ' + currency('quote')).trim();
  const amount = (value) => value == null ? '\u2013' : (plain(value) + ' ' + currency('base')).trim();
  const priced = (value) => value == null ? '\u2013' : (plain(value) + ' ' + currency('quote')).trim();
  /** What the numbers of positions, orders and fills are in. */
  const UNITS = { position: amount, size: amount, filled: amount, baseChange: amount, base: amount, cash: money, fee: money,
    fees: money, notional: money, cashChange: money, interestSettled: money, slippage: money, equity: money, initialEquity: money,
    price: priced, mid: priced, limit: priced, entryPrice: priced, exposure: percent, targetExposure: percent, drawdown: percent,
    side: (value) => value > 0 ? 'buy' : 'sell' };
  const shown = (key, value) => typeof value !== 'number' ? String(value) : UNITS[key] ? UNITS[key](value) : plain(value);
  const actionText = (action) => typeof action === 'number'
    ? (state.now && state.now.actions && state.now.actions[action]) || String(action)
    : action.map((part) => number(part, 3)).join(' ');
  const heldFor = (ms) => ms < 120000 ? (ms / 1000).toFixed(1) + ' s' : ms < 7200000 ? Math.round(ms / 60000) + ' min' : (ms / 3600000).toFixed(1) + ' h';
  const time = (ms) => new Date(ms).toISOString().slice(11, 23);
  const ago = (ms) => ms < 1000 ? 'now' : ms < 120000 ? Math.round(ms / 1000) + ' s ago'
    : ms < 7200000 ? Math.round(ms / 60000) + ' min ago'
    : ms < 172800000 ? Math.round(ms / 3600000) + ' h ago' : Math.round(ms / 86400000) + ' days ago';
  const words = (name) => name.replace(/[A-Z]/g, (letter) => ' ' + letter.toLowerCase()).replaceAll('-', ' ');
  const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);
  const detailText = (detail) => detail == null ? '' : typeof detail !== 'object' ? String(detail)
    : Object.entries(detail).filter(([key, value]) => key !== 'timeMs' && typeof value !== 'object')
      .map(([key, value]) => /Ms$/.test(key) && value > 1e12 ? words(key.slice(0, -2)) + ' ' + time(value)
        : words(key) + ' ' + shown(key, value)).join(', ');

  // Parts of the page

  function set(id, text, tone) {
    const element = at(id);
    if (element.textContent !== text) element.textContent = text;
    if (tone) element.dataset.tone = tone; else delete element.dataset.tone;
  }

  /** Told to those who cannot see it: changes alone, not every number. */
  let announced = '';
  function announce(text) {
    if (text === announced) return;
    announced = text;
    at('news').textContent = text;
  }

  function facts(id, entries) {
    const list = at(id);
    while (list.children.length > 2 * entries.length) list.lastChild.remove();
    entries.forEach(([name, value], i) => {
      if (list.children.length <= 2 * i) list.append(document.createElement('dt'), document.createElement('dd'));
      const [term, description] = [list.children[2 * i], list.children[2 * i + 1]];
      if (term.textContent !== name) term.textContent = name;
      if (description.textContent !== value) description.textContent = value;
    });
  }

  /** A cell: text, or [text, tone]; numbers are set to the right by their columns. */
  function rows(id, cells, numeric) {
    if (cells.length === 0) return;
    const body = at(id).tBodies[0];
    if (body.querySelector('.empty')) {
      body.replaceChildren();
      numeric.forEach((column) => at(id).tHead.rows[0].cells[column].classList.add('number'));
    }
    while (body.rows.length > cells.length) body.deleteRow(-1);
    cells.forEach((row, i) => {
      const line = body.rows[i] || body.insertRow();
      row.forEach((cell, j) => {
        const place = line.cells[j] || line.insertCell();
        const [text, tone] = Array.isArray(cell) ? cell : [cell];
        if (place.textContent !== text) place.textContent = text;
        if (tone) place.dataset.tone = tone; else delete place.dataset.tone;
        if (numeric.includes(j)) place.className = 'number';
      });
    });
  }

  // The chart

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const host = at('chart');
  const size = () => ({ width: host.clientWidth, height: host.clientHeight });
  const axis = (more) => Object.assign({
    stroke: () => colour('--muted'), ticks: { show: false }, font: '12px system-ui, sans-serif',
    grid: { stroke: () => colour('--grid'), width: 1 },
  }, more);
  const clock = (plot, splits, axis, space, step) => splits.map((seconds) =>
    new Date(seconds * 1000).toISOString().slice(11, step < 60 ? 19 : 16));
  const moneyTicks = (plot, splits) => {
    const step = splits.length > 1 ? splits[1] - splits[0] : 1;
    const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
    return splits.map((value) => number(value, digits));
  };
  const chart = new uPlot(Object.assign(size(), {
    legend: { show: false }, padding: [8, 12, 0, 0], cursor: { y: false, drag: { setScale: false } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
    scales: { y: { range: (plot, low, high) => {
      const pad = 0.05 * (high - low) || 1e-3 * Math.abs(high) || 1;
      return [low - pad, high + pad];
    } } },
    series: [{}, { stroke: () => colour('--line'), width: 2, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) }],
    axes: [axis({ size: 28, space: 80, values: clock }), axis({ size: 84, space: 32, values: moneyTicks })],
  }), [[], []], host);
  new ResizeObserver(() => chart.setSize(size())).observe(host);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.redraw());

  function addPoint(timeMs, equity) {
    const { times } = state;
    const seconds = timeMs / 1000;
    if (seconds <= times[times.length - 1]) { state.equity[times.length - 1] = equity; return; }
    times.push(seconds);
    state.equity.push(equity);
    if (times.length <= MAX_POINTS) return;
    const kept = (value, i) => i % 2 === 0 || i >= MAX_POINTS - 200;
    state.times = times.filter(kept);
    state.equity = state.equity.filter(kept);
  }

  const prices_ = priceChart(at('price'), colour);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { prices_.restyle(); soon(); });

  function takeHistory(history) {
    state.decisions = history.decisions;
    state.events = history.events;
    state.trades = history.trades;
    state.times = history.equity.timeMs.map((ms) => ms / 1000);
    state.equity = history.equity.equity;
    const { candles, lines, exposure, fills } = history;
    state.prices = { candles, lines, exposure, fills };
  }

  /** Of another length than before, the candles are asked for anew. */
  let isAsking = false;
  function takeCandles(tail) {
    const { candles } = state.prices;
    if (candles.intervalMs !== tail.intervalMs && candles.timeMs.length > 0) { void askHistory(); return; }
    if (tail.timeMs.length === 0) return;
    const kept = candles.timeMs.findIndex((ms) => ms >= tail.timeMs[0]);
    const end = kept < 0 ? candles.timeMs.length : kept;
    const joined = { intervalMs: tail.intervalMs };
    for (const name of ['timeMs', 'open', 'high', 'low', 'close']) joined[name] = candles[name].slice(0, end).concat(tail[name]);
    state.prices.candles = joined;
  }
  async function askHistory() {
    if (isAsking) return;
    isAsking = true;
    try {
      const headers = token === null ? {} : { authorization: 'Bearer ' + token };
      const answer = await fetch('history', { headers });
      if (answer.ok) { takeHistory(await answer.json()); soon(); }
    } catch { /* the stream says that the session is away */ } finally { isAsking = false; }
  }
  /** The lines of several markets come with the history alone. */
  let linesMs = 0;
  function refreshLines(timeMs) {
    if (state.prices.lines.values.length === 0 || timeMs - linesMs < 2000) return;
    linesMs = timeMs;
    void askHistory();
  }

  // What comes

  function showState() {
    const { now } = state;
    if (now === null) return;
    const { account, guard, model, learning, venues, decisionLatency: latency, loopLag, counts } = now;
    const halted = guard.state === 'halted';
    const gain = account.equity / account.initialEquity - 1;
    set('mode', now.mode + ' on paper');
    document.title = 'market-gym ' + now.mode + ', on paper';
    set('markets', venues.map(({ venue, symbol }) => venue + ' ' + symbol).join(' \u00b7 '));
    set('guard', halted ? 'halted' : 'guard ' + guard.state, halted ? 'bad' : guard.state === 'active' ? 'good' : 'warn');
    set('equity', money(account.equity));
    set('gain', (gain > 0 ? '+' : '') + percent(gain), gain > 0 ? 'good' : gain < 0 ? 'bad' : undefined);
    host.setAttribute('aria-label', 'Equity over time: now ' + money(account.equity) + ', ' + percent(gain) + ' since the begin');
    at('halt').disabled = halted || state.ended !== null;
    at('notice').hidden = !halted && now.isRunning && state.ended === null;
    set('notice', (halted ? 'Trading is halted: ' + guard.haltReason + '. ' : '')
      + (state.ended !== null ? 'The session has ended. ' + (state.ended.verdict || '') : now.isRunning ? '' : 'The session does not run.'));
    facts('position', [['exposure', percent(account.exposure)]].concat(
      Object.entries(now.positions).filter(([name]) => !/^(base|quote) \d+$/.test(name))
        .map(([name, value]) => [words(name), typeof value === 'number' ? shown(name, value) : detailText(value)]),
      [['orders under way', String(account.numOrders)]]));
    facts('session', [
      ['model', model.id],
      ['model made', model.createdMs === null ? 'unknown' : ago(now.timeMs - model.createdMs)],
      ['decisions', number(now.numDecisions, 0)],
      ['fills', number(account.numFills, 0)],
      ['denied', number(sum(counts.denials), 0)],
      ['decision latency', latency.p50Us === null ? '\u2013' : number(latency.p50Us, 0) + ' \u00b5s, 99 %: ' + number(latency.p99Us, 0) + ' \u00b5s'],
      ['event loop lag', loopLag === null ? 'not measured' : number(loopLag.p99Ms, 1) + ' ms, most ' + number(loopLag.maxMs, 1) + ' ms'],
      ['tape records', number(sum(counts.records), 0)],
    ].concat(learning === null ? [] : [
      ['champion', learning.champion],
      ['candidate', learning.candidate ?? 'none'],
      ['learner', learning.task ?? 'waits'],
      ['watched for drift', learning.isWatched ? 'yes' : 'for losses only'],
      ['drift', learning.drift ?? 'none told of'],
    ]));
    showTrades(now);
    showInventory(now);
    showDenials(counts.denials);
    rows('venues', venues.map((venue) => [
      venue.venue + ' ' + venue.symbol + (venue.verified ? '' : ' (unverified book)'),
      venue.isTradable ? ['tradable', 'good'] : ['not tradable', 'bad'],
      venue.state + (venue.reason ? ': ' + venue.reason : ''),
      number(venue.counters.frames, 0), number(sum(venue.counters.rejected), 0),
      number(sum(venue.counters.losses), 0), number(venue.counters.resyncs, 0),
      venue.lastMessageMs === null ? 'never' : ago(now.timeMs - venue.lastMessageMs),
    ]), [3, 4, 5, 6]);
    if (state.ended !== null) return;
    const out = venues.filter(({ isTradable }) => !isTradable).map(({ venue }) => venue);
    announce((halted ? 'Trading is halted: ' + guard.haltReason : 'The guard is ' + guard.state) + '. '
      + (out.length === 0 ? 'All venues are tradable.' : 'Not tradable: ' + out.join(', ') + '.'));
  }

  function showTrades({ trades }) {
    facts('totals', [
      ['round trips', number(trades.numTrades, 0)],
      ['won', trades.winRate === null ? '\u2013' : number(100 * trades.winRate, 0) + ' %'],
      ['their profit', money(trades.profit)],
      ['fills', number(trades.numFills, 0)],
      ['traded', money(trades.notional)],
      ['fees', money(trades.fees)],
      ['slippage', money(trades.slippage)],
    ]);
    rows('trades', state.trades.slice(-MAX_ROWS).reverse().map(({ entryMs, exitMs, direction, size, profit }) => [
      time(exitMs), direction > 0 ? 'long' : 'short', amount(size), heldFor(exitMs - entryMs),
      [money(profit), profit > 0 ? 'good' : 'bad'],
    ]), [2, 3, 4]);
  }

  function showInventory({ positions, venues }) {
    const held = venues.map((venue, i) => [venue.venue + ' ' + venue.symbol, positions['base ' + i], positions['quote ' + i]]);
    at('inventory-part').hidden = held[0][1] === undefined;
    if (held[0][1] !== undefined) rows('inventory', held.map(([name, base, quote]) => [name, amount(base), money(quote)]), [1, 2]);
  }

  function showDenials(denials) {
    const list = at('denials');
    const found = Object.entries(denials).sort(([, a], [, b]) => b - a);
    const text = JSON.stringify(found);
    if (found.length === 0 || list.dataset.shown === text) return;
    list.dataset.shown = text;
    list.replaceChildren(...found.map(([reason, count]) => {
      const item = document.createElement('li');
      const name = document.createElement('strong');
      name.textContent = number(count, 0) + ' \u00d7 ' + words(reason);
      item.append(name, ': ' + (DENIALS[reason] || 'no more is known.'));
      return item;
    }));
  }

  function showPrices() {
    const { prices, now } = state;
    if (now === null) return;
    prices_.show(prices);
    const isPairs = prices.lines.values.length > 0;
    const names = isPairs ? now.venues.map(({ venue }) => venue) : [];
    const key = JSON.stringify([isPairs, names]);
    const legend = at('legend');
    if (legend.dataset.shown !== key) {
      legend.dataset.shown = key;
      const words = isPairs
        ? names.map((name, i) => [name + ' mid', 'abcd'[i % 4]]).concat([['below: net edge after fees, basis points; arrows: fills', 'plain']])
        : [['arrows: fills; dashed: mean \u00b1 2 standard deviations of 20 candles; below: exposure', 'plain']];
      legend.replaceChildren(...words.map(([text, kind]) => {
        const part = document.createElement('span');
        part.className = kind;
        part.textContent = text;
        return part;
      }));
    }
    const last = isPairs ? prices.lines.values[0].at(-1) : prices.candles.close.at(-1);
    at('price').setAttribute('aria-label', last == null ? 'No price yet'
      : (isPairs ? 'Mid of each venue and the net edge between them' : 'Candles of the price with bands, and the exposure')
        + ': now ' + priced(last) + ', ' + prices.fills.length + ' fills');
  }

  function show() {
    state.dirty = false;
    showState();
    rows('decisions', state.decisions.map((decision, i) => [decision, state.decisions[i + 1]]).slice(-MAX_ROWS).reverse().map(([decision, next]) => [
      time(decision.timeMs), number(decision.index, 0),
      actionText(decision.action),
      [decision.verdict, decision.verdict === 'pass' ? undefined : 'warn'],
      decision.reason === null ? '' : words(decision.reason), percent(decision.exposure),
      percent(next === undefined ? state.now?.account.exposure : next.exposure), money(decision.equity),
    ]), [1, 5, 6, 7]);
    rows('events', state.events.slice(-MAX_ROWS).reverse().map((event) => [
      time(event.timeMs), words(event.kind), event.source, detailText(event.detail),
    ]), []);
    chart.setData([state.times, state.equity]);
    showPrices();
  }

  /** Once a frame at most, and not while nobody looks. */
  function soon() {
    if (state.dirty) return;
    state.dirty = true;
    requestAnimationFrame(show);
  }

  const push = (list, item) => {
    list.push(item);
    if (list.length > 2 * MAX_ROWS) list.splice(0, MAX_ROWS);
  };
  const take = {
    start({ state: now, history }) {
      state.now = now;
      takeHistory(history);
    },
    state({ state: now }) {
      state.now = now;
      takeCandles(now.candles);
      refreshLines(performance.now());
    },
    fill({ fill }) { state.prices.fills.push(fill); if (state.prices.fills.length > 500) state.prices.fills.shift(); },
    trade({ trade }) { push(state.trades, trade); },
    end({ state: now, history, summary }) {
      state.now = now;
      if (history) takeHistory(history);
      state.ended = summary || {};
      set('link', 'session ended', 'wait');
      announce('The session has ended. ' + (state.ended.verdict || ''));
    },
    decision({ decision }) {
      push(state.decisions, decision);
      addPoint(decision.timeMs, decision.equity);
      const { exposure } = state.prices;
      if (exposure.values.length > 0) { exposure.timeMs.push(decision.timeMs); exposure.values[0].push(decision.exposure); }
    },
    event({ event }) { push(state.events, event); },
    missed() {},
  };

  function follow() {
    const url = new URL('stream', location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    url.search = token === null ? '' : '?token=' + encodeURIComponent(token);
    const socket = new WebSocket(url);
    socket.onopen = () => set('link', 'connected', 'good');
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (take[message.kind]) take[message.kind](message);
      soon();
    };
    socket.onclose = () => {
      if (state.ended !== null) return;
      set('link', 'disconnected', 'bad');
      announce('The connection to the session is lost.');
      setTimeout(follow, RETRY_MS);
    };
  }

  // Stopping

  const dialog = at('confirm');
  at('halt').addEventListener('click', () => {
    set('refused', '');
    dialog.showModal();
  });
  at('cancel').addEventListener('click', () => dialog.close());
  async function halt() {
    at('really').disabled = true;
    try {
      const headers = { 'content-type': 'application/json' };
      if (token !== null) headers.authorization = 'Bearer ' + token;
      const answer = await fetch('halt', { method: 'POST', headers, body: JSON.stringify({ reason: at('reason').value }) });
      if (answer.ok) dialog.close(); else set('refused', await answer.text());
    } catch {
      set('refused', 'The session cannot be reached.');
    } finally {
      at('really').disabled = false;
    }
  }
  at('really').addEventListener('click', halt);

  const ended = at('ended');
  if (ended === null) follow();
  else { take.end(JSON.parse(ended.textContent)); show(); }
})();
`;
