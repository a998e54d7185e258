// Gates, mixing coefficients and attention as heat maps with names and numbers, and a slider over the validations.

const NUMBERED = 12; // most columns with a number in every cell

/** White at 0, full at the largest size of a value. */
function shade(palette, part, signed) {
  const at = Math.min(1, Math.abs(part));
  if (!signed) return between(palette.rising[0], palette.rising[1], at);
  return between(palette.signed[1], palette.signed[part < 0 ? 0 : 2], at);
}

function written(value) {
  return value.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−");
}

/** One table; null stands for a cell that is not there. */
function heatmap({ name, rows, columns, values, limit, signed }, palette) {
  const box = element("div", "wbi-table"), table = element("table", "", box), small = columns.length > NUMBERED;
  if (name) element("caption", "", table, name);
  table.classList.toggle("wbi-small", small);
  table.classList.toggle("wbi-steep", small || columns.some((each) => each.length > 9));
  const head = element("tr", "", element("thead", "", table));
  element("td", "", head);
  for (const column of columns) {
    const cell = element("th", "", head);
    cell.scope = "col";
    element("span", "", cell, column);
  }
  const body = element("tbody", "", table);
  rows.forEach((row, i) => {
    const line = element("tr", "", body);
    element("th", "", line, row).scope = "row";
    columns.forEach((column, j) => {
      const value = values[i * columns.length + j], cell = element("td", "", line);
      if (value === null || value === undefined) {
        cell.className = "wbi-none";
        return;
      }
      if (!small) cell.textContent = written(value);
      else cell.setAttribute("aria-label", written(value));
      cell.title = `${row}, ${column}: ${written(value)}`;
      cell.style.background = `rgb(${shade(palette, value / limit, signed)})`;
    });
  });
  return box;
}

function render({ model, el }) {
  const { root, undo } = unfolding({ model, el }, "wbi", "What goes on inside?");
  const bar = element("div", "wbe-bar", root), time = element("label", "wbe-time", bar, "validation at step");
  const slider = element("input", "", time);
  slider.type = "range";
  slider.min = 0;
  slider.setAttribute("aria-label", "validation that is shown");
  const step = element("output", "", time), keys = element("span", "wbe-key wbi-key", bar);
  const tables = element("div", "wbi-tables", root);
  const title = element("div", "wbe-bar", root), texts = element("div", "wbi-tables", root);
  let chosen = null; // the step a person went back to; null: follow

  function legend(told, palette) {
    keys.replaceChildren();
    const kinds = new Set(told.tables.map((table) => table.signed));
    for (const signed of kinds) {
      const bar = element("i");
      bar.style.background = `linear-gradient(90deg, ${(signed ? palette.signed : palette.rising).join(", ")})`;
      keys.append(signed ? "below 0" : "0", bar, signed ? "above 0 " : "largest of its table ");
    }
    if (told.tables.some((table) => table.cut)) keys.append("· the first 40 rows and columns");
  }

  function draw() {
    const told = model.get("tables"), attention = model.get("attention"), palette = model.get("palette");
    const some = Boolean(told.steps), wrote = Boolean(attention.texts);
    bar.hidden = tables.hidden = !some;
    title.hidden = texts.hidden = !wrote;
    delete root.dataset.step;
    if (some) {
      const { steps } = told;
      let place = steps.length - 1;
      if (chosen !== null)
        place = steps.reduce((best, each, i) => (Math.abs(each - chosen) < Math.abs(steps[best] - chosen) ? i : best), 0);
      slider.max = steps.length - 1;
      slider.value = place;
      slider.disabled = steps.length < 2;
      step.textContent = steps[place].toLocaleString("en");
      slider.setAttribute("aria-valuetext", `step ${step.textContent}`);
      root.dataset.step = steps[place];
      legend(told, palette);
      const shown = told.tables.filter((table) => table.values[place]);
      tables.replaceChildren(...shown.map((table) => heatmap({ ...table, values: table.values[place] }, palette)));
    } else chosen = null;
    if (wrote) {
      title.replaceChildren();
      element("strong", "", title, `Where the writer looks, step ${attention.step.toLocaleString("en")}`);
      element("span", "wbe-key", title, "row: a word it writes; column: a word of the validation text; the deeper, the more attention");
      root.dataset.wrote = attention.step;
      texts.replaceChildren(...attention.texts.map(({ task, ...text }, i) =>
        heatmap({ ...text, name: `${task}, text ${i + 1}`, limit: Math.max(...text.values, 0.01), signed: false }, palette)));
    } else delete root.dataset.wrote;
  }

  slider.addEventListener("input", () => {
    const { steps } = model.get("tables"), place = +slider.value;
    chosen = place === steps.length - 1 ? null : steps[place];
    draw();
  });
  return following(model, ["tables", "attention"], draw, undo);
}

export default { render };
