"use strict";
// Draws the charts from the data in the page. Names come from files: as text
// they go through textContent, into charts through plain().
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { runs, groups } = data;
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const isNumber = (value) => typeof value === "number";

  // Okabe and Ito's colours for the colour-blind, without the yellow, which
  // white swallows; in place of their black there is the text's own colour.
  const COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
  const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"];
  const MARKERS = ["circle", "square", "diamond", "triangle-up", "star", "cross", "hexagon", "bowtie"];
  const VIRIDIS = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142],
    [31, 158, 137], [53, 183, 121], [109, 205, 89], [180, 222, 44], [253, 231, 37]];
  const MOST_LINES = 16; // layers drawn over training
  const MOST_STOPS = 100; // places of the slider

  const isDark = () => root.dataset.theme === "dark";
  const tone = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const color = (i) => COLORS[i % 7] ?? tone("--ink");
  const dash = (i) => DASHES[Math.floor(i / 7) % DASHES.length];
  const faded = (hex) => (hex[0] === "#" ? hex + "33" : hex);

  // Plotly reads a few HTML tags in its texts; in a name they are letters.
  const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const shortened = (text) => plain(text.length > 36 ? text.slice(0, 17) + "…" + text.slice(-18) : text);

  // Colour of a depth between 0 and 1; the ends that paper swallows are left out.
  function depthColor(depth) {
    const [from, to] = isDark() ? [0.25, 1] : [0, 0.88];
    const at = (from + depth * (to - from)) * (VIRIDIS.length - 1);
    const i = Math.min(Math.floor(at), VIRIDIS.length - 2);
    const mixed = VIRIDIS[i].map((c, k) => Math.round(c + (at - i) * (VIRIDIS[i + 1][k] - c)));
    return "#" + mixed.map((c) => c.toString(16).padStart(2, "0")).join("");
  }

  // A value of the data: thousandths of a decade, "-inf" for a norm of 0, "inf",
  // "NaN" or null. What can be drawn of a bucket, and what else is in it.
  function cell(run, bucket, layer) {
    const low = run.low[bucket][layer];
    return drawable(low, run.high ? run.high[bucket][layer] : low);
  }

  function drawable(low, high) {
    const zero = low === "-inf" || high === "-inf";
    const wild = low === "NaN" || low === "inf" || high === "NaN" || high === "inf";
    if (!isNumber(low)) low = isNumber(high) ? high : null;
    if (!isNumber(high)) high = low;
    if (low === null) return { low: null, high: null, middle: null, zero, wild };
    return { low: low / 1000, high: high / 1000, middle: (low + high) / 2000, zero, wild };
  }

  // Lowest and highest drawable norm of some runs, and whether there are zeros
  // or wild values, which stand below and above.
  function extent(some) {
    let [low, high, zero, wild] = [Infinity, -Infinity, false, false];
    for (const run of some) {
      for (const rows of run.high ? [run.low, run.high] : [run.low]) {
        for (const row of rows) {
          for (const value of row) {
            if (isNumber(value)) {
              if (value < low) low = value;
              if (value > high) high = value;
            } else if (value === "-inf") zero = true;
            else if (value !== null) wild = true;
          }
        }
      }
    }
    if (low > high) [low, high] = [-1000, 1000];
    [low, high] = [low / 1000, high / 1000];
    const gap = Math.max((high - low) * 0.06, 0.1);
    return {
      bottom: low - gap, top: high + gap, zero, wild,
      range: [low - gap * (zero ? 2 : 1), high + gap * (wild ? 2 : 1)],
    };
  }

  const middleStep = (run, bucket) => (run.first[bucket] + run.last[bucket]) / 2;
  const stepText = (run, bucket) =>
    run.first[bucket] === run.last[bucket] ? `${run.first[bucket]}` : `${run.first[bucket]}–${run.last[bucket]}`;
  const layerText = (run, i) => `layer ${run.layers[i]}` + (run.names[i] ? ` (${plain(run.names[i])})` : "");
  const axisTitle = (some) => {
    const names = [...new Set(some.map((run) => run.quantity))];
    return "log₁₀ " + (names.length > 1 ? "norm" : plain(names[0]));
  };

  function layout(own) {
    const isNarrow = window.innerWidth < 800;
    const axis = {
      gridcolor: tone("--grid"), linecolor: tone("--line"), zeroline: false, automargin: true, ticks: "outside",
      tickcolor: tone("--line"), exponentformat: "power",
    };
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true,
      font: { color: tone("--ink"), family: "system-ui, sans-serif", size: isNarrow ? 11 : 13 },
      margin: { l: 50, r: isNarrow ? 8 : 20, t: 28, b: 44 },
      hoverlabel: { namelength: 40, bgcolor: tone("--paper"), bordercolor: tone("--line"), font: { color: tone("--ink") } },
      legend: isNarrow ? { orientation: "h", yref: "container", y: 0, yanchor: "bottom" } : { y: 1 },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: tone("--soft"), activecolor: tone("--ink") },
      uirevision: "kept",
      ...own,
      xaxis: { ...axis, ...own.xaxis },
      yaxis: { ...axis, ...own.yaxis },
    };
  }
  const CONFIG = {
    responsive: true, displaylogo: false, showTips: false,
    modeBarButtonsToRemove: ["lasso2d", "select2d"], toImageButtonOptions: { filename: "vgrad" },
  };
  const draw = (id, traces, own) => Plotly.react(id, traces, layout(own), CONFIG);

  // A line with a band around it where points stand for several steps.
  function lineWithBand({ x, cells, name, group, line, mode, marker, text, hover, legend = true, uid }) {
    const isBanded = cells.some((c) => c.high !== c.low);
    const common = { legendgroup: group, x, type: "scatter" };
    const traces = [];
    if (isBanded) {
      const edge = { ...common, mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false };
      traces.push({ ...edge, uid: uid + "low", y: cells.map((c) => c.low) });
      traces.push({ ...edge, uid: uid + "high", y: cells.map((c) => c.high), fill: "tonexty", fillcolor: faded(line.color) });
    }
    const range = (c) => (c.high !== c.low && c.low !== null ? ` (${c.low.toFixed(2)} … ${c.high.toFixed(2)})` : "");
    traces.push({
      ...common, uid: uid + "line", mode, line, marker, name, showlegend: legend, y: cells.map((c) => c.middle),
      customdata: cells.map((c, i) => `${text(i)}${range(c)}`), hovertemplate: hover,
    });
    return traces;
  }

  // Markers at the edge of a chart for what a logarithm cannot show.
  function edgeMarkers({ x, cells, group, tint, bounds, text, uid }) {
    const kinds = [["zero", "bottom", "triangle-down-open", "exactly 0"], ["wild", "top", "x", "NaN or infinite"]];
    return kinds.flatMap(([kind, edge, symbol, what]) => {
      const at = cells.flatMap((c, i) => (c[kind] ? [i] : []));
      if (!at.length) return [];
      return [{
        type: "scatter", mode: "markers", legendgroup: group, showlegend: false, uid: uid + kind, name: what,
        x: at.map((i) => x[i]), y: at.map(() => bounds[edge]), marker: { symbol, size: 9, color: tint },
        customdata: at.map((i) => text(i)), hovertemplate: `%{customdata}: ${what}<extra></extra>`,
      }];
    });
  }

  // ---- the norm over the layers, with the slider

  // Steps at which some bucket of some run begins, or a run ends, thinned out evenly.
  const allStops = [...new Set(runs.flatMap((run) => [...run.first, run.table.steps[1]]))].sort((a, b) => a - b);
  const stops = allStops.length <= MOST_STOPS ? allStops
    : Array.from({ length: MOST_STOPS }, (_, i) => allStops[Math.round(i * (allStops.length - 1) / (MOST_STOPS - 1))]);
  const profileBounds = extent(runs);
  // Where each run has a layer.
  const places = runs.map((run) => new Map(run.layers.map((layer, i) => [layer, i])));

  // What a run reads at a step: exactly at its ends, elsewhere the last bucket
  // that has begun.
  function profileAt(run, step) {
    const { steps, initial, last } = run.table;
    const [values, own] = step <= steps[0] ? [initial[0], steps[0]] : step >= steps[1] ? [last[0], steps[1]] : [];
    if (values) return { cells: values.map((value) => drawable(value, value)), words: `${own}` };
    let bucket = 0;
    while (bucket + 1 < run.first.length && run.first[bucket + 1] <= step) bucket += 1;
    return { cells: run.layers.map((_, i) => cell(run, bucket, i)), words: stepText(run, bucket) };
  }

  // The middle of some seeds, layer by layer, as cells. A 0 stands below all,
  // NaN and infinity above; halfway to them is one of them.
  function medianOf(group, profiles) {
    const height = (c) => c.middle ?? (c.zero ? -Infinity : c.wild ? Infinity : null);
    return runs[group.runs[0]].layers.map((layer) => {
      const cells = group.runs.map((r) => profiles[r].cells[places[r].get(layer)]).filter(Boolean);
      const values = cells.map(height).filter(isNumber).sort((a, b) => a - b);
      if (!values.length) return { middle: null };
      const middle = (values[(values.length - 1) >> 1] + values[values.length >> 1]) / 2;
      return Number.isFinite(middle) ? { middle } : { middle: null, zero: middle === -Infinity, wild: middle !== -Infinity };
    });
  }

  function drawProfile() {
    const step = stops[$("step").value];
    const traces = [];
    const late = [];
    const profiles = runs.map((run) => profileAt(run, step));
    runs.forEach((run, r) => {
      const { cells, words } = profiles[r];
      if (step > run.table.steps[1]) late.push(`${run.label} ended at step ${words}`);
      const text = (i) => `${plain(run.label)}, ${layerText(run, i)}, step ${words}`;
      const own = { x: run.layers, cells, group: `run${r}`, text, uid: `run${r}` };
      traces.push(...lineWithBand({
        ...own, name: shortened(run.label), line: { color: color(r), dash: dash(r), width: 2 },
        mode: run.layers.length > 80 ? "lines" : "lines+markers", marker: { symbol: MARKERS[r % 8], size: 6, color: color(r) },
        hover: "%{customdata}<br>%{y:.3f}<extra></extra>",
      }));
      traces.push(...edgeMarkers({ ...own, tint: color(r), bounds: profileBounds }));
    });
    groups.forEach((group, g) => {
      const own = { x: runs[group.runs[0]].layers, group: `median${g}`, uid: `median${g}` };
      const cells = medianOf(group, profiles);
      traces.push({
        type: "scatter", mode: "lines", x: own.x, y: cells.map((c) => c.middle), uid: own.uid, legendgroup: own.group,
        name: `median of ${shortened(group.label)}`, line: { color: tone("--ink"), width: 4, dash: DASHES[(g + 2) % 5] },
        hovertemplate: "median, layer %{x}<br>%{y:.3f}<extra></extra>",
      });
      const text = (i) => `median of ${plain(group.label)}, layer ${own.x[i]}`;
      traces.push(...edgeMarkers({ ...own, cells, text, tint: tone("--ink"), bounds: profileBounds }));
    });
    draw("profile", traces, {
      xaxis: { title: { text: "layer" } },
      yaxis: { title: { text: axisTitle(runs) }, range: profileBounds.range },
      showlegend: true,
    });
    const shown = [...new Set(profiles.map((profile) => profile.words))];
    const words = shown.length === 1 ? shown[0] : `${step}`;
    $("step-text").textContent = `${words} of ${allStops.at(-1)}`;
    $("step").setAttribute("aria-valuetext", `step ${words}`);
    const thinned = stops.length < allStops.length ? `The slider stops at ${stops.length} of ${allStops.length} places. ` : "";
    $("profile-note").textContent = thinned + (late.length ? `${late.join("; ")}: the last is shown.` : "");
  }

  // ---- the norm over training

  function drawTraining() {
    const run = runs[$("training-run").value];
    const n = run.layers.length;
    const every = Math.max(1, Math.ceil((n - 1) / (MOST_LINES - 1)));
    const chosen = run.layers.map((_, i) => i).filter((i) => i % every === 0 || i === n - 1);
    const bounds = extent([run]);
    const x = run.first.map((_, b) => middleStep(run, b));
    const traces = chosen.flatMap((i, k) => {
      const tint = depthColor(n > 1 ? i / (n - 1) : 0);
      const cells = x.map((_, b) => cell(run, b, i));
      const text = (b) => `${layerText(run, i)}, step ${stepText(run, b)}`;
      const own = { x, cells, group: `layer${i}`, text, uid: `layer${i}` };
      return [
        ...lineWithBand({
          ...own, name: `layer ${run.layers[i]}`, line: { color: tint, width: 2, dash: DASHES[k % 3] },
          mode: x.length > 30 ? "lines" : "lines+markers", marker: { symbol: MARKERS[k % 8], size: 6 },
          hover: "%{customdata}<br>%{y:.3f}<extra></extra>",
        }),
        ...edgeMarkers({ ...own, tint, bounds }),
      ];
    });
    draw("training", traces, {
      xaxis: { title: { text: "step" } },
      yaxis: { title: { text: axisTitle([run]) }, range: bounds.range },
      showlegend: true, uirevision: `run${$("training-run").value}`,
    });
    const some = chosen.length < n ? `${chosen.length} of ${n} layers: every ${ordinal(every)} and the last. ` : "";
    $("training-note").textContent = some + pointText(run);
  }

  const ordinal = (n) => n + (["th", "st", "nd", "rd"][n % 100 > 10 && n % 100 < 14 ? 0 : n % 10] || "th");
  const pointText = (run) =>
    run.high ? `Each point is the min–max of ${run.per_bucket} logged steps; the line runs midway.` : "Every logged step is shown.";

  // ---- the heat map

  function drawHeat() {
    const run = runs[$("heat-run").value];
    const x = run.first.map((_, b) => middleStep(run, b));
    const cells = run.layers.map((_, i) => x.map((_, b) => cell(run, b, i)));
    const grid = (get) => cells.map((row) => row.map(get));
    const common = { type: "heatmap", x, y: run.layers };
    const traces = [{
      ...common, z: grid((c) => (c.zero || c.wild ? null : c.middle)), colorscale: "Viridis", name: "norm", uid: "norm",
      colorbar: { title: { text: "log₁₀", side: "top" }, thickness: 14, outlinewidth: 0, len: 0.7, y: 0, yanchor: "bottom" },
      customdata: run.high ? grid((c) => [c.low, c.high]) : undefined,
      hovertemplate: "layer %{y}, step %{x:.0f}<br>%{z:.3f}" + (run.high ? " (%{customdata[0]:.2f} … %{customdata[1]:.2f})" : "") + "<extra></extra>",
    }];
    for (const [kind, name, tint] of [["zero", "exactly 0", tone("--soft")], ["wild", "NaN or infinite", "#E6007E"]]) {
      if (!cells.some((row) => row.some((c) => c[kind]))) continue;
      traces.push({
        ...common, z: grid((c) => (c[kind] ? 1 : null)), name, uid: kind, showscale: false, showlegend: true,
        colorscale: [[0, tint], [1, tint]], zmin: 0, zmax: 1,
        hovertemplate: `layer %{y}, step %{x:.0f}<br>${name}` + (run.high ? " at some step" : "") + "<extra></extra>",
      });
    }
    draw("heat", traces, {
      xaxis: { title: { text: "step" } }, yaxis: { title: { text: "layer" } },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, margin: { l: 50, r: 8, t: 40, b: 44 },
      uirevision: `run${$("heat-run").value}`,
    });
    $("heat-note").textContent = pointText(run);
  }

  // ---- loss and accuracy

  function drawCurves(id, trainName, testName) {
    if (!$(id)) return;
    const values = runs.flatMap((run) => [run.curves[trainName], run.curves[testName]])
      .flatMap((curve) => [...curve.low, ...curve.high]).filter(isNumber);
    const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
    // Only a logarithm shows both ends of a loss that falls a lot.
    const isLog = id === "loss" && low > 0 && high / low > 20;
    let [wild, coarse] = [0, new Set()];
    const traces = runs.flatMap((run, r) => [[trainName, true], [testName, false]].flatMap(([name, isTrain]) => {
      const curve = run.curves[name];
      if (!curve.first.length) return [];
      wild += curve.high.filter((value) => !isNumber(value)).length;
      if (curve.per_point > 1) coarse.add(curve.per_point);
      const cells = curve.low.map((low, i) => {
        const ends = [low, curve.high[i]].filter(isNumber);
        if (!ends.length) return { low: null, high: null, middle: null };
        return { low: ends[0], high: ends.at(-1), middle: (ends[0] + ends.at(-1)) / 2 };
      });
      const hasTrain = run.curves[trainName].first.length > 0;
      return lineWithBand({
        x: curve.first.map((first, i) => (first + curve.last[i]) / 2), cells, group: `run${r}`, uid: `run${r}${name}`,
        name: shortened(run.label), legend: isTrain || !hasTrain,
        line: isTrain ? { color: color(r), dash: dash(r), width: 1.5 } : { color: color(r), width: 1, dash: "dot" },
        mode: isTrain && cells.length > 1 ? "lines" : "lines+markers",
        marker: { symbol: MARKERS[r % 8], size: 7, color: color(r) },
        text: (i) => `${plain(run.label)}, ${isTrain ? "training batch" : "test set"}, step ${curve.first[i] === curve.last[i]
          ? curve.first[i] : `${curve.first[i]}–${curve.last[i]}`}`,
        hover: "%{customdata}<br>%{y:.4g}<extra></extra>",
      });
    }));
    draw(id, traces, {
      xaxis: { title: { text: "step" } },
      yaxis: { title: { text: id }, type: isLog ? "log" : "linear", ...(id === "accuracy" ? { range: [-0.03, 1.03] } : {}) },
      showlegend: true,
    });
    $(`${id}-note`).textContent =
      (coarse.size ? `Each point is the min–max of up to ${Math.max(...coarse)} steps; the line runs midway. ` : "") +
      (wild ? `${wild} points hold NaN or infinite values, which are not drawn.` : "");
  }

  // ---- controls

  function options(select, withAll) {
    runs.forEach((run, r) => select.append(new Option(run.label, r)));
    if (withAll && runs.length > 1) select.append(new Option("all runs", "all"));
    select.parentElement.hidden = runs.length < 2;
  }

  function swatches() {
    for (const swatch of document.querySelectorAll(".swatch")) {
      const r = Number(swatch.dataset.run);
      swatch.style.stroke = color(r);
      swatch.style.strokeDasharray = { solid: "none", dash: "8 4", dot: "3 3", dashdot: "8 3 3 3", longdash: "12 4" }[dash(r)];
    }
  }

  function drawCharts() {
    swatches();
    drawProfile();
    drawTraining();
    drawHeat();
    drawCurves("loss", "train_loss", "test_loss");
    drawCurves("accuracy", "train_accuracy", "test_accuracy");
  }

  function setTheme(isDarkNow) {
    root.dataset.theme = isDarkNow ? "dark" : "light";
    $("theme").textContent = isDarkNow ? "Light" : "Dark";
    $("theme").setAttribute("aria-label", `Switch to ${isDarkNow ? "light" : "dark"} colours`);
    $("theme").setAttribute("aria-pressed", String(isDarkNow));
  }

  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  setTheme(prefersDark.matches);
  prefersDark.addEventListener("change", (event) => { setTheme(event.matches); drawCharts(); });
  $("theme").addEventListener("click", () => { setTheme(!isDark()); drawCharts(); });

  $("step").max = stops.length - 1;
  $("step").disabled = stops.length < 2;
  $("step").addEventListener("input", drawProfile);
  options($("training-run"));
  options($("heat-run"));
  options($("table-run"), true);
  $("training-run").addEventListener("change", drawTraining);
  $("heat-run").addEventListener("change", drawHeat);
  // Legends stand beside wide charts and below narrow ones.
  let wasNarrow = window.innerWidth < 800;
  window.addEventListener("resize", () => {
    if ((window.innerWidth < 800) !== wasNarrow) { wasNarrow = !wasNarrow; drawCharts(); }
  });

  drawCharts();
  layerTable(runs)();
})();
