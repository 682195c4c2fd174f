/** Holds the part of the page's program that draws tear sheets and writes CSV files, as text: it is inlined, never imported. */

/**
 * Stands inside the program of the report, and uses its `data`, `mount`, `readout`, `line`, `padded`, `colour`, `charts` and texts, and
 * LightweightCharts as a global.
 */
export const TEAR_SCRIPT = String.raw`
  // Tear sheets: rolling figures, candles with fills, round trips

  function drawRolling(figure, { rolling }, daily) {
    if (figure === null) return;
    const { time, sharpe, volatility } = rolling;
    if (time.length < 2) { figure.hidden = true; return; }
    const curves = [
      { label: 'Sharpe ratio', values: sharpe, colour: '--agent', scale: 'y', text: (value) => fixed(value, 2) },
      { label: 'volatility', values: volatility, colour: '--baseline-2', scale: 'v', text: (value) => percentText(value, 1) },
    ];
    const items = curves.map(({ label, values, colour, text }, i) => ({
      label, look: 'lead', colour,
      texts: (at) => [values[at] == null ? '\u2013' : text(values[at])],
      show: (visible) => chart.plot.setSeries(i + 1, { show: visible }),
      focus: (on) => chart.plot.setSeries(on ? i + 1 : null, { focus: true }),
    }));
    const update = readout(figure, items, (at) => timeText(time[at], daily), time.length - 1);
    const chart = mount(figure, 200, () => ({
      series: [time, sharpe, volatility],
      options: {
        scales: { y: { range: (plot, low, high) => padded(Math.min(low, 0), Math.max(high, 0)) }, v: { range: (plot, low, high) => [0, 1.1 * (high || 1)] } },
        series: [{}, ...curves.map((curve) => line({ colour: curve.colour, role: 'lead' }, { scale: curve.scale, width: 1.5 }))],
        axes: [timeAxis,
          valueAxis({ values: (plot, splits) => splits.map((value) => fixed(value, 1)) }),
          valueAxis({ scale: 'v', side: 1, grid: { show: false }, values: (plot, splits) => splits.map((value) => percentText(value, 0)) })],
        cursor: { y: false },
        hooks: { setCursor: [(plot) => update(plot.cursor.idx)] },
      },
    }));
    update(null);
  }

  /** The last of what falls on one second. */
  function bySecond(time, pointOf) {
    const points = [];
    time.forEach((second, i) => {
      if (points.length > 0 && points[points.length - 1].time >= second) points.pop();
      points.push(pointOf(second, i));
    });
    return points;
  }

  function drawCandles(figure, { candles, fills }, daily) {
    const host = figure.querySelector('.plot');
    const about = figure.querySelector('.about');
    const { time, open, high, low, close, merged } = candles;
    const plural = (count, word) => count.toLocaleString('en-US') + ' ' + word + (count === 1 ? '' : 's');
    const shown = fills.time.length;
    about.textContent = (merged > 1 ? 'a mark for up to ' + merged + ' bars; ' : '') + plural(fills.count, 'fill')
      + (shown < fills.count ? ', the largest ' + shown.toLocaleString('en-US') + ' marked' : '') + '; arrows up buy, down sell';
    host.setAttribute('aria-label', figure.querySelector('b').textContent + ': ' + about.textContent);
    const lib = LightweightCharts;
    const points = bySecond(time, (second, i) => open
      ? { time: second, open: open[i], high: high[i], low: low[i], close: close[i] } : { time: second, value: close[i] });
    const times = points.map((point) => point.time);
    const at = (second) => {
      let from = 0;
      let to = times.length;
      while (to - from > 1) { const middle = (from + to) >> 1; if (times[middle] <= second) from = middle; else to = middle; }
      return times[from];
    };
    const precision = Math.max(0, Math.min(8, 5 - Math.floor(Math.log10(Math.abs(close[close.length - 1]) || 1))));
    let chart = null;
    const build = () => {
      if (chart !== null) chart.remove();
      chart = lib.createChart(host, {
        autoSize: true,
        layout: { background: { color: colour('--paper') }, textColor: colour('--muted'), attributionLogo: false, fontFamily: 'system-ui, sans-serif', fontSize: 12 },
        grid: { vertLines: { color: colour('--grid') }, horzLines: { color: colour('--grid') } },
        rightPriceScale: { borderColor: colour('--rule') },
        timeScale: { borderColor: colour('--rule'), timeVisible: !daily, minBarSpacing: 0.01 },
        handleScroll: { mouseWheel: false, vertTouchDrag: false },
        handleScale: { mouseWheel: false },
        localization: { timeFormatter: (second) => timeText(second, daily) },
      });
      const looks = { priceLineVisible: false, lastValueVisible: false, priceFormat: { type: 'price', precision, minMove: Math.pow(10, -precision) } };
      const series = open
        ? chart.addSeries(lib.CandlestickSeries, { ...looks, upColor: colour('--gain'), wickUpColor: colour('--gain'), borderUpColor: colour('--gain'),
            downColor: colour('--loss'), wickDownColor: colour('--loss'), borderDownColor: colour('--loss') })
        : chart.addSeries(lib.LineSeries, { ...looks, color: colour('--ink'), lineWidth: 1 });
      series.setData(points);
      lib.createSeriesMarkers(series, fills.time.map((second, i) => ({
        time: at(second), position: fills.size[i] > 0 ? 'belowBar' : 'aboveBar', shape: fills.size[i] > 0 ? 'arrowUp' : 'arrowDown',
        color: colour(fills.size[i] > 0 ? '--agent' : '--baseline-2'), size: shown > 200 ? 0.5 : 1,
      })).sort((a, b) => a.time - b.time));
      chart.timeScale().fitContent();
    };
    build();
    host.tabIndex = 0;
    host.addEventListener('keydown', (event) => {
      const range = chart.timeScale().getVisibleLogicalRange();
      const width = range.to - range.from;
      const move = { ArrowLeft: -0.1, ArrowRight: 0.1 }[event.key];
      const zoom = { '+': 0.5, '-': 2 }[event.key];
      if (move !== undefined) chart.timeScale().setVisibleLogicalRange({ from: range.from + move * width, to: range.to + move * width });
      else if (zoom !== undefined) {
        const middle = (range.from + range.to) / 2;
        chart.timeScale().setVisibleLogicalRange({ from: middle - (zoom * width) / 2, to: middle + (zoom * width) / 2 });
      } else return;
      event.preventDefault();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', build);
  }

  const TRIP_COLUMNS = [
    ['#', (row) => row[0], (row) => String(row[0])],
    ['Side', (row) => row[1], (row) => (row[1] > 0 ? 'long' : 'short')],
    ['Entry', (row) => row[2], (row, daily) => timeText(row[2], daily)],
    ['Exit', (row) => row[3], (row, daily) => (row[10] ? 'open' : timeText(row[3], daily))],
    ['Entry price', (row) => row[4], (row) => plainText(row[4])],
    ['Exit price', (row) => row[5], (row) => plainText(row[5])],
    ['Size', (row) => row[6], (row) => plainText(row[6])],
    ['Profit', (row) => row[7], (row) => fixed(row[7], Math.abs(row[7]) < 10 ? 4 : 2)],
    ['Return', (row) => row[8], (row) => percentText(row[8], 2)],
    ['Costs', (row) => row[9], (row) => (row[9] == null ? '\u2013' : fixed(row[9], 2))],
  ];
  const TRIP_NAMES = ['trade', 'direction', 'entry_time', 'exit_time', 'entry_price', 'exit_price', 'size', 'profit', 'return', 'costs', 'open'];
  const ROWS_AT_FIRST = 15;

  function listTrips(panel, { trips }, daily, name) {
    const place = panel.querySelector('.trips');
    if (place === null) return;
    const { rows, count } = trips;
    place.querySelector('.about').textContent = (rows.length < count
      ? 'The ' + rows.length.toLocaleString('en-US') + ' of ' + count.toLocaleString('en-US') + ' that earned or lost the most; --trades FILE writes all. '
      : '') + 'Profits hold all costs, interest and funding. Select a heading to sort.';
    const table = document.createElement('table');
    const head = table.createTHead().insertRow();
    const body = table.createTBody();
    const more = place.querySelector('[data-more]');
    let sortedBy = 0;
    let descending = false;
    let isWhole = false;
    const fill = () => {
      const valueOf = TRIP_COLUMNS[sortedBy][1];
      const sorted = [...rows].sort((a, b) => (descending ? -1 : 1) * (valueOf(a) - valueOf(b)) || a[0] - b[0]);
      body.replaceChildren();
      for (const row of isWhole ? sorted : sorted.slice(0, ROWS_AT_FIRST)) {
        const line = body.insertRow();
        TRIP_COLUMNS.forEach(([, , text], i) => {
          const cell = line.appendChild(document.createElement(i === 0 ? 'th' : 'td'));
          if (i === 0) cell.scope = 'row';
          cell.textContent = text(row, daily);
        });
      }
      more.hidden = isWhole || rows.length <= ROWS_AT_FIRST;
      more.textContent = 'Show all ' + rows.length.toLocaleString('en-US');
      [...head.cells].forEach((cell, i) => {
        if (i === sortedBy) cell.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
        else cell.removeAttribute('aria-sort');
      });
    };
    TRIP_COLUMNS.forEach(([label], i) => {
      const cell = head.appendChild(document.createElement('th'));
      cell.scope = 'col';
      const button = cell.appendChild(document.createElement('button'));
      button.type = 'button';
      button.textContent = label;
      button.addEventListener('click', () => {
        descending = i === sortedBy ? !descending : i > 5;
        sortedBy = i;
        fill();
      });
    });
    more.addEventListener('click', () => { isWhole = true; fill(); });
    place.querySelector('.table-scroll').appendChild(table);
    place.querySelector('[data-csv]').addEventListener('click', () =>
      save(name + '-round-trips.csv', [TRIP_NAMES, ...rows.map((row) => row.map((value, i) => (i === 2 || i === 3 ? isoText(value) : value)))]));
    fill();
  }

  // Files

  const isoText = (seconds) => new Date(seconds * 1000).toISOString();
  function save(name, rows) {
    const cell = (value) => {
      const text = value == null ? '' : String(value);
      return /[",\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
    };
    const link = document.createElement('a');
    const address = URL.createObjectURL(new Blob([rows.map((row) => row.map(cell).join(',') + '\n').join('')], { type: 'text/csv' }));
    link.href = address;
    link.download = name.replace(/[^\w.-]+/g, '-');
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }
  function saveCurves({ name, time, price, curves }) {
    const columns = curves.flatMap((curve) => [[curve.name + ' growth', curve.growth], [curve.name + ' exposure', curve.exposure]]);
    save(name + '-curves.csv', [['time', 'price', ...columns.map(([label]) => label)],
      ...time.map((seconds, i) => [isoText(seconds), price[i], ...columns.map(([, values]) => values[i])])]);
  }
  function saveMetrics(section) {
    const rows = [];
    for (const table of section.querySelectorAll('table')) {
      const span = table.closest('.table-scroll').parentElement.querySelector('h3').textContent;
      const textOf = (cell) => cell.textContent.replace(/\s*seeds$/, '').replaceAll('\u2212', '-').replaceAll('\u2013', '');
      rows.push(['span', ...[...table.tHead.rows[0].cells].map(textOf)]);
      for (const body of table.tBodies) for (const row of body.rows) rows.push([span, ...[...row.cells].map(textOf)]);
    }
    save('results.csv', rows);
  }

  for (const button of document.querySelectorAll('[data-csv="metrics"]')) {
    button.addEventListener('click', () => saveMetrics(button.closest('section')));
  }
  for (const button of document.querySelectorAll('[data-csv="curves"]')) {
    button.addEventListener('click', () => saveCurves(data.spans[Number(button.closest('[data-span]').dataset.span)]));
  }
  for (const panel of document.querySelectorAll('[data-tear]')) {
    const { tear, daily, name } = data.spans[Number(panel.dataset.tear)];
    const draw = () => {
      drawRolling(panel.querySelector('[data-chart="rolling"]'), tear, daily);
      drawCandles(panel.querySelector('[data-chart="candles"]'), tear, daily);
      listTrips(panel, tear, daily, name);
    };
    if (panel.open) draw();
    else panel.addEventListener('toggle', draw, { once: true });
  }
`;
