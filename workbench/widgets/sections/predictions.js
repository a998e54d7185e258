// A few validation examples with the answers of the model beside the truth, and a slider back through the steps.

const RIGHT = "✓", WRONG = "✗";
const OUTSIDE = "O";
const SIDE = 64; // pixels on the screen of a picture, about

function picture(parent, source, width, alt) {
  const img = element("img", "", parent);
  img.src = source;
  img.alt = alt;
  img.style.width = `${width * Math.max(1, Math.round(SIDE / width))}px`;
  return img;
}

/** The example itself, a part for each view; words that stand above their tags are not said twice. */
function example(cell, parts, number, tagged) {
  for (const part of parts) {
    if (part.kind === "words" && tagged) element("div", "wbe-key", cell, `${number}`);
    else if (part.kind === "image") picture(cell, part.source, part.width, "the example");
    else if (part.kind === "words") element("div", "wbx-text", cell, part.words.join(" ") + (part.more ? ` … (${part.more} more words)` : ""));
    else if (part.kind === "columns") {
      const line = element("div", "wbx-text wbx-columns", cell);
      for (const [name, value] of part.columns) element("span", "", line, `${name} = ${value}`);
      if (part.more) element("span", "", line, `and ${part.more} more`);
    } else element("div", "", cell, `(${part.numbers.map(readable).join(", ")}${part.more ? ", …" : ""})`);
  }
}

/** A cell with the mark and the answer, what is known of it beside, the truth below. */
function marked(cell, right, answer, beside, truth) {
  if (right !== null) cell.classList.add(right ? "wbx-right" : "wbx-wrong");
  cell.append(right === null ? answer : `${right ? RIGHT : WRONG} ${answer}`);
  if (beside) element("span", "wbx-beside", cell, ` ${beside}`);
  if (truth) element("small", "", cell, `true: ${truth}`);
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const DRAW = {
  class(cell, task, said, truth) {
    const [label, percent] = said, right = truth === null ? null : label === truth;
    marked(cell, right, task.names[label], percent === null ? "" : `${percent} %`, right === false && task.names[truth]);
  },
  number(cell, task, said, truth) {
    const known = truth !== null, told = (value) => value.toFixed(task.decimals).replace("-", "−");
    if (said === null) marked(cell, null, "–", "", known && told(truth));
    else marked(cell, null, told(said), known && `off ${told(Math.abs(said - truth))}`, known && told(truth));
  },
  set(cell, task, said, truth) {
    const names = (labels) => labels.map((label) => task.names[label]).join(", ") || "none";
    const right = truth === null ? null : same(said, truth);
    marked(cell, right, names(said), "", right === false && names(truth));
    cell.classList.add("wbx-text");
  },
  text(cell, task, said, truth) {
    const right = truth === null ? null : said === truth;
    marked(cell, right, said || "(nothing)", "", right === false && truth);
    cell.classList.add("wbx-text");
  },
  tags(cell, task, said, truth, parts) {
    const words = parts.find((part) => part.kind === "words")?.words ?? [], line = element("div", "wbx-tags", cell);
    words.forEach((word, i) => {
      const tag = task.names[said[i]] ?? "", wanted = task.names[truth[i]], off = wanted !== undefined && wanted !== tag;
      const box = element("span", off ? "wbx-off" : tag !== OUTSIDE ? "wbx-tag" : "", line, word);
      element("i", "", box, off ? `${WRONG} ${tag}` : tag === OUTSIDE ? "" : tag);
      if (off) element("i", "", box, `true: ${wanted}`);
    });
  },
  picture(cell, task, said, truth) {
    const pair = element("div", "wbx-pair", cell);
    for (const [source, text] of [[said, "answer"], [truth, "truth"]]) {
      if (!source) continue;
      const box = element("div", "", pair);
      picture(box, source, SIDE, `${task.name}, ${text}`);
      element("small", "", box, text);
    }
  },
};

/** How many of the counted examples were right, in words. */
function scored(task, score, fixed) {
  if (!score) return "";
  if (task.shape === "number") return `mean error ${readable(score[0])} ${task.unit}`.trim();
  const [right, count] = score.map((number) => number.toLocaleString("en"));
  return `${right} of ${count} ${task.shape === "tags" ? "words " : ""}right`;
}

function render({ model, el }) {
  const { root, undo } = unfolding({ model, el }, "wbx", "What does the model answer?");
  const bar = element("div", "wbe-bar", root);
  const time = element("label", "wbe-time", bar, "step");
  const slider = element("input", "", time);
  slider.type = "range";
  slider.min = 0;
  slider.setAttribute("aria-label", "step of the answers");
  const step = element("output", "", time);
  const which = element("span", "wbe-key", bar);
  const button = (text, title) => {
    const made = element("button", "", bar, text);
    made.type = "button";
    made.title = title;
    return made;
  };
  const before = button("◀ previous", "the examples before"), next = button("next ▶", "other examples");
  const hard = button("hardest first", "the examples that cost the model most now");
  const mixed = button("mixed again", "the examples in the first order");
  const scroll = element("div", "wbx-scroll", root);
  const foot = element("p", "wbe-foot", root);
  let chosen = null; // the step a person went back to; null: follow

  const ask = (asked) => {
    model.set("asked", asked);
    model.save_changes();
  };
  const fixed = () => model.get("fixed");
  before.addEventListener("click", () => ask({ from: fixed().from - fixed().size, hardest: fixed().hardest }));
  next.addEventListener("click", () => ask({ from: fixed().from + fixed().size, hardest: fixed().hardest }));
  hard.addEventListener("click", () => ask({ from: 0, hardest: fixed().hardest + 1 }));
  mixed.addEventListener("click", () => ask({ from: 0, hardest: 0 }));

  function table({ tasks, examples, truths }, { said, score }) {
    const shown = tasks.map((task, k) => ({ task, k })).filter(({ task }) => task.shape !== "none");
    const across = examples.every((parts) => parts.every((part) => part.kind === "image")) && !shown.some(({ task }) => task.shape === "picture");
    const tagged = shown.some(({ task }) => task.shape === "tags");
    const heads = examples.map((parts, i) => {
      const cell = element("th", "wbx-example");
      example(cell, parts, fixed().from + i + 1, tagged);
      return cell;
    });
    const names = shown.map(({ task, k }) => {
      const cell = element("th", "", null, task.name);
      element("small", "", cell, scored(task, score[k], fixed()));
      return cell;
    });
    const cells = shown.map(({ task, k }) => examples.map((parts, i) => {
      const cell = element("td");
      DRAW[task.shape](cell, task, said[k][i], truths[k][i], parts);
      return cell;
    }));
    const [top, side, body] = across
      ? [heads, names, cells]
      : [names, heads, examples.map((_, i) => cells.map((row) => row[i]))];
    const made = element("table"), first = element("tr", "", element("thead", "", made));
    element("td", "", first);
    first.append(...top);
    for (const cell of top) cell.scope = "col";
    const rows = element("tbody", "", made);
    side.forEach((cell, i) => {
      cell.scope = "row";
      element("tr", "", rows).append(cell, ...body[i]);
    });
    return made;
  }

  function key({ tasks }) {
    foot.replaceChildren(...tasks.filter((task) => task.why).map((task) => `${task.why} `));
    for (const task of tasks.filter((each) => each.colors)) {
      const line = element("span", "wbx-key", foot, `${task.name}:`);
      task.names.forEach((name, i) => {
        element("i", "", line).style.background = task.colors[i];
        line.append(name);
      });
    }
    foot.hidden = !foot.childNodes.length;
  }

  function draw() {
    const known = fixed(), frames = model.get("frames"), there = Boolean(known.tasks) && frames.length > 0;
    for (const part of [bar, scroll, foot]) part.hidden = !there;
    delete root.dataset.step;
    if (!there) {
      chosen = null;
      return;
    }
    let place = frames.length - 1;
    if (chosen !== null) {
      const gap = (frame) => Math.abs(frame.step - chosen);
      place = frames.reduce((best, frame, i) => (gap(frame) < gap(frames[best]) ? i : best), 0);
    }
    const frame = frames[place];
    slider.max = frames.length - 1;
    slider.value = place;
    slider.disabled = frames.length < 2;
    step.textContent = `${frame.step.toLocaleString("en")}${frame.selected ? " (selected model)" : ""}`;
    slider.setAttribute("aria-valuetext", `step ${step.textContent}`);
    root.dataset.step = frame.step;
    const last = Math.min(known.from + known.size, known.total);
    which.textContent = `examples ${known.from + 1} to ${last} of ${known.total.toLocaleString("en")}` +
      (known.hardest ? ", hardest first" : "") +
      (known.counted && known.counted < known.validation ? `; right answers counted over ${known.counted.toLocaleString("en")}` : "");
    before.disabled = known.from === 0;
    next.disabled = last >= known.total;
    mixed.hidden = !known.hardest;
    hard.textContent = known.hardest ? "hardest now" : "hardest first";
    scroll.replaceChildren(table(known, frame));
    key(known);
  }

  slider.addEventListener("input", () => {
    const frames = model.get("frames"), place = +slider.value;
    chosen = place === frames.length - 1 ? null : frames[place].step;
    draw();
  });
  return following(model, ["fixed", "frames"], draw, undo);
}

export default { render };
