// The live canvas: draws curves per task and affinity maps from appended blocks of numbers.
//
// The kernel sends small binary messages (see canvas.py): "append" brings new points, "snapshot" everything, "reset"
// nothing. Messages are numbered; after a gap the page asks for a snapshot. One model may have several views.

const MARGIN = { left: 54, right: 12, top: 8, bottom: 24 };
/** Pixels of width in which a line shows no more than its lowest and highest value: strokes are what a refresh costs. */
const NARROW = 2;
/** Between two refreshes that are drawn lies so many times the time that the first took, at most so many milliseconds. */
const REST = 50, LONGEST_REST = 1000;
/** The values behind a smoothed line; dashes would cost more than they show. */
const FAINT = { width: 0.8, alpha: 0.14, dash: [], marks: false };

// ---------------------------------------------------------------- data

/** One growing curve. Thinned to half when it is full: minima and maxima of equal stretches of steps stay. */
class Curve {
  constructor(group, task, split, largest) {
    Object.assign(this, { group, task, split, largest, n: 0 });
    this.steps = new Float64Array(64);
    this.values = new Float32Array(64);
  }

  append(steps, values) {
    const needed = this.n + steps.length;
    if (needed > this.steps.length) {
      const size = Math.max(needed, 2 * this.steps.length);
      const grown = [new Float64Array(size), new Float32Array(size)];
      grown[0].set(this.steps.subarray(0, this.n));
      grown[1].set(this.values.subarray(0, this.n));
      [this.steps, this.values] = grown;
    }
    this.steps.set(steps, this.n);
    this.values.set(values, this.n);
    this.n = needed;
    if (this.n > this.largest) this.thin(this.largest / 2);
  }

  thin(limit) {
    const { steps, values, n } = this;
    const stretches = Math.floor((limit - 2) / 2);
    const width = (steps[n - 1] - steps[0]) / stretches || 1;
    const keep = [0];
    for (let i = 1; i < n - 1; ) {
      const stretch = Math.floor((steps[i] - steps[0]) / width);
      let low = i, high = i;
      for (; i < n - 1 && Math.floor((steps[i] - steps[0]) / width) === stretch; i++) {
        if (values[i] < values[low]) low = i;
        if (values[i] > values[high]) high = i;
      }
      keep.push(Math.min(low, high));
      if (low !== high) keep.push(Math.max(low, high));
    }
    keep.push(n - 1);
    keep.forEach((from, to) => { steps[to] = steps[from]; values[to] = values[from]; });
    this.n = keep.length;
  }

  /** The last point at or before a step; -1: none. */
  at(step) {
    let low = 0, high = this.n;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle] <= step) low = middle + 1; else high = middle;
    }
    return low - 1;
  }
}

/** Everything known about one run, shared by all views of a model. */
class Store {
  constructor() {
    this.sequence = -1;
    this.views = new Set();
    this.look = { tasks: [], style: {}, plots: [], palette: null, largest: 4000 };
    this.clear();
  }

  clear() {
    this.curves = new Map();
    this.maps = {};
    this.metrics = {};
  }

  /** Returns false when something was missed and a snapshot is needed. */
  receive(message, buffers) {
    if (message.type === "append" && message.sequence !== this.sequence + 1) return message.sequence <= this.sequence;
    if (message.type === "snapshot" && message.sequence === this.sequence) return true;
    this.sequence = message.sequence;
    if (message.type !== "append") {
      this.clear();
      this.look = message;
    }
    if (message.metrics) this.metrics = message.metrics;
    if (message.curves) this.add(message, buffers);
    for (const view of this.views) view.changed(message.type !== "append", message.busy);
    return true;
  }

  add(message, buffers) {
    const steps = copied(Uint32Array, buffers[0]), values = copied(Float32Array, buffers[1]);
    let start = 0;
    for (const { group, task, split, n } of message.curves) {
      const key = JSON.stringify([group, task, split]);
      if (!this.curves.has(key)) this.curves.set(key, new Curve(group, task, split, this.look.largest));
      this.curves.get(key).append(steps.subarray(start, start + n), values.subarray(start, start + n));
      start += n;
    }
    const words = buffers[2];
    let from = 0;
    for (const [kind, news] of Object.entries(message.maps)) {
      this.maps[kind] ??= new Maps(this.look.tasks.length, kind === "by hand", this.look.most[kind]);
      from += this.maps[kind].append(news, words, from);
    }
  }

  of(group) {
    return [...this.curves.values()].filter((curve) => curve.group === group);
  }
}

/** Numbers out of a DataView that need not be aligned. */
function copied(Kind, view) {
  return new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** The snapshot that came with the widget's state: see Canvas._snapshot. */
function unpacked(bytes) {
  if (!bytes || bytes.byteLength < 4) return null;
  const length = bytes.getUint32(0, true);
  const head = new TextDecoder().decode(new Uint8Array(bytes.buffer, bytes.byteOffset + 4, length));
  const message = JSON.parse(head);
  const points = message.curves.reduce((sum, curve) => sum + curve.n, 0);
  const from = 4 + length;
  const part = (start, size) => new DataView(bytes.buffer, bytes.byteOffset + start, size);
  const buffers = [part(from, 4 * points), part(from + 4 * points, 4 * points)];
  buffers.push(part(from + 8 * points, bytes.byteLength - from - 8 * points));
  return [message, buffers];
}

// ---------------------------------------------------------------- numbers and text

function tickText(value) {
  const size = Math.abs(value);
  if (size >= 1e9 || (size !== 0 && size < 1e-3)) return (+value.toPrecision(3)).toExponential().replace("+", "");
  if (size >= 1e6) return `${+(value / 1e6).toPrecision(4)}M`;
  if (size >= 1e4) return `${+(value / 1e3).toPrecision(4)}k`;
  return `${+value.toPrecision(4)}`;
}

function ticks(low, high, count) {
  const raw = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step);
  return found;
}

/** At most seven ticks: in every decade some, or whole decades, or every second, third, … of them. */
function logTicks(low, high) {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const within = (every, factors) => {
    const found = [];
    for (let power = every * Math.ceil(first / every); power <= last; power += every)
      for (const factor of factors) {
        const tick = factor * 10 ** power;
        if (tick >= low * 0.999 && tick <= high * 1.001) found.push(tick);
      }
    return found;
  };
  let found = [[1, 2, 5], [1, 3]].map((factors) => within(1, factors)).find((each) => each.length <= 7);
  for (let every = 1; !found; every++) if (within(every, [1]).length <= 7) found = within(every, [1]);
  return found.length > 1 ? found : [low, high];
}

/** Exponential moving average without the pull towards the start. */
function smooth(values, n, weight) {
  const out = new Float32Array(n);
  let mean = 0, total = 0;
  for (let i = 0; i < n; i++) {
    mean = weight * mean + (1 - weight) * values[i];
    total = weight * total + (1 - weight);
    out[i] = mean / total;
  }
  return out;
}

// ---------------------------------------------------------------- one plot of curves

class CurvePlot extends Surface {
  constructor(parent, description, view) {
    super(parent, description.title, description.note);
    Object.assign(this, { description, view });
    this.canvas.tabIndex = 0;
    if (description.other) this.choice(description);
    this.listen();
  }

  /** A switch in the title between two groups of curves. */
  choice(first) {
    const box = element("span", "wbc-switch", this.title.parentElement), all = [first, first.other];
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Curves shown");
    const press = () => buttons.forEach((each, i) => each.setAttribute("aria-pressed", String(all[i] === this.description)));
    const buttons = all.map((description) => {
      const button = element("button", "", box, description.switch);
      Object.assign(button, { type: "button", title: `${description.title}: ${description.hint ?? description.note}` });
      button.addEventListener("click", () => {
        this.description = description;
        this.title.textContent = description.title;
        this.note.textContent = description.note;
        press();
        this.view.request();
      });
      return button;
    });
    press();
  }

  get curves() {
    return this.view.store.of(this.description.group).filter((curve) => !this.view.hidden.has(curve.task));
  }

  /** The step at a horizontal position, and back. */
  stepAt(x) {
    const [low, high] = this.range;
    return low + ((x - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right)) * (high - low);
  }

  x(step) {
    const [low, high] = this.range;
    return MARGIN.left + ((step - low) / (high - low)) * (this.width - MARGIN.left - MARGIN.right);
  }

  y(value) {
    const [low, high] = this.limits, bottom = this.height - MARGIN.bottom;
    const part = this.log
      ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
      : (value - low) / (high - low);
    return bottom - part * (bottom - MARGIN.top);
  }

  fit(curves, drawn) {
    let low = Infinity, high = -Infinity;
    const [from, to] = this.range;
    for (const curve of curves) {
      const values = drawn.get(curve);
      for (let i = 0; i < curve.n; i++) {
        if (curve.steps[i] < from || curve.steps[i] > to) continue;
        const value = values[i];
        if (this.log && value <= 0) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    if (!(high >= low)) return this.log ? [0.1, 1] : [0, 1];
    if (this.log) return low === high ? [low / 2, high * 2] : [low / 1.1, high * 1.1];
    if (this.description.zero) low = Math.min(low, 0);
    if (low === high) return [low - (Math.abs(low) || 1) * 0.1, high + (Math.abs(high) || 1) * 0.1];
    const pad = 0.06 * (high - low);
    return [low === 0 ? 0 : low - pad, high + pad];
  }

  draw() {
    const { view } = this, palette = view.store.look.palette, pen = this.begin(palette);
    const curves = this.curves;
    this.log = Boolean(this.description.log && view.log);
    this.range = view.range();
    if (!view.store.of(this.description.group).length) {
      this.axes(pen, palette, false);
      this.empty(palette, view.store.curves.size ? "no values yet" : "press Start");
      put(this.canvas, { "aria-label": `${this.description.title}: no values yet` });
      return;
    }
    const smoothed = (curve) => this.description.smooth && view.smoothing > 0 && curve.split === "train";
    const drawn = new Map(
      curves.map((c) => [c, smoothed(c) ? smooth(c.values, c.n, view.smoothing) : c.values]),
    );
    this.limits = this.fit(curves, drawn);
    this.axes(pen, palette, true);
    pen.save();
    pen.beginPath();
    pen.rect(MARGIN.left - 4, 0, this.width - MARGIN.left - MARGIN.right + 8, this.height - MARGIN.bottom + 4);
    pen.clip();
    for (const curve of curves) if (smoothed(curve)) this.line(pen, curve, curve.values, FAINT);
    for (const split of ["train", "val"])
      for (const curve of curves)
        if (curve.split === split) {
          const { dash } = view.look(curve.task), marks = split === "val";
          const weight = marks || !this.description.smooth ? { width: 2.2, alpha: 1 } : { width: 1.1, alpha: 0.75 };
          this.line(pen, curve, drawn.get(curve), { ...weight, dash, marks });
        }
    pen.restore();
    this.cross(pen, palette, curves, drawn);
    this.describe(curves);
  }

  line(pen, curve, values, { width, alpha, dash, marks }) {
    const { steps, n } = curve;
    const [from, to] = this.range, { until } = this.view;
    const start = Math.max(0, curve.at(from)), end = Math.min(n, curve.at(to) + 2, curve.at(until) + 1);
    if (end <= start) return;
    pen.strokeStyle = pen.fillStyle = this.view.look(curve.task).color;
    pen.lineWidth = width;
    pen.globalAlpha = alpha;
    pen.setLineDash(dash);
    pen.beginPath();
    this.trace(pen, steps, values, start, end);
    pen.stroke();
    pen.setLineDash([]);
    const apart = (this.x(steps[end - 1]) - this.x(steps[start])) / Math.max(end - start - 1, 1);
    if (end - start === 1 || (marks && apart > 9)) {
      pen.beginPath();
      for (let i = start; i < end; i++) {
        if (this.log && values[i] <= 0) continue;
        const x = this.x(steps[i]), y = this.y(values[i]);
        pen.moveTo(x + 3, y);
        pen.arc(x, y, 3, 0, 2 * Math.PI);
      }
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  /** A path through points; where many share two pixels of width, through the lowest and the highest of them. */
  trace(pen, steps, values, start, end) {
    const origin = this.x(0), scale = this.x(1) - origin;
    let place = NaN, low = null, high = null, open = false;
    const leave = () => {
      const both = low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low];
      for (const [x, y] of low ? both : []) {
        if (open) pen.lineTo(x, y); else pen.moveTo(x, y);
        open = true;
      }
      low = high = null;
    };
    for (let i = start; i < end; i++) {
      if (this.log && values[i] <= 0) { leave(); open = false; continue; }
      const x = origin + scale * steps[i], y = this.y(values[i]);
      if (low && Math.floor(x / NARROW) === place) {
        if (y < low[1]) low = [x, y];
        if (y > high[1]) high = [x, y];
        continue;
      }
      leave();
      place = Math.floor(x / NARROW);
      low = high = [x, y];
    }
    leave();
  }

  axes(pen, palette, numbers) {
    const right = this.width - MARGIN.right, bottom = this.height - MARGIN.bottom;
    pen.strokeStyle = palette.grid;
    pen.fillStyle = palette.ink;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(MARGIN.left, bottom + 0.5);
    pen.lineTo(right, bottom + 0.5);
    if (numbers) {
      pen.textAlign = "right";
      pen.textBaseline = "middle";
      const [low, high] = this.limits;
      for (const tick of this.log ? logTicks(low, high) : ticks(low, high, 6)) {
        const y = Math.round(this.y(tick)) + 0.5;
        pen.moveTo(MARGIN.left, y);
        pen.lineTo(right, y);
        pen.fillText(tickText(tick), MARGIN.left - 7, Math.max(y, TEXT / 2));
      }
      pen.textBaseline = "top";
      const last = "step";
      const room = right - widthOf(pen, last) - 12;
      for (const tick of ticks(...this.range, this.width / 90)) {
        const x = this.x(tick), half = widthOf(pen, tickText(tick)) / 2;
        pen.textAlign = "center";
        if (x + half < room) pen.fillText(tickText(tick), x, bottom + 6);
      }
      pen.textAlign = "right";
      pen.fillStyle = NOTE;
      pen.fillText(last, right, bottom + 6);
    }
    pen.stroke();
  }

  /** Cross-hair of all plots, values in the plot under the pointer, and the stretch being dragged. */
  cross(pen, palette, curves, drawn) {
    const { view } = this;
    if (view.drag && view.drag.plot === this) {
      const [from, to] = [view.drag.from, view.drag.to].map((step) => this.x(step));
      pen.fillStyle = "rgba(0, 114, 178, 0.15)";
      pen.fillRect(Math.min(from, to), MARGIN.top, Math.abs(to - from), this.height - MARGIN.top - MARGIN.bottom);
    }
    const step = view.step;
    if (step === null || step < this.range[0] || step > this.range[1]) {
      this.tip.hidden = true;
      return;
    }
    const x = this.x(step);
    pen.strokeStyle = NOTE;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, MARGIN.top);
    pen.lineTo(x, this.height - MARGIN.bottom);
    pen.stroke();
    for (const curve of curves) {
      const i = this.last(curve, step), value = i < 0 ? NaN : drawn.get(curve)[i];
      if (!Number.isFinite(value) || (this.log && value <= 0)) continue;
      pen.fillStyle = view.look(curve.task).color;
      pen.beginPath();
      pen.arc(this.x(curve.steps[i]), this.y(value), 3.5, 0, 2 * Math.PI);
      pen.fill();
    }
    if (view.over !== this) {
      this.tip.hidden = true;
      return;
    }
    this.showTip(this.tipRows(curves, step), x);
  }

  tipRows(curves, step) {
    const table = element("table");
    const splits = ["train", "val"].filter((split) => curves.some((curve) => curve.split === split));
    const head = element("tr", "", element("thead", "", table));
    element("th", "", head, `step ${Math.round(step).toLocaleString("en")}`);
    for (const split of splits) element("th", "", head, split === "val" ? "validation" : "training");
    const body = element("tbody", "", table);
    for (const task of this.view.tasks()) {
      const mine = curves.filter((curve) => curve.task === task);
      if (!mine.length) continue;
      const row = element("tr", "", body);
      const name = element("th", "", row);
      name.append(swatch(this.view.look(task)), this.view.label(this.description.group, task));
      for (const split of splits) {
        const curve = mine.find((each) => each.split === split), i = curve ? this.last(curve, step) : -1;
        element("td", "", row, i < 0 ? "–" : shown(curve.values[i]));
      }
    }
    return [table];
  }

  /** The last point of a curve at or before a step, of those that are shown; -1: none. */
  last(curve, step) {
    return curve.at(Math.min(step, this.view.until));
  }

  describe(curves) {
    const last = curves
      .map((curve) => [curve, this.last(curve, Infinity)])
      .filter(([, i]) => i >= 0)
      .map(([c, i]) => `${c.task} ${c.split === "val" ? "validation" : "training"} ${shown(c.values[i])}`);
    put(this.canvas, { "aria-label": `${this.description.title} by step. Last values: ${last.join(", ")}` });
  }

  listen() {
    const { canvas, view } = this;
    const step = (event) => {
      const [low, high] = this.range;
      return Math.min(high, Math.max(low, this.stepAt(event.clientX - canvas.getBoundingClientRect().left)));
    };
    canvas.addEventListener("pointermove", (event) => {
      view.over = this;
      if (view.pan) return view.panTo(view.pan.from - (event.clientX - view.pan.x) * view.pan.scale);
      view.step = view.snap(step(event));
      if (view.drag) view.drag.to = step(event);
      view.request();
    });
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      if (event.shiftKey && view.zoom) {
        const scale = (this.range[1] - this.range[0]) / (this.width - MARGIN.left - MARGIN.right);
        view.pan = { from: this.range[0], x: event.clientX, scale };
      } else view.drag = { plot: this, from: step(event), to: step(event) };
    });
    canvas.addEventListener("wheel", (event) => {
      const [low, high] = this.range, along = event.deltaX || (event.shiftKey ? event.deltaY : 0);
      if (!view.zoom || !along) return; // up and down scrolls the page
      event.preventDefault();
      view.panTo(low + ((high - low) * along) / 1000);
    }, { passive: false });
    canvas.addEventListener("pointerup", () => {
      const drag = view.drag;
      view.drag = view.pan = null;
      if (drag && Math.abs(this.x(drag.from) - this.x(drag.to)) > 6)
        view.zoomTo([Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)]);
      view.request();
    });
    for (const name of ["pointerleave", "blur"]) canvas.addEventListener(name, () => view.leave());
    canvas.addEventListener("dblclick", () => view.zoomTo(null));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const { view } = this, [low, high] = this.range, at = view.step ?? high, width = high - low;
    const moves = { ArrowLeft: at - width / 100, ArrowRight: at + width / 100, Home: low, End: high };
    if (event.shiftKey && view.zoom && event.key in moves) {
      const to = { ArrowLeft: low - width / 5, ArrowRight: low + width / 5, Home: -Infinity, End: Infinity };
      view.panTo(to[event.key]);
    } else if (event.key in moves) {
      view.over = this;
      view.step = Math.min(high, Math.max(low, moves[event.key]));
      view.request();
    } else if (event.key === "+" || event.key === "=") {
      view.zoomTo([Math.max(low, at - width / 4), Math.min(high, at + width / 4)]);
    } else if (event.key === "-" || event.key === "Escape") {
      view.zoomTo(null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

// ---------------------------------------------------------------- one view: toolbar and plots

function swatch(look) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg"), line = document.createElementNS(space, "line");
  svg.setAttribute("width", 30);
  svg.setAttribute("height", 10);
  svg.setAttribute("aria-hidden", "true");
  const style = { x1: 1, x2: 29, y1: 5, y2: 5, stroke: look.color, "stroke-width": 3, "stroke-dasharray": look.dash.join(" ") };
  for (const [name, value] of Object.entries(style)) line.setAttribute(name, value);
  svg.append(line);
  return svg;
}

class View {
  constructor(store, el, tell) {
    Object.assign(this, { store, tell, hidden: new Set(), unseen: new Set(), zoom: null, step: null, over: null, drag: null, pan: null, waiting: 0, timer: 0, rest: 0, pictures: 0, ratio: null });
    this.log = false;
    this.smoothing = 0.8;
    this.plots = [];
    this.root = element("div", "wbc", el);
    this.bar = element("div", "wbc-bar", this.root);
    this.legend = element("div", "wbc-legend", this.bar);
    this.legend.setAttribute("role", "group");
    this.legend.setAttribute("aria-label", "Tasks shown");
    this.tools();
    this.replay = new Replay(this);
    this.grid = element("div", "wbc-grid", this.root);
    this.wide = null;
    this.sizes = new ResizeObserver(() => {
      this.wide = this.root.clientWidth;
      this.request();
    });
    this.sizes.observe(this.root);
    this.sight = new IntersectionObserver((found) => {
      for (const { target, isIntersecting } of found) this.unseen[isIntersecting ? "delete" : "add"](target);
      this.request();
    });
    store.views.add(this);
    this.changed(true);
  }

  tools() {
    const id = `wbc-${Math.random().toString(36).slice(2)}`, box = element("div", "wbc-tools", this.bar);
    const label = (text, name) => {
      const made = element("label", "", box, text);
      made.htmlFor = `${id}-${name}`;
    };
    label("smoothing", "smooth");
    const slider = element("input", "wbc-smooth", box);
    Object.assign(slider, { type: "range", min: 0, max: 0.99, step: 0.01, id: `${id}-smooth` });
    slider.value = this.smoothing;
    slider.title = "How much training curves are smoothed; 0: not at all";
    slider.addEventListener("input", () => { this.smoothing = +slider.value; this.request(); });
    const log = element("input", "wbc-log", box);
    Object.assign(log, { type: "checkbox", id: `${id}-log` });
    log.addEventListener("change", () => { this.log = log.checked; this.request(); });
    label("log loss axis", "log");
    this.all = element("button", "wbc-all", box, "all steps");
    this.all.type = "button";
    this.all.title = "Undo the zoom (double-click does the same). Drag in a plot to zoom in, with Shift to move along.";
    this.all.addEventListener("click", () => this.zoomTo(null));
    const png = element("button", "wbc-png", box, "PNG");
    Object.assign(png, { type: "button", title: "Download these plots as one picture" });
    png.addEventListener("click", () => picture(this).toBlob((blob) => download(blob, `${this.store.look.name || "plots"}.png`)));
  }

  tasks() {
    const known = this.store.look.tasks, others = new Set();
    for (const curve of this.store.curves.values()) if (!known.includes(curve.task)) others.add(curve.task);
    return [...known, ...others];
  }

  look(task) {
    return this.store.look.style[task] ?? { color: "#1A1A1A", dash: [] };
  }

  label(group, task) {
    const metric = this.store.metrics[task];
    return group === "metric" && metric ? `${task} · ${metric}` : task;
  }

  /** After a message; `anew` when tasks or plots may have changed, `busy` when more will follow. */
  changed(anew, busy) {
    if (!this.store.look.palette) return;
    if (anew) this.build();
    const wait = busy && !anew ? this.rest - performance.now() : 0;
    if (wait <= 0) this.request();
    else this.timer ||= setTimeout(() => this.request(), wait);
  }

  build() {
    const { look } = this.store;
    this.root.style.fontFamily = look.palette.font;
    this.legend.replaceChildren(...this.tasks().map((task) => this.entry(task)));
    this.grid.replaceChildren();
    this.zoom = this.step = this.over = this.drag = this.pan = null;
    this.replay.reset();
    this.plots = look.plots.map((description) => new CurvePlot(this.grid, description, this));
    if (look.heatmap) this.plots.push(new Heatmap(this.grid, this));
    this.unseen.clear();
    this.sight.disconnect();
    for (const plot of this.plots) this.sight.observe(plot.box);
  }

  entry(task) {
    const button = element("button", "wbc-task");
    button.type = "button";
    button.append(swatch(this.look(task)), task);
    button.title = `Show or hide ${task}`;
    const show = () => button.setAttribute("aria-pressed", String(!this.hidden.has(task)));
    button.addEventListener("click", () => {
      if (!this.hidden.delete(task)) this.hidden.add(task);
      show();
      this.request();
    });
    show();
    return button;
  }

  /** The steps shown: zoomed, or all there are. */
  range() {
    return this.zoom ?? this.full();
  }

  full() {
    let low = Infinity, high = -Infinity;
    for (const curve of this.store.curves.values()) {
      if (!curve.n) continue;
      low = Math.min(low, curve.steps[0]);
      high = Math.max(high, curve.steps[curve.n - 1]);
    }
    if (!(high >= low)) return [0, 1];
    return high > low ? [low, high] : [low - 0.5, high + 0.5];
  }

  /** The recorded step nearest to a position. */
  snap(step) {
    let best = step, distance = Infinity;
    for (const curve of this.store.curves.values()) {
      const i = curve.at(step);
      for (const k of [i, i + 1])
        if (k >= 0 && k < curve.n && Math.abs(curve.steps[k] - step) < distance) {
          distance = Math.abs(curve.steps[k] - step);
          best = curve.steps[k];
        }
    }
    return best;
  }

  zoomTo(range) {
    this.zoom = range && range[1] > range[0] ? range : null;
    this.request();
  }

  /** Keep the width of the zoom and let it begin at a step, within the steps there are. */
  panTo(step) {
    const [low, high] = this.zoom, [first, last] = this.full(), width = high - low;
    const from = Math.max(first, Math.min(step, last - width));
    this.zoom = [from, from + width];
    this.request();
  }

  leave() {
    if (this.drag || this.pan) return;
    this.step = this.over = null;
    this.request();
  }

  /** Draw at the next animation frame, once, however often it is asked. */
  request() {
    if (!this.waiting) this.waiting = requestAnimationFrame(() => this.frame());
  }

  /** One picture. The next refresh is drawn when the page has rested from it, so that drawing never takes the machine. */
  frame() {
    const began = performance.now();
    this.draw();
    setTimeout(() => { // after the browser has laid out and painted
      const now = performance.now();
      this.rest = now + Math.min(REST * (now - began), LONGEST_REST);
    });
  }

  draw() {
    clearTimeout(this.timer);
    this.waiting = this.timer = 0;
    if (!this.store.look.palette || !(this.wide ??= this.root.clientWidth)) return;
    const began = performance.now();
    this.all.disabled = !this.zoom;
    this.replay.show();
    for (const plot of this.plots) if (!this.unseen.has(plot.box)) plot.draw();
    this.root.dataset.milliseconds = (performance.now() - began).toFixed(1);
    const points = [...this.store.curves.values()].reduce((sum, curve) => sum + curve.n, 0);
    this.pictures++;
    const { pictures, store } = this;
    Object.assign(this.root.dataset, { points, pictures, sequence: store.sequence, last: Math.round(this.lastStep()) });
  }

  /** The last step there is, whatever is zoomed. */
  lastStep() {
    let last = 0;
    for (const curve of this.store.curves.values()) if (curve.n) last = Math.max(last, curve.steps[curve.n - 1]);
    return last;
  }

  /** Nothing after this step is drawn. */
  get until() {
    return this.replay.at ?? Infinity;
  }

  remove() {
    this.replay.stop();
    cancelAnimationFrame(this.waiting);
    clearTimeout(this.timer);
    this.sizes.disconnect();
    this.sight.disconnect();
    this.store.views.delete(this);
    this.root.remove();
  }
}

// ---------------------------------------------------------------- the widget

/**
 * JupyterLab's notebook takes single keys even from a focused button or drop-down: "a" makes a new cell, Enter edits.
 * In the panel they belong to the control; keys with Ctrl, Alt or Meta, and Shift-Enter, stay JupyterLab's.
 */
function keepKeys(event) {
  if (!(event.target instanceof Element) || !event.target.closest(".wb-panel, .wbc")) return;
  const labs = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
  event.target.toggleAttribute("data-lm-suppress-shortcuts", !labs);
}

export default () => {
  const store = new Store();
  return {
    initialize({ model }) {
      const state = unpacked(model.get("snapshot"));
      if (state) store.receive(...state);
      model.on("msg:custom", (message, buffers) => {
        if (!store.receive(message, buffers)) model.send({ type: "hello", sequence: store.sequence });
      });
      model.send({ type: "hello", sequence: store.sequence });
      window.addEventListener("keydown", keepKeys, true); // before JupyterLab's own listener
      const seconds = model.get("beat"), beat = seconds && setInterval(() => model.send({ type: "there" }), 1000 * seconds);
      return () => {
        clearInterval(beat);
        window.removeEventListener("keydown", keepKeys, true);
      };
    },
    render({ model, el }) {
      const view = new View(store, el, (step) => {
        model.set("at", step);
        model.save_changes();
      });
      return () => view.remove();
    },
  };
};
