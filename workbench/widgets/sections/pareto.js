// Runs as points in two figures, and the front: the runs that no other one beats in both.

const EDGE = { left: 64, right: 16, top: 12, bottom: 40 };
const SIZE = 6;
const QUIET = "#595959";

/** Paths around the origin; one per method, again from the first after the last. */
const SHAPES = [
  (pen, r) => pen.arc(0, 0, r, 0, 2 * Math.PI),
  (pen, r) => pen.rect(-0.88 * r, -0.88 * r, 1.76 * r, 1.76 * r),
  (pen, r) => polygon(pen, r * 1.2, 3, -90),
  (pen, r) => polygon(pen, r * 1.2, 4, 0),
  (pen, r) => polygon(pen, r * 1.2, 3, 90),
  (pen, r) => polygon(pen, r * 1.1, 5, -90),
  (pen, r) => polygon(pen, r * 1.1, 6, 0),
];

function polygon(pen, r, corners, turn) {
  for (let i = 0; i < corners; i++) {
    const angle = ((turn + (360 * i) / corners) * Math.PI) / 180;
    pen[i ? "lineTo" : "moveTo"](r * Math.cos(angle), r * Math.sin(angle));
  }
  pen.closePath();
}

/** The points that no other one beats: as good in both figures, and better in one. From left to right. */
function front(points, x, y) {
  const [sx, sy] = [x, y].map((axis) => (axis.higher ? 1 : -1));
  const beats = (a, b) => {
    const dx = sx * (a.x - b.x), dy = sy * (a.y - b.y);
    return dx >= 0 && dy >= 0 && dx + dy > 0;
  };
  return points.filter((point) => !points.some((other) => beats(other, point))).sort((a, b) => a.x - b.x || a.y - b.y);
}

/** Round numbers over a range, about so many. */
function round(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999), found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(+(i * step).toPrecision(12));
  return found;
}

function text(value) {
  const size = Math.abs(value);
  const words = size >= 1e6 ? `${+(value / 1e6).toPrecision(3)}M` : size >= 1e4 ? `${+(value / 1e3).toPrecision(3)}k` : `${+value.toPrecision(4)}`;
  return words.replace("-", "−");
}

function exact(value) {
  return value.toLocaleString("en", { maximumSignificantDigits: value >= 1e4 ? 9 : 4 }).replace("-", "−");
}

class Scatter extends Surface {
  constructor(parent, model) {
    super(parent, "What is gained, what is lost", "");
    Object.assign(this, { model, at: null });
    this.canvas.tabIndex = 0;
    this.listen();
  }

  get tall() {
    return 330;
  }

  /** What is drawn, and where. */
  place(points, x, y) {
    this.limits = [points.map((p) => p.x), points.map((p) => p.y)].map((values) => {
      const low = Math.min(...values), high = Math.max(...values), pad = 0.1 * (high - low) || 0.1 * Math.abs(high) || 1;
      return [low - pad, high + pad];
    });
    const { left, right, top, bottom } = EDGE, [[x0, x1], [y0, y1]] = this.limits;
    this.px = (value) => left + ((value - x0) / (x1 - x0)) * (this.width - left - right);
    this.py = (value) => this.height - bottom - ((value - y0) / (y1 - y0)) * (this.height - top - bottom);
    this.points = points.sort((a, b) => a.x - b.x || a.y - b.y);
    this.front = front(points, x, y);
    Object.assign(this, { x, y });
  }

  draw() {
    const { model } = this, palette = model.get("palette"), pen = this.begin(palette), found = model.get("found");
    if (!this.width || !found.axes) return;
    const axis = (name, other) => found.axes.find((each) => each.key === model.get(name)) ?? found.axes[Math.min(other, found.axes.length - 1)];
    const x = axis("x", 0), y = axis("y", 1);
    const points = found.points
      .filter((point) => x.key in point.values && y.key in point.values)
      .map((point) => ({ ...point, x: point.values[x.key], y: point.values[y.key] }));
    this.methods = [...new Set(found.points.map((point) => point.method))];
    if (!points.length) {
      this.points = this.front = [];
      this.tip.hidden = true;
      this.empty(palette, `no finished run has both ${x.title} and ${y.title}`);
      this.describe();
      return;
    }
    this.place(points, x, y);
    this.frame(pen, palette);
    this.steps(pen);
    this.marks(pen, palette);
    this.labels(pen, palette);
    this.pointed();
    this.describe();
  }

  frame(pen, palette) {
    const { left, right, top, bottom } = EDGE, end = this.width - right, floor = this.height - bottom;
    pen.lineWidth = 1;
    pen.strokeStyle = palette.grid;
    pen.fillStyle = palette.ink;
    pen.beginPath();
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (const tick of round(...this.limits[0], Math.max(2, this.width / 110))) {
      const at = Math.round(this.px(tick)) + 0.5;
      pen.moveTo(at, top);
      pen.lineTo(at, floor);
      pen.fillText(text(tick), at, floor + 5);
    }
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const tick of round(...this.limits[1], 6)) {
      const at = Math.round(this.py(tick)) + 0.5;
      pen.moveTo(left, at);
      pen.lineTo(end, at);
      pen.fillText(text(tick), left - 6, at);
    }
    pen.stroke();
    const title = (axis) => (axis.higher ? `${axis.title} · better →` : `← better · ${axis.title}`);
    pen.fillStyle = QUIET;
    pen.textBaseline = "bottom";
    pen.textAlign = "center";
    pen.fillText(title(this.x), (left + end) / 2, this.height - 1);
    pen.save();
    pen.translate(2, (top + floor) / 2);
    pen.rotate(-Math.PI / 2);
    pen.textBaseline = "top";
    pen.fillText(title(this.y), 0, 0);
    pen.restore();
  }

  /** Everything on the worse side of the line is reached or beaten by a run. */
  steps(pen) {
    const { front, x, y } = this, [[x0, x1], [y0, y1]] = this.limits;
    const ordered = x.higher ? front : [...front].reverse(); // towards better in x, so worse in y
    pen.beginPath();
    pen.moveTo(this.px(x.higher ? x0 : x1), this.py(ordered[0].y));
    ordered.forEach((point, i) => {
      pen.lineTo(this.px(point.x), this.py(point.y));
      const next = ordered[i + 1];
      pen.lineTo(this.px(point.x), this.py(next ? next.y : y.higher ? y0 : y1));
    });
    pen.strokeStyle = QUIET;
    pen.lineWidth = 1.5;
    pen.setLineDash([5, 4]);
    pen.stroke();
    pen.setLineDash([]);
  }

  /** Markers: shape by method, filled on the front, in the colour of the overlay for ticked runs. */
  marks(pen, palette) {
    const styles = this.model.get("styles");
    const last = [...this.points.filter((point) => !this.front.includes(point)), ...this.front];
    for (const point of last) {
      const ahead = this.front.includes(point), color = styles[point.run]?.color ?? QUIET;
      pen.save();
      pen.translate(this.px(point.x), this.py(point.y));
      pen.beginPath();
      SHAPES[this.methods.indexOf(point.method) % SHAPES.length](pen, SIZE);
      pen.fillStyle = ahead ? color : "#fff";
      pen.strokeStyle = color;
      pen.lineWidth = 2;
      pen.fill();
      pen.stroke();
      if (point === this.at) {
        pen.beginPath();
        pen.arc(0, 0, SIZE + 5, 0, 2 * Math.PI);
        pen.strokeStyle = palette.ink;
        pen.stroke();
      }
      pen.restore();
    }
  }

  /** Names beside the points, the front first; one that would cover another or a point is left to the pointer. */
  labels(pen, palette) {
    const taken = this.points.map((p) => [this.px(p.x) - SIZE, this.py(p.y) - SIZE, 2 * SIZE, 2 * SIZE]);
    const free = ([x, y, w, h]) =>
      x > EDGE.left && x + w < this.width && y > 0 && y + h < this.height - EDGE.bottom &&
      taken.every(([a, b, c, d]) => x + w <= a || a + c <= x || y + h <= b || b + d <= y);
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    for (const point of [...this.front, ...this.points.filter((each) => !this.front.includes(each))]) {
      const words = point.label.length > 34 ? `${point.label.slice(0, 33)}…` : point.label;
      const wide = widthOf(pen, words), x = this.px(point.x), y = this.py(point.y), high = TEXT + 2;
      const places = [[x + 11, y - high / 2], [x - 11 - wide, y - high / 2], [x - wide / 2, y - 10 - high], [x - wide / 2, y + 10]];
      const box = places.map(([left, top]) => [left, top, wide, high]).find(free);
      if (!box) continue;
      taken.push(box);
      pen.fillStyle = "rgba(255, 255, 255, 0.9)";
      pen.fillRect(...box);
      pen.fillStyle = palette.ink;
      pen.fillText(words, box[0], box[1] + high / 2);
    }
  }

  pointed() {
    const point = this.points.find((each) => each.run === this.at?.run);
    this.at = point ?? null;
    if (!point) {
      this.tip.hidden = true;
      return;
    }
    const table = element("table"), body = element("tbody");
    const head = element("th", "", element("tr", "", element("thead", "", table)), point.label);
    head.colSpan = 2;
    table.append(body);
    const rows = [[this.x.title, point.x], [this.y.title, point.y]];
    for (const [name, value] of rows) {
      const row = element("tr", "", body);
      element("th", "", row, name);
      element("td", "", row, exact(value));
    }
    const words = this.front.includes(point) ? "on the front" : "another run is at least as good in both";
    this.showTip([table, element("div", "wbc-note", null, words)], this.px(point.x));
    this.tip.style.top = `${Math.max(0, Math.min(this.py(point.y) + 12, this.height - this.tip.offsetHeight - 4))}px`;
  }

  describe() {
    const list = (points) => points.map((p) => `${p.label} (${exact(p.x)}, ${exact(p.y)})`).join("; ");
    const words = this.points.length
      ? `${this.points.length} runs by ${this.x.title} and ${this.y.title}. On the front: ${list(this.front)}.`
      : "No runs to compare.";
    const at = this.at ? ` Now: ${list([this.at])}.` : " Arrow keys go from run to run.";
    this.canvas.setAttribute("aria-label", words + at);
    Object.assign(this.box.dataset, { points: this.points.length, front: this.front.map((point) => point.run).join(" ") });
  }

  go(point) {
    if (point === this.at) return;
    this.at = point;
    this.draw();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => {
      const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
      const away = (point) => Math.hypot(this.px(point.x) - x, this.py(point.y) - y);
      const nearest = (this.points ?? []).reduce((best, point) => (!best || away(point) < away(best) ? point : best), null);
      this.go(nearest && away(nearest) < 18 ? nearest : null);
    });
    for (const name of ["pointerleave", "blur"]) canvas.addEventListener(name, () => this.go(null));
    canvas.addEventListener("keydown", (event) => {
      const last = this.points.length - 1, i = this.points.indexOf(this.at);
      const to = { ArrowRight: Math.min(i + 1, last), ArrowLeft: Math.max(i - 1, 0), Home: 0, End: last, Escape: -1 }[event.key];
      if (to === undefined) return;
      this.go(this.points[to] ?? null);
      event.preventDefault();
      event.stopPropagation();
    });
  }
}

function render({ model, el }) {
  const root = element("div", "wbp", el), bar = element("div", "wbp-bar", root);
  const selects = ["x", "y"].map((name) => {
    const label = element("label", "", bar, name === "x" ? "across: " : "upwards: "), select = element("select", "", label);
    select.addEventListener("change", () => {
      model.set(name, select.value);
      model.save_changes();
    });
    return select;
  });
  const scatter = new Scatter(root, model);
  scatter.note.textContent = "filled: on the front · shape: method";
  scatter.box.querySelector(".wbc-title").append(bar);

  function draw() {
    const { axes = [], points = [] } = model.get("found");
    root.hidden = points.length < 2;
    selects.forEach((select, i) => {
      select.replaceChildren(...axes.map((axis) => Object.assign(element("option", "", null, axis.title), { value: axis.key })));
      const chosen = axes.find((axis) => axis.key === model.get("xy"[i])) ?? axes[Math.min(i, axes.length - 1)];
      if (chosen) select.value = chosen.key;
    });
    scatter.draw();
  }

  const sizes = new ResizeObserver(draw);
  sizes.observe(root);
  const follow = ["found", "x", "y", "styles"].map((name) => `change:${name}`);
  for (const event of follow) model.on(event, draw);
  draw();
  return () => {
    sizes.disconnect();
    for (const event of follow) model.off(event, draw);
  };
}

export default { render };
