/** Holds the program that runs in the opened page and draws its charts, as text: it is inlined, never imported. */

import { FIGURE_SCRIPT } from './figures/script.ts';
import { TEAR_SCRIPT } from './tear/script.ts';

/**
 * Reads the embedded JSON (`ReportChartData`) and fills the figures that the page lays out. Plain browser JavaScript with
 * uPlot as a global. Colours are the style sheet's variables, read at each drawing, so that charts follow the scheme.
 */
export const REPORT_SCRIPT = String.raw`
(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('report-data').textContent);
  const root = document.documentElement;
  const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
  const charts = [];

  // Numbers and times

  const minus = (text) => text.replace('-', '\u2212');
  const fixed = (value, digits) => minus(value.toFixed(digits));
  const growthText = (value) => fixed(value, Math.abs(value) < 10 ? 3 : Math.abs(value) < 1000 ? 1 : 0);
  const percentText = (value, digits) => fixed(100 * value, digits) + '%';
  const plainText = (value) => minus(Number(value.toPrecision(value < 100 ? 4 : 6)).toLocaleString('en-US', { maximumFractionDigits: 8 }));
  const returnText = (value) => (Math.abs(value) < 1000 ? minus(value.toPrecision(4)) : plainText(Math.round(value)));
  const timeText = (seconds, daily) => new Date(seconds * 1000).toISOString().slice(0, daily ? 10 : Math.floor(seconds) % 60 === 0 ? 16 : 19).replace('T', ' ');

  // Parts that every chart shares

  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const axis = (more) => Object.assign({
    stroke: () => colour('--muted'), font, gap: 6, ticks: { show: false },
    grid: { stroke: () => colour('--grid'), width: 1 },
  }, more);
  const valueAxis = (more) => axis(Object.assign({ size: 58, space: 32 }, more));
  const timeAxis = axis({ size: 40, space: 50, values: [
    [31536000, '{YYYY}', null, null, null, null, null, null, 1],
    [2419200, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
    [86400, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
    [60, '{HH}:{mm}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
    [1, '{HH}:{mm}:{ss}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
  ] });
  const line = (curve, more) => Object.assign({
    stroke: () => colour(curve.colour), points: { show: false }, spanGaps: true,
    width: curve.role === 'lead' ? 2 : curve.role === 'seed' ? 0.75 : 1.25,
    alpha: curve.role === 'seed' ? 0.5 : 1,
  }, more);
  const padded = (low, high) => {
    const pad = 0.05 * (high - low || Math.abs(high) || 1);
    return [low - pad, high + pad];
  };

  /** A chart that keeps the width of its figure; options and data are asked for again whenever it is rebuilt. */
  function mount(figure, height, describe) {
    const host = figure.querySelector('.plot');
    const chart = {
      plot: null,
      resize: () => chart.plot.setSize({ width: host.clientWidth, height }),
      rebuild() {
        const zoom = chart.plot && [chart.plot.scales.x.min, chart.plot.scales.x.max];
        if (chart.plot) chart.plot.destroy();
        const { options, series } = describe();
        chart.plot = new uPlot(Object.assign({
          width: host.clientWidth, height, legend: { show: false }, padding: [8, 12, 0, 0], focus: { alpha: 0.2 },
          tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
        }, options), series, host);
        if (zoom) chart.plot.setScale('x', { min: zoom[0], max: zoom[1] });
      },
    };
    chart.rebuild();
    charts.push(chart);
    host.addEventListener('keydown', (event) => {
      const { plot } = chart;
      const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -Infinity, End: Infinity };
      if (!(event.key in moves)) return;
      event.preventDefault();
      const last = plot.data[0].length - 1;
      const from = plot.cursor.idx == null ? last : plot.cursor.idx;
      const index = Math.max(0, Math.min(last, from + moves[event.key]));
      plot.setCursor({ left: plot.valToPos(plot.data[0][index], 'x'), top: plot.over.clientHeight / 2 });
    });
    new ResizeObserver(chart.resize).observe(host);
    return chart;
  }

  /**
   * Names with their values at the cursor, or at the end without one. An item: label, colour, look, texts(index), and
   * show(visible) and focus(on), which act on its lines.
   */
  function readout(panel, items, atText, lastIndex) {
    const place = panel.querySelector('.readout');
    const at = panel.querySelector('.at');
    const rows = items.map((item) => {
      const button = place.appendChild(document.createElement('button'));
      button.type = 'button';
      button.className = item.look;
      button.setAttribute('aria-pressed', 'true');
      button.appendChild(document.createElement('i')).className = 'swatch';
      button.firstChild.style.background = 'var(' + item.colour + ')';
      button.appendChild(document.createElement('b')).textContent = item.label;
      button.addEventListener('click', () => {
        const visible = button.getAttribute('aria-pressed') !== 'true';
        button.setAttribute('aria-pressed', String(visible));
        item.show(visible);
      });
      button.addEventListener('mouseenter', () => item.focus(true));
      button.addEventListener('mouseleave', () => item.focus(false));
      const outputs = item.texts(lastIndex).map(() => button.appendChild(document.createElement('output')));
      return { item, outputs };
    });
    return (index) => {
      const shown = index == null ? lastIndex : index;
      at.textContent = atText(shown);
      for (const { item, outputs } of rows) item.texts(shown).forEach((text, i) => { outputs[i].textContent = text; });
    };
  }

  function rangeText(lines, index, text) {
    const values = lines.map((values) => values[index]).filter((value) => value != null);
    return values.length === 0 ? '\u2013' : text(Math.min(...values)) + ' to ' + text(Math.max(...values));
  }

  // Learning

  function drawLearning(figure) {
    const { steps, seeds, median } = data.learning;
    const lines = seeds.map(({ values }) => values);
    const several = seeds.length > 1;
    const curves = seeds.map(() => ({ colour: '--agent', role: several ? 'seed' : 'lead' }));
    if (several) curves.push({ colour: '--agent', role: 'lead' });
    const series = several ? [...lines, median] : lines;
    const item = (label, look, index) => ({
      label, look, colour: '--agent',
      texts: (at) => [series[index][at] == null ? '\u2013' : returnText(series[index][at])],
      show: (visible) => chart.plot.setSeries(index + 1, { show: visible }),
      focus: (on) => chart.plot.setSeries(on ? index + 1 : null, { focus: true }),
    });
    const items = seeds.map(({ seed }, i) => item('seed ' + seed, several ? 'seed' : 'lead', i));
    if (several) items.unshift(item('median', 'lead', seeds.length));
    const update = readout(figure, items, (at) => 'step ' + plainText(steps[at]), steps.length - 1);
    const chart = mount(figure, 240, () => ({
      series: [steps, ...series],
      options: {
        scales: { x: { time: false }, y: { range: (plot, low, high) => padded(low, high) } },
        series: [{}, ...curves.map((curve) => line(curve))],
        axes: [
          axis({ size: 28, space: 80, values: (plot, splits) => splits.map(plainText) }),
          valueAxis({ values: (plot, splits) => splits.map(plainText) }),
        ],
        cursor: { y: false },
        hooks: { setCursor: [(plot) => update(plot.cursor.idx)] },
      },
    }));
    update(null);
  }

  // One span: equity, drawdown, price and exposure under one time cursor

  function drawSpan(panel, span, spanIndex) {
    const first = panel.classList.contains('first');
    const hidden = new Set();
    const drawOrder = ['seed', 'baseline', 'lead'];
    const curves = drawOrder.flatMap((role) => span.curves.filter((curve) => curve.role === role));
    const deep = curves.filter(({ role }) => role !== 'seed');
    const sync = { key: 'span ' + spanIndex };
    const cursor = { y: false, sync };
    const figureOf = (name) => panel.querySelector('[data-chart="' + name + '"]');
    let logScale = false;

    const groups = deep.filter(({ role }) => role === 'lead').concat(span.curves.filter(({ role }) => role === 'baseline'))
      .map((curve) => ({ label: curve.name, look: curve.role, members: [curve] }));
    const seeds = curves.filter(({ role }) => role === 'seed');
    if (seeds.length > 0) {
      groups.splice(1, 0, { label: seeds.length === 1 ? seeds[0].name : 'other seeds', look: seeds.length === 1 ? 'seed' : 'range', members: seeds });
    }
    const items = groups.map(({ label, look, members }) => {
      const eachLine = (act) => {
        for (const curve of members) {
          act(growth.plot, curves.indexOf(curve) + 1);
          if (deep.includes(curve)) act(drawdown.plot, deep.indexOf(curve) + 1);
        }
      };
      return {
        label, look, colour: members[0].colour,
        texts: (at) => members.length > 1
          ? [rangeText(members.map((curve) => curve.growth), at, growthText)]
          : [growthText(members[0].growth[at])].concat(
              members[0].drawdown.length > 0 ? [percentText(members[0].drawdown[at], 1)] : []),
        show(visible) {
          for (const curve of members) if (visible) hidden.delete(curve); else hidden.add(curve);
          eachLine((plot, index) => plot.setSeries(index, { show: visible }));
        },
        focus(on) {
          if (on) eachLine((plot, index) => plot.setSeries(index, { focus: true }));
          else for (const { plot } of [growth, drawdown]) plot.setSeries(null, { focus: true });
        },
      };
    });
    const update = readout(panel, items, (at) => timeText(span.time[at], span.daily), span.time.length - 1);
    const lineOf = (curve) => line(curve, { show: !hidden.has(curve) });

    const growth = mount(figureOf('growth'), first ? 300 : 220, () => ({
      series: [span.time, ...curves.map((curve) => curve.growth)],
      options: {
        scales: { y: logScale ? { distr: 3, range: logRange } : { range: (plot, low, high) => padded(low, high) } },
        series: [{}, ...curves.map(lineOf)],
        axes: [timeAxis, valueAxis(logScale
          ? { splits: (plot, i, low, high) => logSplits(low, high), filter: (plot, splits) => splits, values: growthLabels }
          : { values: growthLabels })],
        cursor,
        hooks: { setCursor: [(plot) => update(plot.cursor.idx)] },
      },
    }));
    const drawdown = mount(figureOf('drawdown'), first ? 150 : 120, () => ({
      series: [span.time, ...deep.map((curve) => curve.drawdown)],
      options: {
        scales: { y: { range: (plot, low) => [Math.min(1.05 * low, -0.001), 0] } },
        series: [{}, ...deep.map(lineOf)],
        axes: [timeAxis, valueAxis({ space: 26, values: (plot, splits) => splits.map((value) => percentText(value, 0)) })],
        cursor,
      },
    }));
    drawExposure(figureOf('exposure'), span, first ? 230 : 180, cursor);

    const toggle = panel.querySelector('[data-log]');
    toggle.addEventListener('click', () => {
      logScale = !logScale;
      toggle.setAttribute('aria-pressed', String(logScale));
      growth.rebuild();
    });
    update(null);
  }

  const growthLabels = (plot, splits) => {
    const step = Math.min(...splits.slice(1).map((value, i) => value - splits[i]));
    let digits = 0;
    while (digits < 5 && Math.abs(step - Number(step.toFixed(digits))) > 1e-6 * step) digits++;
    return splits.map((value) => fixed(value, digits));
  };
  const logRange = (plot, low, high) => {
    const floor = Math.max(low, 1e-3);
    const pad = Math.max(1.01, Math.pow(Math.max(high, floor) / floor, 0.05));
    return [floor / pad, Math.max(high, floor) * pad];
  };

  /** Round numbers over a logarithmic range: 1, 2, 5 of each decade, and evenly spaced ones where those are too few. */
  function logSplits(low, high) {
    const splits = [];
    for (let decade = Math.pow(10, Math.floor(Math.log10(low))); decade <= high; decade *= 10) {
      for (const digit of [1, 2, 5]) if (digit * decade >= low && digit * decade <= high) splits.push(digit * decade);
    }
    if (splits.length > 3) return splits;
    const rough = (high - low) / 8;
    const unit = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = unit * [1, 2, 5, 10].find((digit) => digit * unit >= rough);
    const even = [];
    for (let i = Math.ceil(low / step); i * step <= high; i++) even.push(i * step);
    return even;
  }

  const EXPOSURE_SHARE = 0.36; // of the panel's height
  const aboveExposure = (plot, low, high) => {
    const span = high - low || Math.abs(high) || 1;
    return [high - span / (1 - EXPOSURE_SHARE), high + 0.04 * span];
  };
  const priceLabels = ({ scales: { price } }, splits) => {
    const span = (price.max - price.min) / (1 / (1 - EXPOSURE_SHARE) + 0.04);
    const lowest = price.max - 0.92 * span; // lower ones would touch the exposure's topmost label
    return splits.map((value) => (value < lowest ? null : value));
  };

  /** Price in the upper part, exposure as steps in the lower; each with its own labels beside its part. */
  function drawExposure(figure, span, height, cursor) {
    const select = figure.querySelector('select');
    const label = figure.querySelector('figcaption > span');
    const explanation = label.textContent;
    for (const [i, curve] of span.curves.entries()) select.add(new Option(curve.name, String(i)));
    select.value = String(Math.max(0, span.curves.findIndex(({ role }) => role === 'lead')));
    const chosen = () => span.curves[Number(select.value)];
    const update = (index) => {
      label.textContent = index == null ? explanation
        : 'price ' + plainText(span.price[index]) + ', exposure ' + percentText(chosen().exposure[index], 1);
    };
    const chart = mount(figure, height, () => {
      const low = chosen().exposure.reduce((least, value) => Math.min(least, value), 0);
      const most = chosen().exposure.reduce((most, value) => Math.max(most, value), 0);
      const high = low === most ? low + 1 : most;
      return {
        series: [span.time, span.price, chosen().exposure],
        options: {
          scales: {
            price: { range: aboveExposure },
            exposure: { range: [low - 0.02 * (high - low), low + ((high - low) / EXPOSURE_SHARE) * 1.15] },
          },
          series: [{},
            { scale: 'price', stroke: () => colour('--ink'), width: 1, points: { show: false } },
            { scale: 'exposure', stroke: () => colour(chosen().colour), fill: () => colour(chosen().colour) + '40', width: 1,
              fillTo: 0, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } }],
          axes: [timeAxis,
            valueAxis({ scale: 'exposure', size: 0, splits: [...new Set([low, 0, high])],
              values: (plot, splits) => splits.map((value) => percentText(value, 0)) }),
            valueAxis({ scale: 'price', space: 22, filter: priceLabels,
              grid: { stroke: () => colour('--grid'), width: 1, filter: priceLabels },
              values: (plot, splits) => splits.map((value) => (value == null ? '' : plainText(value))) })],
          cursor,
          hooks: { setCursor: [(plot) => update(plot.cursor.idx)] },
        },
      };
    });
    select.addEventListener('change', chart.rebuild);
  }

  // A model's curves, each axis from 0 to 1

  function drawCurves(figure, { x, lines, diagonal, points }) {
    const label = figure.querySelector('figcaption > span');
    const explanation = label.textContent;
    const share = (value) => fixed(value, 2);
    const update = (index) => {
      const shown = index == null ? [] : lines.filter(({ values }) => values[index] != null);
      label.textContent = shown.length === 0 ? explanation
        : share(x[index]) + ': ' + shown.map(({ name, values }) => name + ' ' + share(values[index])).join(', ');
    };
    mount(figure, 240, () => ({
      series: [x, ...(diagonal ? [x] : []), ...lines.map(({ values }) => values)],
      options: {
        scales: { x: { time: false, range: () => [0, 1] }, y: { range: () => [0, 1.02] } },
        series: [{},
          ...(diagonal ? [{ stroke: () => colour('--faint'), width: 1, dash: [4, 4], points: { show: false } }] : []),
          ...lines.map((curve) => line({ colour: curve.colour, role: 'lead' },
            points ? { points: { show: true, size: 6 } } : {}))],
        axes: [axis({ size: 28, space: 60, values: (plot, splits) => splits.map(share) }),
          valueAxis({ values: (plot, splits) => splits.map(share) })],
        cursor: { y: false },
        hooks: { setCursor: [(plot) => update(plot.cursor.idx)] },
      },
    }));
  }

${TEAR_SCRIPT}
${FIGURE_SCRIPT}
  // The page

  for (const button of document.querySelectorAll('.fold')) {
    button.addEventListener('click', () => {
      const seeds = button.closest('tbody').nextElementSibling;
      seeds.hidden = !seeds.hidden;
      button.setAttribute('aria-expanded', String(!seeds.hidden));
    });
  }
  for (const figure of document.querySelectorAll('[data-chart="learning"]')) drawLearning(figure);
  for (const figure of document.querySelectorAll('[data-curves]')) drawCurves(figure, data.curves[Number(figure.dataset.curves)]);
  for (const panel of document.querySelectorAll('[data-span]')) {
    drawSpan(panel, data.spans[Number(panel.dataset.span)], Number(panel.dataset.span));
  }

  const PAPER_WIDTH = 680;
  const redrawAll = () => { for (const { plot } of charts) plot.redraw(); };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll);
  addEventListener('beforeprint', () => {
    root.classList.add('printing');
    for (const { plot } of charts) plot.setSize({ width: PAPER_WIDTH, height: plot.height });
    redrawAll();
  });
  addEventListener('afterprint', () => {
    root.classList.remove('printing');
    for (const { resize } of charts) resize();
    redrawAll();
  });
})();
`;
