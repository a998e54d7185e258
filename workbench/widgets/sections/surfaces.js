// What the model says over the plane: per task a picture of the grid, with training points on top.

const WIDTH = 180; // in pixels of a canvas as it is drawn; the page may stretch it a little
const STRONG = 0.72; // how far colours of the picture go to full, so that points stand out
const SHAPES = ["M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z", "M0 -5L4.6 3.6L-4.6 3.6Z", "M-3.6 -3.6H3.6V3.6H-3.6Z",
  "M0 -5L5 0L0 5L-5 0Z", "M-1.6 -5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z", "M0 5L4.6 -3.6L-4.6 -3.6Z"];
const HELP = "The deeper the colour, the surer the model; white: undecided. Points are training examples with their true labels; beside a name: accuracy, or R², on the validation split.";
const MISSING = 255;

const white = "#FFFFFF";

/** The colour of a number, 0 … 1 from the first end to the second. */
function diverging(colors, part) {
  const [low, middle, high] = colors;
  return part < 0.5 ? between(middle, low, 1 - 2 * part) : between(middle, high, 2 * part - 1);
}

/** One picture of the grid as pixels; `bytes` begins with this task's. */
function pixels(task, bytes, side) {
  const image = new ImageData(side, side), count = task.classes?.length ?? 0, fields = side * side;
  for (let i = 0; i < fields; i++) {
    let color;
    if (!count) color = diverging(task.colors, 0.5 + STRONG * (bytes[i] / 254 - 0.5));
    else if (count === 2) {
      const p = bytes[i] / 254, sure = Math.abs(2 * p - 1);
      color = between(white, task.colors[p >= 0.5 ? 1 : 0], STRONG * sure);
    } else {
      const sure = (bytes[fields + i] / 254 - 1 / count) / (1 - 1 / count);
      color = between(white, task.colors[bytes[i]], STRONG * Math.max(0, sure));
    }
    image.data.set([...color, 255], 4 * i);
  }
  return [image, count > 2 ? 2 * fields : fields];
}

function chip(parent, label, color) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "-6 -6 12 12");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[label % SHAPES.length]);
  path.setAttribute("fill", color);
  svg.append(path);
  parent.append(svg);
}

/** The names of classes with colour and shape, or the scale of a number. */
function legend(parent, task) {
  const box = element("div", "wbv-legend", parent);
  if (task.classes) {
    task.classes.slice(0, 8).forEach((name, i) => {
      const part = element("span", "", box);
      chip(part, i, task.colors[i]);
      part.append(name);
    });
    if (task.classes.length > 8) element("span", "", box, `and ${task.classes.length - 8} more`);
    return;
  }
  const scale = element("span", "wbv-scale", box);
  element("span", "", scale, readable(task.low));
  const [low, middle, high] = task.colors;
  element("i", "", scale).style.background = `linear-gradient(90deg, ${low}, ${middle}, ${high})`;
  element("span", "", scale, `${readable(task.high)} ${task.unit}`.trim());
}

function render({ model, el }) {
  const { root, undo } = unfolding({ model, el }, "wbv", "What does the model say over the plane?");
  const bar = element("div", "wbe-bar", root);
  const step = element("strong", "", bar);
  const box = element("label", "", bar);
  const dots = element("input", "", box);
  dots.type = "checkbox";
  dots.checked = true;
  box.append(" training points");
  element("span", "wbe-key", bar, HELP);
  const grid = element("div", "wbv-grid", root);
  let figures = [], known = null;

  /** A figure per task, made anew when the plane is another one. */
  function lay(plane) {
    if (plane === known) return;
    known = plane;
    grid.replaceChildren();
    grid.classList.toggle("wbv-many", (plane.tasks ?? []).length > 5);
    figures = (plane.tasks ?? []).map((task) => {
      const figure = element("figure", "wbv-task", grid), caption = element("figcaption", "", figure);
      element("strong", "", caption, task.name).title = task.name;
      const told = element("span", "", caption), canvas = element("canvas", "", figure);
      canvas.setAttribute("role", "img");
      legend(figure, task);
      return { task, told, canvas };
    });
  }

  function points(pen, plane, place, ratio) {
    const view = model.get("points"), size = 2 + plane.tasks.length, task = plane.tasks[place];
    const paths = SHAPES.map((shape) => new Path2D(shape));
    for (let i = 0; i + size <= view.byteLength; i += size) {
      const label = view.getUint8(i + 2 + place);
      if (label === MISSING) continue;
      pen.setTransform(ratio, 0, 0, ratio, (view.getUint8(i) / 254) * WIDTH * ratio, (1 - view.getUint8(i + 1) / 254) * WIDTH * ratio);
      pen.scale(0.72, 0.72);
      pen.fillStyle = task.classes ? task.colors[label] : `rgb(${diverging(task.colors, label / 254)})`;
      pen.strokeStyle = task.classes ? white : "#1a1a1a";
      pen.lineWidth = task.classes ? 1.6 : 1;
      const path = paths[task.classes ? label % paths.length : 0];
      pen.stroke(path);
      pen.fill(path);
    }
    pen.setTransform(1, 0, 0, 1, 0, 0);
  }

  function draw() {
    const plane = model.get("plane"), shown = model.get("shown"), view = model.get("pictures");
    const there = Boolean(plane.side);
    bar.hidden = grid.hidden = !there;
    delete root.dataset.step;
    lay(plane);
    if (!there || !view.byteLength) return;
    root.dataset.step = shown.step;
    step.textContent = `step ${shown.step.toLocaleString("en")}${shown.selected ? ", the model that was selected" : ""}`;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const ratio = 1.3 * (window.devicePixelRatio || 1), small = document.createElement("canvas");
    small.width = small.height = plane.side;
    let from = 0;
    figures.forEach(({ task, told, canvas }, place) => {
      const [image, used] = pixels(task, bytes.subarray(from), plane.side);
      from += used;
      small.getContext("2d").putImageData(image, 0, 0);
      canvas.width = canvas.height = Math.round(WIDTH * ratio);
      const pen = canvas.getContext("2d");
      pen.drawImage(small, 0, 0, canvas.width, canvas.height);
      if (dots.checked) points(pen, plane, place, ratio);
      const value = shown.told[task.name];
      const spoken = value === undefined ? "" : `${task.metric} ${value.toFixed(2).replace("-", "−")} on the validation split`;
      told.textContent = spoken && value.toFixed(2).replace("-", "−");
      told.title = spoken;
      const [across, up] = plane.axes;
      canvas.setAttribute("aria-label", `${task.name} over ${across} and ${up} at step ${shown.step}. ${spoken}`);
      canvas.title = `to the right: ${across}, ${plane.x.map(readable).join(" to ")}; upwards: ${up}, ${plane.y.map(readable).join(" to ")}`;
    });
  }

  dots.addEventListener("change", draw);
  return following(model, ["plane", "points", "shown", "pictures"], draw, undo);
}

export default { render };
