/** Holds as text the part of the page's program that draws prices: it is inlined, never imported. */

/**
 * `priceChart(host, colour)` draws candles with bands, fills and exposure; or, of several markets, their mids and the net edge.
 * Plain browser JavaScript with LightweightCharts as a global.
 */
export const OPS_CHARTS = `
const priceChart = (host, colour) => {
  'use strict';
  const lib = LightweightCharts;
  const BAND_CANDLES = 20;
  const LINES = ['--line', '--second', '--third', '--fourth'];
  let chart = null;
  let parts = null;

  const seconds = (ms) => Math.floor(ms / 1000);
  /** One point a second: the last. */
  const points = (times, values) => {
    const found = [];
    times.forEach((ms, i) => {
      const value = values[i];
      if (value === null || value === undefined) return;
      const time = seconds(ms);
      if (found.length > 0 && found[found.length - 1].time === time) found.pop();
      found.push({ time, value });
    });
    return found;
  };

  const options = () => ({
    autoSize: true,
    layout: {
      background: { color: colour('--paper') }, textColor: colour('--muted'), attributionLogo: false,
      fontFamily: 'system-ui, sans-serif', fontSize: 12,
      panes: { separatorColor: colour('--rule'), separatorHoverColor: colour('--rule'), enableResize: false },
    },
    grid: { vertLines: { color: colour('--grid') }, horzLines: { color: colour('--grid') } },
    rightPriceScale: { borderColor: colour('--rule') },
    timeScale: { borderColor: colour('--rule'), timeVisible: true, secondsVisible: true, rightOffset: 2 },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
    localization: { timeFormatter: (time) => new Date(time * 1000).toISOString().slice(0, 19).replace('T', ' ') + ' UTC' },
  });
  const digitsFor = (value) => Math.max(0, Math.min(8, 5 - Math.floor(Math.log10(Math.abs(value) || 1))));
  const priceFormat = (value) => {
    const precision = digitsFor(value);
    return { type: 'price', precision, minMove: 10 ** -precision };
  };
  const quiet = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false };

  function build(isPairs, numMarkets, price) {
    if (chart !== null) chart.remove();
    chart = lib.createChart(host, options());
    if (isPairs) {
      const mids = Array.from({ length: numMarkets }, (_, i) => chart.addSeries(lib.LineSeries, {
        color: colour(LINES[i % LINES.length]), lineWidth: 2, priceLineVisible: false, priceFormat: priceFormat(price) }));
      const edge = chart.addSeries(lib.LineSeries, { color: colour('--ink'), lineWidth: 1, priceLineVisible: false,
        priceFormat: { type: 'custom', minMove: 0.01, formatter: (value) => value.toFixed(1) + ' bp' } }, 1);
      edge.createPriceLine({ price: 0, color: colour('--muted'), lineWidth: 1, lineStyle: 2, axisLabelVisible: false });
      parts = { isPairs, numMarkets, mids, edge, markers: mids.map((series) => lib.createSeriesMarkers(series, [])) };
    } else {
      const band = () => chart.addSeries(lib.LineSeries, Object.assign({ color: colour('--muted'), lineWidth: 1, lineStyle: 2,
        priceFormat: priceFormat(price) }, quiet));
      const bands = [band(), band()];
      const candles = chart.addSeries(lib.CandlestickSeries, { priceFormat: priceFormat(price), upColor: colour('--good'),
        downColor: colour('--bad'), wickUpColor: colour('--good'), wickDownColor: colour('--bad'), borderVisible: false, priceLineVisible: false });
      const exposure = chart.addSeries(lib.LineSeries, { color: colour('--line'), lineWidth: 2, lineType: 1, priceLineVisible: false,
        priceFormat: { type: 'custom', minMove: 0.01, formatter: (value) => (100 * value).toFixed(0) + ' %' } }, 1);
      exposure.createPriceLine({ price: 0, color: colour('--muted'), lineWidth: 1, lineStyle: 2, axisLabelVisible: false });
      parts = { isPairs, candles, bands, exposure, markers: [lib.createSeriesMarkers(candles, [])] };
    }
    const [first, second] = chart.panes();
    if (first && second) { first.setStretchFactor(3); second.setStretchFactor(1); }
  }

  function bandsOf({ timeMs, close }) {
    const low = [];
    const high = [];
    for (let i = BAND_CANDLES - 1; i < close.length; i++) {
      const part = close.slice(i - BAND_CANDLES + 1, i + 1);
      const mean = part.reduce((sum, value) => sum + value, 0) / BAND_CANDLES;
      const width = 2 * Math.sqrt(part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / BAND_CANDLES);
      low.push({ time: seconds(timeMs[i]), value: mean - width });
      high.push({ time: seconds(timeMs[i]), value: mean + width });
    }
    return [low, high];
  }

  const markersOf = (fills, snap) => fills.map(({ timeMs, side, size }) => ({
    time: snap(timeMs), position: side > 0 ? 'belowBar' : 'aboveBar', shape: side > 0 ? 'arrowUp' : 'arrowDown',
    color: colour(side > 0 ? '--good' : '--bad') })).sort((a, b) => a.time - b.time);

  /** @param history candles, lines, exposure and fills */
  function show({ candles, lines, exposure, fills }) {
    const isPairs = lines.values.length > 0;
    const price = isPairs ? lines.values[0].at(-1) : candles.close.at(-1);
    if (!price) return;
    const numMarkets = lines.values.length - 1;
    if (parts === null || parts.isPairs !== isPairs || (isPairs && parts.numMarkets !== numMarkets)) build(isPairs, numMarkets, price);
    if (isPairs) {
      parts.mids.forEach((series, i) => series.setData(points(lines.timeMs, lines.values[i])));
      parts.edge.setData(points(lines.timeMs, lines.values[numMarkets]));
      parts.markers.forEach((markers, i) => markers.setMarkers(markersOf(fills.filter(({ source }) => source === i), seconds)));
      return;
    }
    parts.candles.setData(candles.timeMs.map((ms, i) => ({ time: seconds(ms), open: candles.open[i], high: candles.high[i],
      low: candles.low[i], close: candles.close[i] })));
    bandsOf(candles).forEach((band, i) => parts.bands[i].setData(band));
    parts.exposure.setData(points(exposure.timeMs, exposure.values[0]));
    const snap = (ms) => {
      let found = candles.timeMs[0];
      for (const open of candles.timeMs) { if (open > ms) break; found = open; }
      return seconds(found);
    };
    parts.markers[0].setMarkers(markersOf(fills, snap));
  }

  return { show, restyle() { parts = null; } };
};
`;
