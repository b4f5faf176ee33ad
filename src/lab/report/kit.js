"use strict";
// What the charts share: colours, axes, lines with their bands, legends. Names
// come from files: as text they go through textContent, into charts through
// plain().
function chartKit({ runs, targets, half_widths: halfWidths }) {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const isNumber = (value) => typeof value === "number";
  const isNarrow = () => window.innerWidth < 800;

  // Okabe and Ito's colours for the colour-blind, without the yellow, which
  // white swallows; in place of their black there is the text's own colour.
  const COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
  const BLUE_ON_DARK = "#3A94DB";
  const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"];
  const STROKES = { solid: "none", dash: "8 4", dot: "3 3", dashdot: "8 3 3 3", longdash: "12 4" };
  const MARKERS = ["circle", "square", "diamond", "triangle-up", "star", "cross", "hexagon", "bowtie"];
  const NEAR = 0.004; // lines nearer than this share of the axis count as one
  const RIM = 2.6; // how much wider a line is than the one over it, in pixels
  const WIDEST = 11;

  const isDark = () => root.dataset.theme === "dark";
  const tone = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const color = (i) => (i % 7 === 0 && isDark() ? BLUE_ON_DARK : COLORS[i % 7] ?? tone("--ink"));
  const dash = (i) => DASHES[Math.floor(i / 7) % DASHES.length];
  const marker = (i) => MARKERS[i % 8];
  const faded = (hex) => (hex[0] === "#" ? hex + "33" : hex);

  // Plotly reads a few HTML tags in its texts; in a name they are letters.
  const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  // A value of the data: thousandths of a decade, "-inf" for a norm of 0, "inf",
  // "NaN" or null. What can be drawn of a bucket, and what else is in it.
  function drawable(low, high) {
    const zero = low === "-inf" || high === "-inf";
    const wild = low === "NaN" || low === "inf" || high === "NaN" || high === "inf";
    if (!isNumber(low)) low = isNumber(high) ? high : null;
    if (!isNumber(high)) high = low;
    if (low === null) return { low: null, high: null, middle: null, zero, wild };
    return { low: low / 1000, high: high / 1000, middle: (low + high) / 2000, zero, wild };
  }

  // The mean of some numbers with its 95 % interval by Student's t.
  function estimate(values) {
    const n = values.length;
    const mean = values[0] + values.reduce((sum, v) => sum + (v - values[0]), 0) / n;
    const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    const half = n > 1 ? halfWidths[n] * Math.sqrt(squares / (n - 1)) : 0;
    return { low: mean - half, high: mean + half, middle: mean };
  }

  // Some seeds as one: a 0 among them is the mean, and so is what is not finite.
  function together(cells) {
    const nothing = { low: null, high: null, middle: null };
    if (cells.some((c) => c.wild)) return { ...nothing, wild: true };
    if (cells.some((c) => c.zero)) return { ...nothing, zero: true };
    const values = cells.map((c) => c.middle).filter(isNumber);
    return values.length ? estimate(values) : nothing;
  }

  // Lowest and highest drawable height of some cells, and whether there are zeros
  // or wild ones, which stand below and above. At least `least` decades, so that
  // what hardly differs looks level.
  function extent(cells, least) {
    let [low, high, zero, wild] = [Infinity, -Infinity, false, false];
    for (const c of cells) {
      if (isNumber(c.low)) low = Math.min(low, c.low);
      if (isNumber(c.high)) high = Math.max(high, c.high);
      zero ||= Boolean(c.zero);
      wild ||= Boolean(c.wild);
    }
    if (low > high) [low, high] = [-1, 1];
    const more = Math.max(0, least - (high - low)) / 2;
    [low, high] = [low - more, high + more];
    const gap = (high - low) * 0.06;
    return {
      bottom: low - gap, top: high + gap, zero, wild,
      range: [low - gap * (zero ? 2 : 1), high + gap * (wild ? 2 : 1)],
    };
  }

  // ---- axes

  const symbols = (some) => {
    const names = [...new Set(some.map((run) => run.symbol))];
    return names.length > 1 ? "norm" : plain(names[0]);
  };
  // Heights are log10.
  const decades = (some, bounds) => ({
    title: { text: symbols(some) }, range: bounds.range, nticks: 7, tickprefix: "10<sup>", ticksuffix: "</sup>",
    exponentformat: "none",
  });
  const layers = (some) => {
    const most = Math.max(...some.map((run) => run.layers.at(-1)));
    const words = [...new Set(some.map((run) => run.layer_axis))];
    return { title: { text: words.length === 1 ? words[0] : "layer" }, tickformat: "d", ...(most <= 12 ? { dtick: 1 } : {}) };
  };

  function layout(own) {
    const axis = {
      gridcolor: tone("--grid"), linecolor: tone("--line"), zeroline: false, automargin: true, ticks: "outside",
      tickcolor: tone("--line"), exponentformat: "power",
    };
    const axes = Object.keys(own).filter((key) => /^[xy]axis/.test(key));
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true,
      font: { color: tone("--ink"), family: "system-ui, sans-serif", size: isNarrow() ? 11 : 13 },
      margin: { l: 50, r: isNarrow() ? 8 : 20, t: 30, b: 44 },
      hoverlabel: { namelength: 40, bgcolor: tone("--paper"), bordercolor: tone("--line"), font: { color: tone("--ink") } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: tone("--soft"), activecolor: tone("--ink") },
      uirevision: "kept", showlegend: false,
      ...own,
      ...Object.fromEntries(axes.map((key) => [key, { ...axis, ...own[key] }])),
    };
  }
  const CONFIG = {
    responsive: true, displaylogo: false, showTips: false,
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"], toImageButtonOptions: { filename: "vgrad" },
  };

  // ---- legends: below the chart, so that they take none of its room

  const hidden = {};
  const legendText = {};

  function draw(id, traces, own, items = []) {
    const off = (hidden[id] ??= new Set());
    const shown = traces.map((trace) => ({ ...trace, visible: !off.has(trace.legendgroup) }));
    Plotly.react(id, shown, layout(own), CONFIG);
    if (!$(`${id}-legend`)) return;
    const redraw = () => draw(id, traces, own, items);
    const text = JSON.stringify(items);
    if (legendText[id] !== text) {
      legendText[id] = text;
      $(`${id}-legend`).replaceChildren(...items.map((item) => key(item)));
    }
    [...$(`${id}-legend`).children].forEach((button, i) => {
      button.setAttribute("aria-pressed", String(!off.has(items[i].group)));
      button.onclick = () => { off.delete(items[i].group) || off.add(items[i].group); redraw(); };
      button.ondblclick = () => {
        const others = items.map((item) => item.group).filter((group) => group !== items[i].group);
        const isAlone = !off.has(items[i].group) && others.every((group) => off.has(group));
        off.clear();
        if (!isAlone) others.forEach((group) => off.add(group));
        redraw();
      };
    });
  }

  function key({ label, line }) {
    const button = document.createElement("button");
    button.type = "button";
    const svg = (name, attributes) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      Object.entries(attributes).forEach(([attribute, value]) => made.setAttribute(attribute, value));
      return made;
    };
    const swatch = svg("svg", { class: "swatch", width: 28, height: 12, "aria-hidden": "true" });
    swatch.append(svg("line", {
      x1: 0, y1: 6, x2: 28, y2: 6, stroke: line.color, "stroke-dasharray": STROKES[line.dash ?? "solid"],
    }));
    const words = document.createElement("span");
    words.textContent = label;
    button.append(swatch, words);
    return button;
  }

  const targetKeys = () => targets.map((target, t) => ({
    group: `target${t}`, label: target.label, line: { color: color(t), dash: dash(t) },
  }));

  function swatches() {
    for (const swatch of document.querySelectorAll(".swatch[data-target]")) {
      const t = Number(swatch.dataset.target);
      swatch.style.stroke = color(t);
      swatch.style.strokeDasharray = STROKES[dash(t)];
    }
  }

  // ---- lines

  // A line with a band around it where points stand for several steps or seeds.
  // `axes`: the panel it stands in.
  function lineWithBand({ x, cells, name, group, line, mode, marker, text, hover, uid, opacity = 1, axes = {} }) {
    const isBanded = cells.some((c) => c.high !== c.low);
    const common = { legendgroup: group, x, type: "scatter", ...axes };
    const traces = [];
    if (isBanded) {
      const edge = { ...common, mode: "lines", line: { width: 0 }, hoverinfo: "skip" };
      traces.push({ ...edge, uid: uid + "low", y: cells.map((c) => c.low) });
      traces.push({ ...edge, uid: uid + "high", y: cells.map((c) => c.high), fill: "tonexty", fillcolor: faded(line.color) });
    }
    traces.push({
      ...common, uid: uid + "line", opacity, mode, line, marker, name, y: cells.map((c) => c.middle),
      customdata: cells.map((c, i) => text(i, c)), hovertemplate: hover,
    });
    return traces;
  }

  // What theory expects of the first step, where a single target is shown: more would be
  // too many lines.
  function theory() {
    const own = targets.length === 1 ? runs.filter((run) => run.predicted) : [];
    const at = own.length ? own[0].layers.flatMap((_, i) => (isNumber(own[0].predicted[i]) ? [i] : [])) : [];
    const cells = at.map((i) => {
      const { middle } = together(own.map(({ predicted }) => drawable(predicted[i], predicted[i])));
      return { low: middle, high: middle, middle };
    });
    const line = { color: color(1), dash: "dash", width: 2 };
    const key = { group: "theory", label: "theory, step 0", line };
    return { x: at.map((i) => own[0].layers[i]), cells, line, keys: at.length ? [key] : [] };
  }

  // Markers at the edge of a chart for what a logarithm cannot show.
  function edgeMarkers({ x, cells, group, tint, bounds, text, uid, axes = {} }) {
    const kinds = [["zero", "bottom", "triangle-down-open", "exactly 0"], ["wild", "top", "x", "NaN or infinite"]];
    return kinds.flatMap(([kind, edge, symbol, what]) => {
      const at = cells.flatMap((c, i) => (c[kind] ? [i] : []));
      if (!at.length) return [];
      return [{
        type: "scatter", mode: "markers", legendgroup: group, uid: uid + kind, name: what, ...axes,
        x: at.map((i) => x[i]), y: at.map(() => bounds[edge]), marker: { symbol, size: 9, color: tint },
        customdata: at.map((i) => text(i, cells[i])), hovertemplate: `%{customdata}: ${what}<extra></extra>`,
      }];
    });
  }

  // Lines that lie on each other: per line the places of those that it lies
  // under. `height` is the axis's.
  function covering(lines, height) {
    const same = (a, b) => a.x.length === b.x.length && a.x.every((x, i) => {
      const [y, z] = [a.cells[i].middle, b.cells[i].middle];
      return x === b.x[i] && (isNumber(y) && isNumber(z) ? Math.abs(y - z) < NEAR * height : y === z);
    });
    const isDrawn = (line) => line.cells.some((c) => isNumber(c.middle));
    return lines.map((line, i) =>
      lines.flatMap((over, k) => (k > i && isDrawn(line) && same(line, over) ? [k] : [])));
  }

  // How much wider each is drawn: one that others cover shows on both sides.
  const rims = (covers) => covers.map((over) => Math.min(over.length * RIM, WIDEST));

  // Says which lines coincide: those under others with the ones over them.
  function coincide(covers, labels) {
    const told = new Set();
    const sentences = covers.flatMap((over, i) => {
      if (!over.length || told.has(i)) return [];
      over.forEach((k) => told.add(k));
      return [[i, ...over].map((k) => labels[k]).join(", ")];
    });
    return sentences.map((names) => `These coincide, the ones below drawn wider: ${names}. `).join("");
  }

  return {
    $, isNumber, isNarrow, isDark, tone, color, dash, marker, plain, drawable, estimate, together, extent, decades,
    layers, draw, targetKeys, swatches, lineWithBand, theory, edgeMarkers, covering, rims, coincide, DASHES,
  };
}
