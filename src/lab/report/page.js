// Draws the charts from the data in the page, each when its part is unfolded.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { runs, targets } = data;
  const {
    $, isNumber, isNarrow, isDark, tone, color, dash, marker, plain, drawable, estimate, together, extent, decades,
    layers, draw, targetKeys, swatches, lineWithBand, theory, edgeMarkers, covering, rims, coincide, DASHES,
  } = chartKit(data);
  const VIRIDIS = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142],
    [31, 158, 137], [53, 183, 121], [109, 205, 89], [180, 222, 44], [253, 231, 37]];
  const MOST_LINES = 16; // layers drawn over training
  const MOST_STOPS = 100; // places of the slider
  const DECADES = 4; // the fewest that an axis of norms spans
  const HOVER = "%{customdata}<extra></extra>";

  // Colour of a depth between 0 and 1; the ends that paper swallows are left out.
  function depthColor(depth) {
    const [from, to] = isDark() ? [0.25, 1] : [0, 0.88];
    const at = (from + depth * (to - from)) * (VIRIDIS.length - 1);
    const i = Math.min(Math.floor(at), VIRIDIS.length - 2);
    const mixed = VIRIDIS[i].map((c, k) => Math.round(c + (at - i) * (VIRIDIS[i + 1][k] - c)));
    return "#" + mixed.map((c) => c.toString(16).padStart(2, "0")).join("");
  }

  function cell(run, bucket, layer) {
    const low = run.low[bucket][layer];
    return drawable(low, run.high ? run.high[bucket][layer] : low);
  }

  const middleStep = (run, bucket) => (run.first[bucket] + run.last[bucket]) / 2;
  const stepText = (run, bucket) =>
    run.first[bucket] === run.last[bucket] ? `${run.first[bucket]}` : `${run.first[bucket]}–${run.last[bucket]}`;
  const placeText = (run, i) => (run.places ? run.places[i] : `layer ${run.layers[i]}`);
  const layerText = (run, i) => placeText(run, i) + (run.names[i] ? ` (${plain(run.names[i])})` : "");
  // A norm whose log10 this is, in words.
  const power = (height) => `10<sup>${height.toFixed(2)}</sup>`.replace("-", "−");
  const normText = (c) =>
    (isNumber(c.middle) ? `<br>${power(c.middle)}` : "") +
    (c.high !== c.low ? ` (${power(c.low)} … ${power(c.high)})` : "");

  // ---- the norm over the layers

  // Where each run has a layer.
  const places = runs.map((run) => new Map(run.layers.map((layer, i) => [layer, i])));

  const placeOf = (r, layer) => placeText(runs[r], places[r].get(layer));

  // A line with a gap behind every last time step of a stacked layer: the first one of the
  // next does not follow on it.
  function gapped(own, { x, cells, text }) {
    const ends = new Set(own.flatMap((r) => runs[r].stacked_ends ?? []));
    const at = x.flatMap((layer, i) => (ends.has(layer) ? [i, null] : [i]));
    return {
      x: at.map((i, k) => (i === null ? x[at[k - 1]] + 0.5 : x[i])),
      cells: at.map((i) => (i === null ? drawable(null, null) : cells[i])),
      text: (k, c) => (at[k] === null ? "" : text(at[k], c)),
    };
  }

  // A target's line at a step: of several seeds their mean. `profiles` has cells
  // and the step in words for each run.
  function lineOf(target, profiles) {
    const own = target.runs;
    const [first] = own;
    if (own.length === 1) {
      const { cells, words } = profiles[first];
      const text = (i, c) => `${layerText(runs[first], i)}, step ${words}${normText(c)}`;
      return gapped(own, { x: runs[first].layers, cells, text });
    }
    const x = [...new Set(own.flatMap((r) => runs[r].layers))].sort((a, b) => a - b);
    const cells = x.map((layer) => together(own.map((r) => profiles[r].cells[places[r].get(layer)]).filter(Boolean)));
    const place = (i) => placeOf(own.find((r) => places[r].has(x[i])), x[i]);
    return gapped(own, { x, cells, text: (i, c) => `${place(i)}, mean of ${own.length} seeds${normText(c)}` });
  }

  // The lines of all targets in one panel; `axes` names it. `wanted`: the places
  // of the targets that it shows.
  function panel(lines, wanted, bounds, axes, uid) {
    const covers = covering(wanted.map((t) => lines[t]), bounds.top - bounds.bottom);
    const widths = rims(covers);
    const traces = wanted.flatMap((t, k) => {
      const { x, cells, text } = lines[t];
      const own = {
        x, cells, axes, group: `target${t}`, uid: `${uid}${t}`,
        text: (i, c) => `${plain(targets[t].label)}, ${text(i, c)}`,
      };
      return [
        ...lineWithBand({
          ...own, name: plain(targets[t].label), line: { color: color(t), dash: dash(t), width: 2 + widths[k] },
          mode: x.length > 60 || targets.length > 8 ? "lines" : "lines+markers",
          marker: { symbol: marker(t), size: 6 + widths[k], color: color(t) }, hover: HOVER,
        }),
        ...edgeMarkers({ ...own, tint: color(t), bounds }),
      ];
    });
    return { traces, note: coincide(covers, wanted.map((t) => targets[t].label)) };
  }

  // Both ends of the runs side by side; on narrow screens one below the other.
  function drawEnds() {
    const at = (end) => runs.map((run) => ({
      cells: run.table[end ? "last" : "initial"][0].map((value) => drawable(value, value)), words: run.table.steps[end],
    }));
    const lines = [0, 1].map((end) => targets.map((target) => lineOf(target, at(end))));
    const moves = (target) => target.runs.some((r) => runs[r].table.steps[0] !== runs[r].table.steps[1]);
    const all = targets.map((_, t) => t);
    const wanted = [all, all.filter((t) => moves(targets[t]))];
    const { keys, ...expected } = theory();
    const bounds = extent([...lines.flat(), expected].flatMap((line) => line.cells), DECADES);
    const isOne = !wanted[1].length;
    const steps = (end) => {
      const own = wanted[end].flatMap((t) => targets[t].runs.map((r) => runs[r].table.steps[end]));
      const [low, high] = [Math.min(...own), Math.max(...own)];
      return low === high ? `step ${low}` : `steps ${low} to ${high}`;
    };
    const parts = [0, 1].slice(0, isOne ? 1 : 2).map((end) =>
      panel(lines[end], wanted[end], bounds, end ? { xaxis: "x2", yaxis: "y2" } : {}, `end${end}-`));
    const title = (end, x, y) => ({
      text: `${["start", "end"][end]}: ${steps(end)}`, x, y, xref: "paper", yref: "paper", showarrow: false,
      xanchor: "left", yanchor: "bottom", font: { size: isNarrow() ? 12 : 14 },
    });
    const [x, y] = [layers(runs), decades(runs, bounds)];
    const domains = isOne ? { xaxis: x, yaxis: y, annotations: [title(0, 0, 1)] }
      : isNarrow() ? {
        xaxis: { ...x, title: undefined, anchor: "y" }, yaxis: { ...y, domain: [0.55, 1] },
        xaxis2: { ...x, anchor: "y2", matches: "x" }, yaxis2: { ...y, domain: [0, 0.44], anchor: "x2", matches: "y" },
        annotations: [title(0, 0, 1), title(1, 0, 0.44)],
      } : {
        xaxis: { ...x, domain: [0, 0.49] }, yaxis: y,
        xaxis2: { ...x, domain: [0.51, 1], anchor: "y2", matches: "x" },
        yaxis2: { ...y, title: undefined, anchor: "x2", matches: "y", showticklabels: false },
        annotations: [title(0, 0, 1), title(1, 0.51, 1)],
      };
    $("ends").classList.toggle("one", isOne);
    const predicted = keys.length === 0 ? [] : lineWithBand({
      ...expected, name: "theory", group: "theory", uid: "theory", mode: "lines", marker: {}, hover: HOVER,
      text: (i, c) => `theory, ${placeOf(0, expected.x[i])}${normText(c)}`,
    });
    draw("ends", [...parts.flatMap((part) => part.traces), ...predicted], domains, [...targetKeys(), ...keys]);
    const still = wanted[0].filter((t) => !wanted[1].includes(t)).map((t) => targets[t].label);
    const lone = !isOne && still.length ? `One logged step only, at the start: ${still.join(", ")}. ` : "";
    $("ends-note").textContent = lone + [...new Set(parts.map((part) => part.note))].join("");
  }

  // Steps at which some bucket of some run begins, or a run ends, thinned out evenly.
  const allStops = [...new Set(runs.flatMap((run) => [...run.first, run.table.steps[1]]))].sort((a, b) => a - b);
  const stops = allStops.length <= MOST_STOPS ? allStops
    : Array.from({ length: MOST_STOPS }, (_, i) => allStops[Math.round(i * (allStops.length - 1) / (MOST_STOPS - 1))]);
  const allCells = (some) => some.flatMap((run) => run.low.flatMap((row, b) => row.map((_, i) => cell(run, b, i))));

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

  let profileBounds;
  function drawProfile() {
    const step = stops[$("step").value];
    profileBounds ??= extent(allCells(runs), DECADES);
    const profiles = runs.map((run) => profileAt(run, step));
    const late = runs.flatMap((run, r) =>
      (step > run.table.steps[1] ? [`${run.label} ended at step ${profiles[r].words}`] : []));
    const lines = targets.map((target) => lineOf(target, profiles));
    const { traces, note } = panel(lines, targets.map((_, t) => t), profileBounds, {}, "profile");
    draw("profile", traces, { xaxis: layers(runs), yaxis: decades(runs, profileBounds) }, targetKeys());
    const shown = [...new Set(profiles.map((profile) => profile.words))];
    const words = shown.length === 1 ? shown[0] : `${step}`;
    $("step-text").textContent = `${words} of ${allStops.at(-1)}`;
    $("step").setAttribute("aria-valuetext", `step ${words}`);
    const thinned = stops.length < allStops.length ? `The slider stops at ${stops.length} of ${allStops.length} places. ` : "";
    $("profile-note").textContent = thinned + note + (late.length ? `${late.join("; ")}: the last is shown.` : "");
  }

  // ---- the norm over training

  function drawTraining() {
    const run = runs[$("training-run").value];
    const n = run.layers.length;
    const every = Math.max(1, Math.ceil((n - 1) / (MOST_LINES - 1)));
    const chosen = run.layers.map((_, i) => i).filter((i) => i % every === 0 || i === n - 1);
    const bounds = extent(allCells([run]), DECADES);
    const x = run.first.map((_, b) => middleStep(run, b));
    const lines = chosen.map((i) => ({ x, cells: x.map((_, b) => cell(run, b, i)) }));
    const covers = covering(lines, bounds.top - bounds.bottom);
    const widths = rims(covers);
    const style = chosen.map((i, k) => ({
      color: depthColor(n > 1 ? i / (n - 1) : 0), dash: DASHES[k % 3], width: 2 + widths[k],
    }));
    const traces = chosen.flatMap((i, k) => {
      const text = (b, c) => `${layerText(run, i)}, step ${stepText(run, b)}${normText(c)}`;
      const own = { ...lines[k], group: `layer${i}`, text, uid: `layer${i}` };
      return [
        ...lineWithBand({
          ...own, name: placeText(run, i), line: style[k], hover: HOVER,
          mode: x.length > 30 ? "lines" : "lines+markers", marker: { symbol: marker(k), size: 6 + widths[k] },
        }),
        ...edgeMarkers({ ...own, tint: style[k].color, bounds }),
      ];
    });
    const keys = chosen.map((i, k) => ({
      group: `layer${i}`, label: placeText(run, i), line: { color: style[k].color, dash: style[k].dash },
    }));
    draw("training", traces, {
      xaxis: { title: { text: "step" } }, yaxis: decades([run], bounds), uirevision: `run${$("training-run").value}`,
    }, keys);
    const some = chosen.length < n ? `${chosen.length} of ${n} ${run.one}s: every ${ordinal(every)} and the last. ` : "";
    $("training-note").textContent = some + pointText(run) + " " + coincide(covers, keys.map((own) => own.label));
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
    const place = run.places ? "%{customdata}" : "layer %{y}";
    const common = {
      type: "heatmap", x, y: run.layers,
      ...(run.places ? { customdata: cells.map((row, i) => row.map(() => run.places[i])) } : {}),
    };
    const traces = [{
      ...common, z: grid((c) => (c.zero || c.wild ? null : c.middle)), colorscale: "Viridis", name: "norm", uid: "norm",
      colorbar: {
        title: { text: plain(run.symbol), side: "top" }, thickness: 14, outlinewidth: 0, len: 0.8, y: 0, yanchor: "bottom",
        tickprefix: "10<sup>", ticksuffix: "</sup>", exponentformat: "none", nticks: 6,
      },
      text: grid(normText),
      hovertemplate: `${place}, step %{x:.0f}%{text}<extra></extra>`,
    }];
    for (const [kind, name, tint] of [["zero", "exactly 0", tone("--soft")], ["wild", "NaN or infinite", "#E6007E"]]) {
      if (!cells.some((row) => row.some((c) => c[kind]))) continue;
      traces.push({
        ...common, z: grid((c) => (c[kind] ? 1 : null)), name, uid: kind, showscale: false, showlegend: true,
        colorscale: [[0, tint], [1, tint]], zmin: 0, zmax: 1,
        hovertemplate: `${place}, step %{x:.0f}<br>${name}` + (run.high ? " at some step" : "") + "<extra></extra>",
      });
    }
    draw("heat", traces, {
      xaxis: { title: { text: "step" }, ...(run.first.length <= 12 ? { tickformat: "d" } : {}) },
      yaxis: { ...layers([run]) }, showlegend: traces.length > 1,
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, margin: { l: 50, r: 8, t: 40, b: 44 },
      uirevision: `run${$("heat-run").value}`,
    });
    $("heat-note").textContent = pointText(run);
  }

  // ---- loss and accuracy

  // One column of a target's training.csv as points: of several seeds the mean at
  // the steps that at least two of them have, on the scale that the axis has.
  function curveOf(target, name, isLog) {
    const points = (run) => {
      const curve = run.curves[name] ?? noCurve;
      return curve.low.map((low, i) => {
        const ends = [low, curve.high[i]].filter(isNumber);
        const [first, last] = [curve.first[i], curve.last[i]];
        return {
          first, last, low: ends[0] ?? null, high: ends.at(-1) ?? null,
          middle: ends.length ? (ends[0] + ends.at(-1)) / 2 : null, wild: !isNumber(curve.high[i]),
        };
      });
    };
    const own = target.runs.map((r) => points(runs[r]));
    if (own.length === 1) return own[0];
    const steps = new Map();
    for (const point of own.flat()) steps.set(point.first, [...(steps.get(point.first) ?? []), point]);
    const scale = isLog ? [Math.log10, (v) => 10 ** v] : [(v) => v, (v) => v];
    return [...steps.values()].filter((all) => all.length > 1).sort((a, b) => a[0].first - b[0].first).map((all) => {
      const { first, last } = all[0];
      if (all.some((point) => point.wild)) return { first, last, low: null, high: null, middle: null, wild: true };
      const { low, high, middle } = estimate(all.map((point) => scale[0](point.middle)));
      return { first, last, low: scale[1](low), high: scale[1](high), middle: scale[1](middle) };
    });
  }

  const noCurve = { first: [], last: [], low: [], high: [], per_point: 1 };

  function drawCurves(id, trainName, testName) {
    if (!$(id)) return;
    const curves = runs.flatMap((run) => [trainName, testName].map((name) => run.curves[name] ?? noCurve));
    const values = curves
      .flatMap((curve) => [...curve.low, ...curve.high]).filter(isNumber);
    const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
    // Only a logarithm shows both ends of a loss that falls a lot.
    const isLog = id === "loss" && low > 0 && high / low > 20;
    const lines = [trainName, testName].map((name) => targets.map((target) => {
      const cells = curveOf(target, name, isLog);
      return { x: cells.map((c) => (c.first + c.last) / 2), cells };
    }));
    const onAxis = (line) => ({
      x: line.x,
      cells: line.cells.map((c) => ({ middle: isLog && isNumber(c.middle) ? Math.log10(c.middle) : c.middle })),
    });
    const height = id === "accuracy" ? 1 : isLog ? Math.log10(high / low) : high - low;
    const covers = lines.map((own) => covering(own.map(onAxis), height));
    const widths = covers.map(rims);
    const traces = targets.flatMap((target, t) => [0, 1].flatMap((part) => {
      const { x, cells } = lines[part][t];
      if (!cells.length) return [];
      const own = { color: color(t), dash: dash(t) };
      const seeds = target.runs.length > 1 ? `, mean of ${target.runs.length} seeds` : "";
      const step = (c) => (c.first === c.last ? c.first : `${c.first}–${c.last}`);
      return lineWithBand({
        opacity: part ? 1 : 0.5, x, cells, group: `target${t}`, uid: `target${t}-${part}`, name: plain(target.label),
        line: { ...own, width: (part ? 2 : 1.3) + widths[part][t] },
        mode: part || cells.length === 1 ? (cells.length > 40 ? "lines" : "lines+markers") : "lines",
        marker: { symbol: marker(t), size: 6 + widths[part][t], color: color(t) },
        text: (i) => `${plain(target.label)}, ${["training batch", "test set"][part]}${seeds}, step ${step(cells[i])}`,
        hover: "%{customdata}<br>%{y:.4g}<extra></extra>",
      });
    }));
    // A line for each level that guessing has: different data have different ones.
    const levels = [...new Set(targets.map((target) => target.guessing[id]).filter(isNumber))];
    const ends = curves.flatMap((curve) => [curve.first[0], curve.last.at(-1)]).filter(isNumber);
    const x = [Math.min(...ends), Math.max(...ends)];
    const chance = { color: tone("--ink"), dash: "dash", width: 1.5 };
    const drawn = levels.map((level, i) => ({
      type: "scatter", mode: "lines", x, y: [level, level], line: chance, legendgroup: "guessing", uid: `guessing${i}`,
      name: "guessing", hovertemplate: `guessing: ${level.toPrecision(3)}<extra></extra>`,
    }));
    const at = (level) => (isLog ? Math.log10(level) : level);
    // Levels too near for a name each share one.
    const clusters = [];
    for (const level of levels.toSorted((a, b) => a - b)) {
      const own = clusters.at(-1);
      if (own && at(level) - at(own.at(-1)) < 0.07 * height) own.push(level);
      else clusters.push([level]);
    }
    const names = clusters.map((own) => ({
      text: "guessing " + [...new Set([own[0], own.at(-1)].map((level) => level.toPrecision(3)))].join("–"),
      x: 1, xref: "paper", xanchor: "right", y: at(own.at(-1)), yanchor: "bottom", showarrow: false, font: { size: 12 },
      bgcolor: tone("--veil"), borderpad: 1,
    }));
    const top = Math.max(high, ...levels);
    const bottom = Math.min(low, ...levels);
    const gap = (top - bottom) * 0.06 || 0.1;
    const range = id === "accuracy" ? [-0.03, 1.03]
      : isLog ? [Math.log10(bottom) - 0.1, Math.log10(top) + 0.1] : [bottom - gap, top + gap];
    draw(id, [...traces, ...drawn], {
      xaxis: { title: { text: "step" } },
      yaxis: {
        title: { text: id.replace("-", " ") }, type: isLog ? "log" : "linear", range,
        ...(isLog ? { dtick: range[1] - range[0] > 1.5 ? 1 : "D2" } : {}),
      },
      annotations: names,
    }, [...targetKeys(), ...(levels.length ? [{ group: "guessing", label: "guessing", line: chance }] : [])]);
    const most = Math.max(...curves.map((curve) => curve.per_point));
    const wild = lines.flat().flatMap((line) => line.cells).filter((c) => c.wild).length;
    const labels = targets.map((target) => target.label);
    $(`${id}-note`).textContent =
      (most > 1 ? `Each point is the min–max of up to ${most} steps; the line runs midway. ` : "") +
      (wild ? `${wild === 1 ? "1 point holds" : `${wild} points hold`} NaN or infinite values, which are not drawn. ` : "") +
      [...new Set(covers.map((own) => coincide(own, labels)))].join("");
  }

  // ---- controls

  function options(select, withAll) {
    runs.forEach((run, r) => select.append(new Option(run.label, r)));
    if (withAll && runs.length > 1) select.append(new Option("all runs", "all"));
    select.parentElement.hidden = runs.length < 2;
  }

  options($("training-run"));
  options($("heat-run"));
  options($("table-run"), true);
  const drawLayers = layerTable(runs);
  const folds = {
    curves: () => {
      drawCurves("loss", "train_loss", "test_loss");
      drawCurves("energy-distance", "", "energy_distance");
      drawCurves("accuracy", "train_accuracy", "test_accuracy");
    },
    profile: drawProfile, training: drawTraining, heat: drawHeat, layers: drawLayers,
  };
  const isOpen = (name) => $(`fold-${name}`)?.open;

  function drawCharts() {
    swatches();
    drawEnds();
    Object.keys(folds).filter(isOpen).forEach((name) => folds[name]());
  }
  for (const name of Object.keys(folds)) {
    $(`fold-${name}`)?.addEventListener("toggle", () => { if (isOpen(name)) folds[name](); });
  }

  function setTheme(isDarkNow) {
    document.documentElement.dataset.theme = isDarkNow ? "dark" : "light";
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
  $("training-run").addEventListener("change", drawTraining);
  $("heat-run").addEventListener("change", drawHeat);
  // Panels stand side by side on wide screens and one below the other on narrow ones.
  let wasNarrow = isNarrow();
  window.addEventListener("resize", () => {
    if (isNarrow() !== wasNarrow) { wasNarrow = !wasNarrow; drawCharts(); }
  });

  drawCharts();
})();
