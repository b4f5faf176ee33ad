// The layer table: what the layers of one or all runs read at both ends, sorted
// by any column. Gives the function that draws it. Names come from files and go
// through textContent.
function layerTable(runs) {
  const MOST_ROWS = 400; // before one asks for more
  const $ = (id) => document.getElementById(id);
  const isNumber = (value) => typeof value === "number";
  const quantities = [...new Set(runs.map((run) => run.quantity))];

  const sorting = { column: 0, isDown: false };
  let mostRows = MOST_ROWS;

  // The columns of the runs shown, by name: runs need not have the same.
  function tableColumns(shown) {
    const names = [...new Set(shown.flatMap((run) => run.table.columns))];
    const words = [...new Set(shown.map((run) => run.layer_axis))];
    const steps = [0, 1].map((end) => [...new Set(shown.map((run) => run.table.steps[end]))]);
    const title = (end) => (steps[end].length === 1 ? `step ${steps[end][0]}` : ["first", "last"][end]);
    const ends = shown.every((run) => run.table.steps[0] === run.table.steps[1]) ? [0] : [0, 1];
    return [
      ...(shown.length > 1 ? [{ title: "run", isText: true, get: (run) => run.label }] : []),
      { title: words.length === 1 ? words[0] : "layer", get: (run, i) => run.layers[i], digits: 0 },
      { title: "name", isText: true, get: (run, i) => run.names[i] },
      ...names.flatMap((name) => ends.map((end) => {
        const isNorm = name.endsWith("_norm") || quantities.includes(name);
        return {
          title: `${isNorm ? "log₁₀ " : ""}${name}\n${title(end)}`, digits: 3,
          get: (run, i) => {
            const column = run.table.columns.indexOf(name);
            const value = column < 0 ? null : run.table[end ? "last" : "initial"][column][i];
            return isNumber(value) && isNorm ? value / 1000 : value;
          },
        };
      })),
    ];
  }

  const WORDS = { "-inf": -Infinity, inf: Infinity };
  // What does not apply and NaN come last, either way.
  function compare(a, b, isDown) {
    const [x, y] = [a, b].map((value) => (Object.hasOwn(WORDS, value) ? WORDS[value] : value));
    const isLast = (value) => value === null || value === "NaN";
    if (isLast(x) || isLast(y)) return isLast(x) - isLast(y);
    const order = typeof x === "string" ? x.localeCompare(y, "en", { numeric: true }) : x < y ? -1 : x > y ? 1 : 0;
    return isDown ? -order : order;
  }

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function draw() {
    const choice = $("table-run").value;
    const shown = choice === "all" ? runs : [runs[choice]];
    const columns = tableColumns(shown);
    sorting.column = Math.min(sorting.column, columns.length - 1);
    const rows = shown.flatMap((run) => run.layers.map((_, i) => columns.map((column) => column.get(run, i))));
    rows.sort((a, b) => compare(a[sorting.column], b[sorting.column], sorting.isDown));
    const head = element("tr");
    columns.forEach((column, c) => {
      const th = element("th", undefined, column.isText ? "text" : "");
      th.scope = "col";
      if (c === sorting.column) th.setAttribute("aria-sort", sorting.isDown ? "descending" : "ascending");
      const button = element("button", column.title);
      button.type = "button";
      button.addEventListener("click", () => {
        sorting.isDown = sorting.column === c && !sorting.isDown;
        sorting.column = c;
        draw();
        $("layers").tHead.rows[0].cells[c].firstChild.focus();
      });
      th.append(button);
      head.append(th);
    });
    const text = (value, { digits }) => {
      if (value === null) return "";
      if (value === "-inf") return "0 exactly";
      if (!isNumber(value)) return value;
      const isTiny = value !== 0 && Math.abs(value) < 1e-4;
      return isTiny || Math.abs(value) >= 1e6 ? value.toExponential(2) : value.toFixed(digits);
    };
    const body = rows.slice(0, mostRows).map((row) => {
      const tr = element("tr");
      row.forEach((value, c) => tr.append(element("td", text(value, columns[c]), columns[c].isText ? "text" : "")));
      return tr;
    });
    $("layers").tHead.replaceChildren(head);
    $("layers").tBodies[0].replaceChildren(...body);
    const note = $("layers-note");
    note.textContent = "";
    if (rows.length > mostRows) {
      note.textContent = `${mostRows} of ${rows.length} rows in this order. `;
      const more = element("button", "Show all");
      more.type = "button";
      more.addEventListener("click", () => { mostRows = Infinity; draw(); });
      note.append(more);
    }
  }

  $("table-run").addEventListener("change", draw);
  return draw;
}
