// Affinity maps over the steps: what is known of them, the picture with its slider, and the file to take away.

const LONGEST_NAME = 120; // pixels
const BESIDE = 14; // between the cells and the colour scale

// ---------------------------------------------------------------- data

/** The maps of a run, whole as they were measured or row by row as found by hand; see Maps in maps.py. */
class Maps {
  constructor(count, byRow, most) {
    Object.assign(this, { count, byRow, most, steps: [], rows: [], values: [], title: "", limit: 1, unit: 0 });
  }

  get n() {
    return this.steps.length;
  }

  /** Take in `news.n` more out of a DataView, from a byte on; returns the bytes read. */
  append(news, words, from) {
    const { n, title, limit, unit } = news, size = this.byRow ? this.count : this.count ** 2;
    Object.assign(this, { title, limit, unit });
    const part = (Kind, start, length) =>
      copied(Kind, new DataView(words.buffer, words.byteOffset + from + 4 * start, 4 * length));
    const before = this.byRow ? 2 * n : n;
    this.steps.push(...part(Uint32Array, 0, n));
    if (this.byRow) this.rows.push(...part(Uint32Array, n, n));
    for (let i = 0; i < n; i++) this.values.push(part(Float32Array, before + i * size, size));
    if (this.n > this.most) this.thin(this.most >> 1);
    return 4 * (before + n * size);
  }

  /** Keep the newest of each row, the first, the last, and others evenly over the steps. */
  thin(limit) {
    const keep = new Set(this.byRow ? this.tasks().map((row) => this.rows.lastIndexOf(row)) : []);
    const [first, last] = [this.steps[0], this.steps[this.n - 1]], even = Math.max(limit - keep.size, 1);
    for (let i = 0; i < even; i++) keep.add(this.nearest(last - (i * (last - first)) / Math.max(even - 1, 1)));
    for (const name of ["steps", "rows", "values"]) this[name] = this[name].filter((_, i) => keep.has(i));
  }

  tasks() {
    return [...new Set(this.rows)];
  }

  /** The place of the map nearest to a step. */
  nearest(step) {
    let best = 0;
    this.steps.forEach((at, i) => { if (Math.abs(at - step) < Math.abs(this.steps[best] - step)) best = i; });
    return best;
  }

  /** The place of the last map at or before a step; -1: none. */
  before(step) {
    return this.steps.filter((at) => at <= step).length - 1;
  }

  /** The map at a place: its cells, and the step at which each row was found (undefined: never). */
  at(place) {
    const { count, steps } = this;
    if (!this.byRow) return { values: this.values[place], found: new Array(count).fill(steps[place]) };
    const values = new Float32Array(count ** 2).fill(NaN), found = new Array(count);
    for (let i = 0; i <= place; i++) {
      values.set(this.values[i], this.rows[i] * count);
      found[this.rows[i]] = steps[i];
    }
    return { values, found };
  }

  /** How many of the maps up to a place know a cell, and at how many of them it is below 0. */
  below(place, row, column) {
    let known = 0, below = 0;
    for (let i = 0; i <= place; i++) {
      if (this.byRow && this.rows[i] !== row) continue;
      const value = this.values[i][this.byRow ? column : row * this.count + column];
      if (!Number.isFinite(value)) continue;
      known++;
      if (value < 0) below++;
    }
    return [below, known];
  }

  /** A line per value: step, from (train on), to (helps), value. */
  csv(names) {
    const quoted = names.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name));
    const lines = ["step,from,to,value"];
    this.steps.forEach((step, i) => this.values[i].forEach((value, k) => {
      const row = this.byRow ? this.rows[i] : Math.floor(k / this.count);
      if (Number.isFinite(value)) lines.push([step, quoted[row], quoted[k % this.count], shortest(value)].join());
    }));
    return `${lines.join("\n")}\n`;
  }
}

// ---------------------------------------------------------------- numbers and text

/** The shortest decimal number that is this one among all of single precision. */
function shortest(value) {
  return [6, 7, 8, 9].map((digits) => +value.toPrecision(digits)).find((number) => Math.fround(number) === value);
}

/** A number in a cell. */
function inCell(value) {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0).replace("-0.00", "0.00").replace("-", "−");
}

/** A number in a sentence. */
function inWords(value) {
  if (!Number.isFinite(value)) return "not known";
  return `${Math.abs(value) < 1000 ? +value.toPrecision(3) : Math.round(value)}`.replaceAll("-", "−");
}

function raised(power) {
  return [...`${power}`].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign])).join("");
}

function atStep(step) {
  return `step ${step.toLocaleString("en")}`;
}

// ---------------------------------------------------------------- the picture

class Heatmap extends Surface {
  constructor(parent, view) {
    super(parent, "Affinity of tasks", "");
    Object.assign(this, { view, kind: null, chosen: {}, over: null, place: 0 });
    this.box.classList.add("wbc-map");
    this.tip.classList.add("wbc-said");
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => { this.over = null; this.tip.hidden = true; });
    this.controls();
  }

  controls() {
    const id = `wbc-${Math.random().toString(36).slice(2)}`;
    this.choice = element("span", "wbc-switch", this.title.parentElement);
    this.choice.setAttribute("role", "group");
    this.choice.setAttribute("aria-label", "Affinity shown");
    this.buttons = [["measured", "as the run measures it"], ["by hand", "the lookahead affinity of every Step task, row by row"]].map(
      ([kind, title]) => {
        const button = element("button", "", this.choice, kind);
        Object.assign(button, { type: "button", title });
        button.addEventListener("click", () => { this.kind = kind; this.view.request(); });
        return [kind, button];
      },
    );
    this.time = element("div", "wbc-time", this.box);
    const label = element("label", "", this.time, "step ");
    label.htmlFor = id;
    this.number = element("span", "", label);
    this.slider = element("input", "wbc-step", this.time);
    Object.assign(this.slider, { type: "range", min: 0, max: 0, step: 1, id, title: "At its right end it follows the run" });
    this.slider.addEventListener("input", () => {
      const place = +this.slider.value, { maps, kind } = this.shown();
      this.chosen[kind] = place >= +this.slider.max ? null : maps.steps[place]; // more may have come than it shows
      this.view.request();
    });
    this.file = element("button", "wbc-csv", this.time, "CSV");
    Object.assign(this.file, { type: "button", title: "Download every map shown here as a table: step, from, to, value" });
    this.file.addEventListener("click", () => this.save());
  }

  /** What is shown: by hand where it was chosen, or where there is nothing else. */
  shown() {
    const all = this.view.store.maps, kind = this.kind ?? (!all.measured && all["by hand"] ? "by hand" : "measured");
    return { kind, maps: all[kind] };
  }

  save() {
    const { kind, maps } = this.shown(), { name, tasks } = this.view.store.look;
    const file = [name, "affinity", kind === "by hand" && "by-hand"].filter(Boolean).join("-");
    download(new Blob([maps.csv(tasks)], { type: "text/csv" }), `${file}.csv`);
  }

  color(part) {
    const stops = this.view.store.look.palette.signed, at = (Math.min(1, Math.max(-1, part)) + 1) / 2;
    const above = Math.max(1, stops.findIndex(([position]) => position >= at));
    const [[from, first], [to, second]] = [stops[above - 1], stops[above]];
    const mix = (at - from) / (to - from);
    const channel = (hex, i) => parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16);
    const mixed = [0, 1, 2].map((i) => Math.round(channel(first, i) * (1 - mix) + channel(second, i) * mix));
    return `rgb(${mixed})`;
  }

  draw() {
    const { store, until, ratio } = this.view, { palette, tasks } = store.look, { kind, maps } = this.shown();
    const chosen = this.chosen[kind] ?? null;
    if (maps) this.place = chosen === null ? Math.max(0, maps.before(until)) : maps.nearest(chosen);
    const known = [Object.keys(store.maps), maps?.n, maps?.steps.at(-1), maps?.limit, store.curves.size > 0];
    const what = [kind, this.place, known, ratio, this.wide].join();
    if (what === this.drawn) return; // most refreshes bring no map
    const pen = this.begin(palette);
    this.drawn = what;
    this.choice.hidden = !store.maps["by hand"];
    for (const [name, button] of this.buttons) put(button, { "aria-pressed": name === kind });
    put(this.title, { textContent: maps?.title ? `Affinity: ${maps.title}` : "Affinity of tasks" });
    put(this.note, {
      textContent: maps?.unit ? `× 10${raised(maps.unit)}` : "",
      title: maps?.unit ? `numbers are written in units of 10${raised(maps.unit)}` : "",
    });
    this.time.classList.toggle("wbc-none", !maps);
    if (!maps) {
      this.over = null;
      this.tip.hidden = true;
      this.empty(palette, store.curves.size || this.kind ? "no values yet" : "press Start");
      put(this.canvas, { "aria-label": "Affinity of tasks: no values yet" });
      return;
    }
    const { values } = maps.at(this.place), scale = 10 ** -maps.unit;
    this.measure(pen, tasks, maps);
    this.slide(maps);
    this.cells(pen, palette, values, maps.limit, scale);
    this.names(pen, palette, tasks);
    this.scale(pen, palette, maps.limit * scale);
    put(this.canvas, { "aria-label": this.spoken(tasks, values, maps) });
    if (this.over) this.tell();
  }

  /** Where cells, names and colour scale go. */
  measure(pen, names, maps) {
    const count = names.length, wide = (text) => widthOf(pen, text);
    const longest = Math.min(Math.max(...names.map(wide)), LONGEST_NAME);
    const left = Math.ceil(Math.max(longest + 24, wide("helps →") + 12, wide(atStep(maps.steps[maps.n - 1])) + 10));
    let right = Math.max(58, Math.ceil(BESIDE + 21 + wide(inCell(-maps.limit * 10 ** -maps.unit))));
    const slanted = longest + 6 > (this.width - left - right) / count;
    if (slanted) // the last name ends within the picture
      right = Math.max(right, Math.ceil((2 * count * (0.8 * longest + 12) - this.width + left) / (2 * count - 1)));
    const width = (this.width - left - right) / count;
    const top = slanted ? longest * 0.6 + 16 : 22;
    this.grid = { left, right, top, width, height: (this.height - top - 6) / count, count, slanted };
  }

  /** Bring the slider to the map shown; it stands under the cells. */
  slide(maps) {
    const { left, right } = this.grid, columns = `${left}px minmax(0, 1fr) ${right}px`;
    if (this.time.style.gridTemplateColumns !== columns) this.time.style.gridTemplateColumns = columns;
    const step = maps.steps[this.place];
    put(this.slider, { max: maps.n - 1, value: this.place, disabled: maps.n < 2, "aria-valuetext": atStep(step) });
    put(this.number, { textContent: step.toLocaleString("en") });
  }

  cells(pen, palette, values, limit, scale) {
    const { left, top, width, height, count } = this.grid;
    const texts = count <= 12 && height >= 13 ? this.texts(pen, values, scale) : null;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let row = 0; row < count; row++)
      for (let column = 0; column < count; column++) {
        const value = row === column ? NaN : values[row * count + column];
        const x = left + column * width, y = top + row * height;
        pen.fillStyle = Number.isFinite(value) ? this.color(value / limit) : palette.nothing;
        pen.fillRect(x + 0.5, y + 0.5, Math.max(width - 1, 0.5), Math.max(height - 1, 0.5));
        pen.fillStyle = palette.ink;
        if (texts && Number.isFinite(value)) pen.fillText(texts[row * count + column], x + width / 2, y + height / 2);
      }
  }

  /** The number in each cell, all written alike so that they fit; null: they do not. */
  texts(pen, values, scale) {
    const { count, width } = this.grid, full = [...values].map((value) => inCell(value * scale));
    const fits = (text, k) => k % (count + 1) === 0 || !Number.isFinite(values[k]) || widthOf(pen, text) + 3 <= width;
    return [full, full.map((text) => text.replace("0.", "."))].find((each) => each.every(fits)) ?? null;
  }

  names(pen, palette, names) {
    const { left, top, width, height, count, slanted } = this.grid;
    const rows = Math.ceil((TEXT + 1) / height), columns = Math.ceil((TEXT + 1) / (slanted ? 0.6 * width : width));
    const short = (name) => {
      if (widthOf(pen, name) <= LONGEST_NAME) return name;
      let cut = name;
      while (widthOf(pen, `${cut}…`) > LONGEST_NAME) cut = cut.slice(0, -1);
      return `${cut}…`;
    };
    pen.fillStyle = palette.ink;
    names.forEach((name, i) => {
      pen.textBaseline = "middle";
      pen.textAlign = "right";
      if (i % rows === 0) pen.fillText(short(name), left - 6, top + (i + 0.5) * height);
      if (i % columns !== 0) return;
      pen.save();
      pen.translate(left + (i + 0.5) * width, top - 5);
      if (slanted) pen.rotate(-0.65);
      pen.textAlign = slanted ? "left" : "center";
      pen.textBaseline = slanted ? "middle" : "bottom";
      pen.fillText(short(name), 0, 0);
      pen.restore();
    });
    pen.fillStyle = NOTE;
    pen.textAlign = "right";
    pen.textBaseline = "bottom";
    pen.fillText("helps →", left - 6, top - 5);
    pen.save();
    pen.translate(2, top + (count * height) / 2);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "center";
    pen.textBaseline = "top";
    pen.fillText("train on", 0, 0);
    pen.restore();
  }

  scale(pen, palette, end) {
    const { right, top } = this.grid, x = this.width - right + BESIDE, bottom = this.height - 6, height = bottom - top;
    for (let i = 0; i < height; i++) {
      pen.fillStyle = this.color(1 - (2 * i) / (height - 1));
      pen.fillRect(x, top + i, 12, 1.5);
    }
    pen.strokeStyle = palette.grid;
    pen.setLineDash([]);
    pen.lineWidth = 1;
    pen.strokeRect(x + 0.5, top + 0.5, 12, height - 1);
    pen.fillStyle = palette.ink;
    pen.textAlign = "left";
    const text = end === 1 ? "1" : inCell(end);
    [[text, "top", top], ["0", "middle", top + height / 2], [`−${text}`, "bottom", bottom]].forEach(([each, baseline, y]) => {
      pen.textBaseline = baseline;
      pen.fillText(each, x + 17, y);
    });
  }

  spoken(names, values, maps) {
    const pairs = [];
    if (names.length <= 12)
      names.forEach((row, i) => names.forEach((column, j) => {
        if (i !== j) pairs.push(`train on ${row}, helps ${column} ${inWords(values[i * names.length + j])}`);
      }));
    return `${this.title.textContent} at ${atStep(maps.steps[this.place])}. ${pairs.join("; ")}`;
  }

  hover(event) {
    if (!this.shown().maps || !this.grid) return;
    const box = this.canvas.getBoundingClientRect(), { left, top, width, height, count } = this.grid;
    const column = Math.floor((event.clientX - box.left - left) / width);
    const row = Math.floor((event.clientY - box.top - top) / height);
    this.over = row >= 0 && column >= 0 && row < count && column < count ? { row, column } : null;
    if (this.over) this.tell();
    else this.tip.hidden = true;
  }

  /** What is known of the pair under the pointer. */
  tell() {
    const { row, column } = this.over, { kind, maps } = this.shown(), { left, top, width, height, count } = this.grid;
    const { values, found } = maps.at(this.place), names = this.view.store.look.tasks;
    const value = values[row * count + column], to = row === column ? "itself" : names[column];
    const when = found[row] === undefined ? "no step for it alone yet" : `${inWords(value)} at ${atStep(found[row])}`;
    const lines = [element("div", "", null, `train on ${names[row]}, helps ${to}: ${when}`)];
    const [below, known] = maps.below(this.place, row, column);
    if (known && row !== column) {
      const share = kind === "by hand"
        ? `${below} of ${known} such steps so far`
        : `${Math.round((100 * below) / known)} % of the maps so far`;
      lines.push(element("div", "", null, `below 0 at ${share}`));
    }
    this.tip.style.maxWidth = `${this.width}px`;
    this.showTip(lines, left + (column + 0.5) * width);
    this.tip.style.left = `${Math.max(0, Math.min(left + column * width, this.width - this.tip.offsetWidth))}px`;
    const under = top + (row + 1) * height + 4, over = top + row * height - this.tip.offsetHeight - 4;
    this.tip.style.top = `${row < count / 2 ? under : over}px`;
  }
}
