/** Holds the part of the page's program that draws figures of lines, as text: it is inlined, never imported. */

/** Stands inside the program of the report, and uses its `mount`, `readout`, `line`, `padded`, axes and texts. */
export const FIGURE_SCRIPT = String.raw`
  // Figures of lines on one axis

  function drawFigure(figure, { x, isTime, unit, lines }) {
    if (x.length === 0) { figure.hidden = true; return; }
    const texts = { bp: (value) => fixed(value, Math.abs(value) < 100 ? 2 : 0) + ' bp', number: plainText, percent: (value) => percentText(value, 1) };
    const text = texts[unit];
    const daily = isTime && x[x.length - 1] - x[0] > 90 * 86400;
    const items = lines.map(({ name, colour, values, look }, i) => ({
      label: name, look: look === 'line' ? 'lead' : 'baseline', colour,
      texts: (at) => [values[at] == null ? '\u2013' : text(values[at])],
      show: (visible) => chart.plot.setSeries(i + 1, { show: visible }),
      focus: (on) => chart.plot.setSeries(on ? i + 1 : null, { focus: true }),
    }));
    const update = readout(figure, items, (at) => (isTime ? timeText(x[at], daily) : 'step ' + plainText(x[at])), x.length - 1);
    const looks = {
      line: { width: 1.5 },
      dashed: { width: 1.25, dash: [5, 4] },
      steps: { width: 1.25, paths: uPlot.paths.stepped({ align: 1 }) },
      points: { width: 0, points: { show: true, size: 5 } },
    };
    const labels = { bp: (splits) => splits.map((value) => plainText(value)), number: (splits) => splits.map(plainText), percent: (splits) => splits.map((value) => percentText(value, 0)) };
    const chart = mount(figure, 230, () => ({
      series: [x, ...lines.map(({ values }) => values)],
      options: {
        padding: [8, isTime ? 12 : 30, 0, 0],
        scales: { x: { time: isTime }, y: { range: (plot, low, high) => padded(low == null ? 0 : low, high == null ? 1 : high) } },
        series: [{}, ...lines.map((curve) => line({ colour: curve.colour, role: 'lead' }, looks[curve.look]))],
        axes: [isTime ? timeAxis : axis({ size: 28, space: 80, values: (plot, splits) => splits.map(plainText) }),
          valueAxis({ values: (plot, splits) => labels[unit](splits) })],
        cursor: { y: false },
        hooks: { setCursor: [(plot) => update(plot.cursor.idx)] },
      },
    }));
    update(null);
  }
  for (const figure of document.querySelectorAll('[data-figure]')) drawFigure(figure, data.figures[Number(figure.dataset.figure)]);
`;
