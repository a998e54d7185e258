// A drop-down with headings: label, <select> with <optgroup>s, a button for the whole list, the idea of the choice.

function render({ model, el }) {
  const id = `wbs-${Math.random().toString(36).slice(2)}`; // every widget has its own copy of this module: a counter would not tell them apart
  const seen = new Set(); // what was chosen once stays in the short list
  el.classList.add("wbs");
  const row = element("div", "wbs-row jupyter-widgets widget-inline-hbox widget-dropdown", el);
  const label = element("label", "widget-label", row, model.get("description"));
  const select = element("select", "", row);
  const whole = element("button", "wbs-whole", row);
  const idea = element("div", "wbs-idea", el);
  label.htmlFor = select.id = id;
  label.title = model.get("tooltip");
  const why = element("details", "wbs-why", el);
  const count = element("summary", "", why);
  const reasons = element("ul", "", why);
  idea.id = `${id}-idea`;
  idea.setAttribute("aria-live", "polite");
  select.setAttribute("aria-describedby", idea.id);
  whole.type = "button";

  const items = () => model.get("groups").flatMap((group) => group.items);

  function fill() {
    const shown = (group, item) => model.get("whole") || !group.more || seen.has(item.name);
    select.replaceChildren();
    for (const group of model.get("groups")) {
      const listed = group.items.filter((item) => shown(group, item));
      if (!listed.length) continue;
      const parent = group.heading ? element("optgroup", "", select) : select;
      if (group.heading) parent.label = group.heading;
      for (const item of listed) {
        const option = element("option", "", parent, item.name);
        option.value = item.name;
        option.dataset.idea = item.idea;
      }
    }
    judge();
    const more = model.get("groups").some((group) => group.more);
    whole.hidden = !more;
    whole.textContent = `all ${items().length}`;
  }

  /** Grey out what cannot work with the rest, and say why. */
  function judge() {
    const impossible = model.get("impossible"), chosen = model.get("value");
    for (const option of select.options) {
      const reason = impossible[option.value];
      option.disabled = Boolean(reason) && option.value !== chosen;
      option.title = reason ?? option.dataset.idea;
    }
    const names = Object.keys(impossible).filter((name) => name !== chosen);
    why.hidden = !names.length;
    count.textContent = `${names.length} not possible here`;
    reasons.replaceChildren(...names.map((name) => element("li", "", null, impossible[name])));
  }

  function show() {
    const value = model.get("value");
    if (!seen.has(value)) {
      seen.add(value);
      fill();
    }
    if (select.value !== value) select.value = value;
    const chosen = items().find((item) => item.name === value);
    idea.textContent = chosen?.idea ?? "";
    const reason = model.get("impossible")[value];
    if (reason) element("div", "wbs-fault", idea, reason);
    select.title = [chosen?.idea, chosen?.source].filter(Boolean).join("\n");
  }

  function able() {
    select.disabled = model.get("disabled");
    const all = model.get("whole"), what = model.get("description");
    whole.setAttribute("aria-pressed", String(all));
    whole.title = all ? `Back to the short list of ${what}` : `List every ${what}, not only those to meet first`;
    whole.setAttribute("aria-label", `${what}: list all ${items().length}`);
  }

  select.addEventListener("change", () => {
    model.set("value", select.value);
    model.save_changes();
    judge();
    show();
  });
  whole.addEventListener("click", () => {
    model.set("whole", !model.get("whole"));
    model.save_changes();
  });
  const refill = () => { fill(); select.value = model.get("value"); show(); able(); };
  const follow = [["change:groups", refill], ["change:whole", refill], ["change:impossible", () => { judge(); show(); }], ["change:value", () => { judge(); show(); }],
    ["change:disabled", able]];
  for (const [event, action] of follow) model.on(event, action);
  show();
  able();
  return () => { for (const [event, action] of follow) model.off(event, action); };
}

export default { render };
