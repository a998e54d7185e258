// The runs of the store: a table to sort, to tick for the overlay, and to rename, note, open, continue and delete in.

const FOOT =
  "Δm: mean change against the single-task models of the same seed, on test; in brackets the 95 % interval of its mean " +
  "over seeds. Without single-task models in the store there is none: press “Compare with single tasks”. Best and last: " +
  "validation score.";

/** key, heading, what it is, how it reads; sorted by its key unless it says otherwise. */
const COLUMNS = [
  { key: "label", head: "run", hint: "its name" },
  { key: "method", head: "method", hint: "weighting, fusion, and what else differs" },
  { key: "status", head: "status", hint: "how it ended" },
  { key: "delta_m", head: "Δm %", hint: "mean change against single-task models, above 0 is better", read: (row) => gain(row) },
  { key: "best", head: "best", hint: "best validation score", read: (row) => digits(row.best) },
  { key: "last", head: "last", hint: "last validation score", read: (row) => digits(row.last) },
  { key: "steps", head: "steps", hint: "updates taken", read: (row) => whole(row.steps) },
  { key: "seconds", head: "time", hint: "time it trained", read: (row) => duration(row.seconds) },
  { key: "ms_per_step", head: "ms/step", hint: "milliseconds per step", read: (row) => digits(row.ms_per_step) },
  { key: "parameters", head: "params", hint: "parameters: numbers that are learned", read: (row) => whole(row.parameters) },
  { key: "started", head: "started", hint: "when it was started", sort: "run" },
];
const WORDS = new Set(["label", "method", "status", "started"]);

const signed = (text) => text.replace("-", "−");

function digits(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return signed(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3));
}

function whole(value) {
  if (value === null || value === undefined) return "–";
  return value >= 1e7 ? `${(value / 1e6).toFixed(1)}M` : value.toLocaleString("en");
}

function duration(seconds) {
  if (seconds === null) return "–";
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function plus(value) {
  const text = signed(value.toFixed(Math.abs(value) >= 100 ? 0 : 1));
  return value > 0 ? `+${text}` : text;
}

function gain(row) {
  if (row.baseline) return element("span", "wbr-range", null, "baseline");
  if (row.delta_m === null) return "–";
  const made = element("span");
  element("span", "", made, plus(row.delta_m));
  if (row.low !== null) {
    const range = element("span", "wbr-range", made, ` [${plus(row.low)}, ${plus(row.high)}]`);
    range.title = `95 % interval of the mean over ${row.seeds} seeds`;
  }
  return made;
}

function line(look) {
  const space = "http://www.w3.org/2000/svg", svg = document.createElementNS(space, "svg");
  const stroke = document.createElementNS(space, "line");
  for (const [name, value] of [["width", 26], ["height", 10], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  const style = { x1: 1, x2: 25, y1: 5, y2: 5, stroke: look.color, "stroke-width": 3, "stroke-dasharray": look.dash.join(" ") };
  for (const [name, value] of Object.entries(style)) stroke.setAttribute(name, value);
  svg.append(stroke);
  return svg;
}

/** The time if it was today, else the day. */
function started(at) {
  const now = new Date(), two = (number) => String(number).padStart(2, "0");
  const today = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  if (at.startsWith(today)) return at.slice(11);
  return at.startsWith(today.slice(0, 4)) ? at.slice(5, 10) : at.slice(0, 10);
}

/** The order of the rows: words by the alphabet, numbers from the best-known end; what is missing comes last. */
function ordered(rows, { key, down }) {
  const column = COLUMNS.find((each) => each.key === key), by = column.sort ?? key;
  const there = rows.filter((row) => row[by] !== null && row[by] !== undefined);
  const compare = (a, b) => (typeof a[by] === "string" ? a[by].localeCompare(b[by], "en", { numeric: true }) : a[by] - b[by]);
  there.sort((a, b) => (down ? compare(b, a) : compare(a, b)));
  return [...there, ...rows.filter((row) => !there.includes(row))];
}

class Table {
  constructor(model, root) {
    Object.assign(this, { model, root, sort: { key: "started", down: true }, editing: null, late: false });
    this.told = element("p", "wbe-note", root);
    this.told.setAttribute("role", "status");
    this.bar = element("div", "wbe-bar", root);
    this.count = element("strong", "", this.bar);
    this.everything = this.check("all problems", "everything");
    this.clear = element("button", "wbr-clear", this.bar, "untick all");
    this.clear.type = "button";
    this.clear.addEventListener("click", () => this.set("overlaid", []));
    this.said = element("p", "wbe-note wbr-said", root);
    this.said.setAttribute("role", "alert");
    this.scroll = element("div", "wbr-scroll", root);
    this.foot = element("p", "wbe-foot", root, FOOT);
    this.curves = element("div", "wbe-bar wbr-choice", root);
    const label = element("label", "", this.curves, "curves of the ticked runs: ");
    this.quantity = element("select", "", label);
    for (const name of model.get("quantities")) element("option", "", this.quantity, name).value = name;
    this.quantity.addEventListener("change", () => this.set("quantity", this.quantity.value));
    const table = element("table", "", this.scroll);
    element("caption", "wbr-hidden", table, "Runs of the store");
    this.heading(table);
    this.body = element("tbody", "", table);
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  check(text, trait) {
    const label = element("label", "wbr-all", this.bar), box = element("input", "", label);
    box.type = "checkbox";
    label.append(` ${text}`);
    box.addEventListener("change", () => this.set(trait, box.checked));
    return box;
  }

  heading(table) {
    const row = element("tr", "", element("thead", "", table));
    const first = element("th", "", row, "curves");
    first.scope = "col";
    this.heads = COLUMNS.map((column) => {
      const cell = element("th", WORDS.has(column.key) ? "wbr-word" : "", row);
      cell.scope = "col";
      const button = element("button", "", cell, column.head);
      Object.assign(button, { type: "button", title: `${column.hint}; press to sort` });
      button.addEventListener("click", () => {
        const same = this.sort.key === column.key;
        this.sort = { key: column.key, down: same ? !this.sort.down : !WORDS.has(column.key) || column.key === "started" };
        this.draw();
      });
      return cell;
    });
    element("th", "wbr-word", row, "note").scope = "col";
    element("th", "wbr-word wbr-do", row, "do").scope = "col";
  }

  // ---------------------------------------------------------------- what is shown

  draw() {
    const { model, root } = this, found = model.get("table"), rows = found.rows ?? [];
    const ticked = model.get("overlaid").filter((run) => rows.some((row) => row.run === run));
    Object.assign(root.dataset, { runs: rows.length, overlaid: ticked.length });
    this.told.textContent = [model.get("note") ? "" : found.empty, ...(found.faults ?? [])].filter(Boolean).join(" ");
    this.told.hidden = !this.told.textContent;
    this.said.textContent = model.get("said");
    this.said.hidden = !this.said.textContent;
    this.everything.checked = model.get("everything");
    this.quantity.value = model.get("quantity");
    this.clear.disabled = !ticked.length;
    this.bar.hidden = !found.rows;
    const older = found.left_out ? `; ${found.left_out} older ones are not shown` : "";
    this.count.textContent = `${rows.length} run${rows.length === 1 ? "" : "s"}${older}`;
    for (const part of [this.scroll, this.foot]) part.hidden = !rows.length;
    this.curves.hidden = !ticked.length;
    this.late = Boolean(this.editing);
    if (!this.late) this.fill(rows);
  }

  fill(rows) {
    const at = document.activeElement?.closest?.("[data-at]")?.dataset.at, mine = this.root.contains(document.activeElement);
    this.heads.forEach((cell, i) => {
      const { key } = COLUMNS[i], now = this.sort.key === key;
      if (now) cell.setAttribute("aria-sort", this.sort.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    this.body.replaceChildren(...ordered(rows, this.sort).map((row) => this.row(row)));
    if (mine && at) this.focus(at);
  }

  focus(at) {
    this.root.querySelector(`[data-at="${CSS.escape(at)}"]`)?.focus();
  }

  row(row) {
    const { model } = this, shown = row.run === model.get("shown"), made = element("tr", shown ? "wbr-shown" : "");
    const look = model.get("styles")[row.run], now = model.get("now")[row.run];
    made.dataset.run = row.run;
    const box = element("input", "", element("label", "", element("td", "wbr-tick", made)));
    Object.assign(box, { type: "checkbox", checked: model.get("overlaid").includes(row.run) });
    box.setAttribute("aria-label", `show the curves of ${row.label}`);
    box.dataset.at = `tick ${row.run}`;
    if (box.checked && look) box.after(line(look));
    box.addEventListener("change", () => {
      const others = model.get("overlaid").filter((run) => run !== row.run);
      this.set("overlaid", box.checked ? [...others, row.run] : others);
    });
    for (const { key, read } of COLUMNS) {
      const cell = element(key === "label" ? "th" : "td", WORDS.has(key) ? "wbr-word" : "", made);
      if (key === "label") this.name(cell, row);
      else if (key === "status") this.status(cell, row, now);
      else if (key === "started") element("span", "", cell, started(row.started)).title = row.started;
      else if (key === "steps") element("span", "wbr-steps", cell, whole(now?.steps ?? row.steps));
      else {
        cell.append(read ? read(row) : row[key]);
        if (key === "method") cell.title = row.method;
      }
    }
    this.editable(element("td", "wbr-word wbr-remark", made), row, "note", row.note, "add a note");
    this.actions(element("td", "wbr-word wbr-do", made), row, shown, now);
    return made;
  }

  name(cell, row) {
    cell.scope = "row";
    this.editable(cell, row, "rename", row.name, "name it");
    cell.firstChild.title = `folder ${row.run}; press to rename`;
  }

  status(cell, row, now) {
    cell.append(element("span", "wbr-status", null, now?.status ?? row.status));
    if (row.steered && row.status !== "stopped") element("span", "wbr-here", cell, "steered").title = "somebody changed it while it trained";
  }

  actions(cell, row, shown, now) {
    if (shown) this.button(cell, row, "shown", "the panel shows this run above", true, () => {});
    else this.button(cell, row, "open", "let the panel show this run above", false, () => this.ask("open", row));
    if (row.status === "interrupted" && !now)
      this.button(cell, row, "continue", "train on from its last checkpoint", false, () => this.ask("continue", row));
    this.button(cell, row, "delete", "remove its folder for good", Boolean(now), () => this.sure(cell, row));
  }

  button(cell, row, name, hint, disabled, action) {
    const made = element("button", "", cell, name);
    Object.assign(made, { type: "button", title: hint, disabled });
    made.setAttribute("aria-label", `${name} ${row.label}`);
    made.dataset.at = `${name} ${row.run}`;
    made.addEventListener("click", action);
    return made;
  }

  // ---------------------------------------------------------------- what is asked for

  ask(type, row, text = "") {
    this.model.send({ type, run: row.run, text });
  }

  /** A text that turns into a field when it is pressed: Enter and leaving it write, Escape does not. */
  editable(cell, row, action, text, invitation) {
    const what = action === "rename" ? "name" : "note";
    const button = element("button", text ? "wbr-text" : "wbr-text wbr-none", cell, text || invitation);
    Object.assign(button, { type: "button", title: text || invitation });
    button.setAttribute("aria-label", `${what} of ${row.label}: ${text || "none"}; press to change`);
    button.dataset.at = `${action} ${row.run}`;
    button.addEventListener("click", () => {
      const field = element("input", "wbr-field");
      Object.assign(field, { type: "text", value: text, maxLength: action === "rename" ? 80 : 400 });
      field.setAttribute("aria-label", `${what} of ${row.label}`);
      button.replaceWith(field);
      const done = () => { this.editing = null; this.draw(); };
      const write = () => {
        if (this.editing?.field !== field || field.disabled) return;
        if (field.value.trim() === text) return done();
        field.disabled = true;
        this.ask(action, row, field.value);
      };
      this.editing?.done();
      this.editing = { field, action, run: row.run, done };
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter") write();
        else if (event.key === "Escape") { done(); this.ask("dismiss", row); }
        else return;
        event.preventDefault();
        event.stopPropagation();
        if (!this.editing) this.focus(button.dataset.at);
      });
      field.addEventListener("blur", write);
      field.focus();
      field.select();
    });
  }

  sure(cell, row) {
    this.editing?.done();
    cell.replaceChildren();
    element("span", "wbr-sure", cell, "delete for good?");
    const done = () => { this.editing = null; this.draw(); this.focus(`delete ${row.run}`); };
    this.editing = { action: "delete", run: row.run, done };
    const yes = this.button(cell, row, "yes", "remove its folder", false, () => { yes.disabled = true; this.ask("delete", row); });
    const no = this.button(cell, row, "no", "keep it", false, done);
    yes.setAttribute("aria-label", `yes, delete ${row.label} for good`);
    no.setAttribute("aria-label", `no, keep ${row.label}`);
    cell.addEventListener("keydown", (event) => { if (event.key === "Escape") done(); }, { once: true });
    no.focus();
  }

  /** The kernel did what was asked for, or says why not: then the text stays in its field. */
  answer({ action, run, done }) {
    const { editing } = this;
    if (!editing || editing.action !== action || editing.run !== run) return;
    if (!done && editing.field) {
      editing.field.disabled = false;
      editing.field.focus();
      return;
    }
    this.editing = null;
    if (done && editing.field) {
      const row = this.model.get("table").rows?.find((each) => each.run === run);
      if (row) row[action === "rename" ? "name" : "note"] = editing.field.value.trim();
    }
    this.draw();
    this.focus(`${action} ${run}`);
  }

  /** Status and steps of runs in progress, without building the table anew. */
  tick() {
    for (const [run, now] of Object.entries(this.model.get("now"))) {
      const row = this.root.querySelector(`tr[data-run="${CSS.escape(run)}"]`);
      if (!row) continue;
      row.querySelector(".wbr-status").textContent = now.status;
      row.querySelector(".wbr-steps").textContent = whole(now.steps);
    }
  }
}

function render({ model, el }) {
  const { root, undo } = unfolding({ model, el }, "wbr", "Runs"), table = new Table(model, root);
  const heard = [["change:now", () => table.tick()]];
  heard.push(["msg:custom", (message) => { if (message.type === "answer") table.answer(message); }]);
  for (const [event, action] of heard) model.on(event, action);
  return following(model, ["table", "note", "said", "styles", "shown", "overlaid", "everything", "quantity"], () => table.draw(), () => {
    undo();
    for (const [event, action] of heard) model.off(event, action);
  });
}

export default { render };
