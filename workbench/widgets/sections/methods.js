// What each method would do now: a section that opens on request, with a table of task shares per kind of method.

const FOOT =
  "Every method starts fresh here, with its default settings: those that learn or remember begin at equal weights. " +
  "Methods that need more than one Gramian and the losses (single coordinates, two halves, validation data) are left out.";

/** White at the share of equal weighting, full at twice as much, and at nothing or less. */
function color(palette, share, count) {
  const part = Math.max(-1, Math.min(1, share * count - 1)) * palette.strength;
  return `rgb(${between(palette.neutral, part < 0 ? palette.against : palette.favour, Math.abs(part))})`;
}

function percent(share) {
  return share === null ? "–" : `${Math.round(100 * share)}`.replace("-", "−");
}

function render({ model, el }) {
  let whole = false;
  const { root, undo } = unfolding({ model, el }, "wbm", "What would each method do now?");
  const bar = element("div", "wbm-bar", root);
  const step = element("strong", "wbm-step", bar);
  const key = element("span", "wbm-key", bar);
  const box = element("label", "wbm-all", bar);
  const all = element("input", "", box);
  all.type = "checkbox";
  const count = element("span", "", box);
  const grid = element("div", "wbm-grid", root);
  const foot = element("p", "wbm-foot", root);
  foot.textContent = FOOT;

  function legend(palette) {
    key.replaceChildren("share of the weights in %: ");
    for (const [share, text] of [[0, "less"], [0.5, "as in equal weighting"], [1, "more"]]) {
      const chip = element("i", "", key);
      chip.style.background = color(palette, share, 2);
      key.append(` ${text} `);
    }
    key.append("· ▼ against this task's gradient");
  }

  function row(body, each, { tasks, method }, palette) {
    const line = element("tr", each.own ? "wbm-own" : "", body);
    const name = element("th", "", line, each.own ? `this run: ${method}` : each.name);
    name.scope = "row";
    name.title = each.idea;
    each.share.forEach((share, i) => {
      const hurt = each.hurt.includes(i), cell = element("td", "", line, percent(share));
      if (hurt) element("span", "wbm-hurt", cell, " ▼").title = `against the gradient of ${tasks[i]}`;
      if (share !== null) cell.style.background = color(palette, share, tasks.length);
    });
    element("td", each.hurt.length ? "wbm-conflicts" : "wbm-none", line, `${each.hurt.length}`);
  }

  function draw() {
    const found = model.get("table"), palette = model.get("palette");
    const there = Boolean(found.groups);
    for (const part of [bar, grid, foot]) part.hidden = !there;
    delete root.dataset.step;
    if (!there) return;
    const { tasks, groups, method } = found, own = groups.filter((group) => !group.heading).flatMap((group) => group.rows);
    const kinds = groups.filter((group) => group.heading);
    const rows = kinds.flatMap((group) => group.rows);
    root.dataset.step = found.step;
    step.textContent = `step ${found.step.toLocaleString("en")}`;
    count.textContent = ` all ${rows.length} methods`;
    box.hidden = rows.every((each) => each.core);
    grid.classList.toggle("wbm-steep", tasks.length > 8 || tasks.some((task) => task.length > 8));
    grid.replaceChildren(...kinds.flatMap((group) => {
      const shown = group.rows.filter((each) => whole || each.core || each.name === method);
      if (!shown.length) return [];
      const table = element("table");
      element("caption", "", table, group.heading);
      const head = element("tr", "", element("thead", "", table));
      element("td", "", head);
      for (const task of [...tasks, "conflicts"]) {
        const cell = element("th", "", head);
        cell.scope = "col";
        element("span", "", cell, task);
      }
      const body = element("tbody", "", table);
      for (const each of own) row(body, { ...each, own: true }, found, palette);
      for (const each of shown) row(body, each, found, palette);
      return [table];
    }));
  }

  all.addEventListener("change", () => { whole = all.checked; draw(); });
  model.on("change:table", draw);
  legend(model.get("palette"));
  draw();
  return () => {
    undo();
    model.off("change:table", draw);
  };
}

export default { render };
