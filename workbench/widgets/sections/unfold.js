// What the scripts of sections share: a part of the panel that opens on request.

/** The folded part itself, kept in step with the traits `opened` and `note`; `undo` ends that. */
function unfolding({ model, el }, className, title) {
  const root = element("details", `wbe ${className}`, el);
  element("summary", "", root, title);
  const note = element("p", "wbe-note", root);
  note.setAttribute("role", "status");
  const unfold = () => { root.open = model.get("opened"); };
  const tell = () => {
    note.textContent = model.get("note");
    note.hidden = !note.textContent;
  };
  root.addEventListener("toggle", () => {
    if (root.open === model.get("opened")) return;
    model.set("opened", root.open);
    model.save_changes();
  });
  model.on("change:opened", unfold);
  model.on("change:note", tell);
  unfold();
  tell();
  const undo = () => {
    model.off("change:opened", unfold);
    model.off("change:note", tell);
  };
  return { root, undo };
}

/** Draw at the next animation frame after any of these traits changed, however many did; what is given back ends it. */
function following(model, traits, draw, undo) {
  let waiting = 0;
  const soon = () => {
    if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; draw(); });
  };
  const events = traits.map((name) => `change:${name}`);
  for (const event of events) model.on(event, soon);
  draw();
  return () => {
    undo();
    cancelAnimationFrame(waiting);
    for (const event of events) model.off(event, soon);
  };
}

/** Between two hex colours; part 0: the first. */
function between(from, to, part) {
  const channel = (hex, i) => parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16);
  return [0, 1, 2].map((i) => Math.round(channel(from, i) * (1 - part) + channel(to, i) * part));
}

/** A number as one reads it. */
function readable(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text = size !== 0 && (size >= 1e5 || size < 1e-3) ? value.toExponential(1) : String(+value.toPrecision(3));
  return text.replace("-", "−");
}
