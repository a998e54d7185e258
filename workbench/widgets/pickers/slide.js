// A label, a slider and a box with the number. The slider counts steps from the proposed low end; the kernel reads the box.

function render({ model, el }) {
  const id = `wbn-${Math.random().toString(36).slice(2)}`; // every widget has its own copy of this module: a counter would not tell them apart
  el.classList.add("wbn");
  const row = element("div", "wbn-row jupyter-widgets widget-inline-hbox", el);
  const label = element("label", "widget-label", row, model.get("description"));
  const bar = element("input", "", row), box = element("input", "", row);
  Object.assign(bar, { type: "range", step: 1, id });
  Object.assign(box, { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false });
  box.setAttribute("aria-label", `${model.get("description")}, as a number`);
  label.htmlFor = id;
  label.title = bar.title = box.title = model.get("tooltip");

  const scale = (value) => (model.get("log") ? Math.log(value) : value);
  const steps = (value) => (scale(value) - scale(model.get("low"))) / model.get("step");

  /** The number at a place of the slider: whole, or of three digits, and never beyond its ends. */
  function number(place) {
    const at = scale(model.get("low")) + place * model.get("step"), value = model.get("log") ? Math.exp(at) : at;
    const found = model.get("whole") ? Math.round(value) : Number(value.toPrecision(3));
    return Math.min(Math.max(found, model.get("min")), model.get("max"));
  }

  function tell(value) {
    const text = value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value);
    box.value = text;
    bar.setAttribute("aria-valuetext", text);
  }

  function show() {
    bar.min = Math.floor(steps(model.get("min")) + 1e-9);
    bar.max = Math.ceil(steps(model.get("max")) - 1e-9);
    bar.value = Math.max(steps(model.get("value")), bar.min); // the logarithm of 0 is the left end
    bar.disabled = box.disabled = model.get("disabled");
    tell(model.get("value"));
  }

  bar.addEventListener("input", () => tell(number(+bar.value)));
  bar.addEventListener("change", () => {
    model.set("value", number(+bar.value));
    model.save_changes();
  });
  const enter = () => { if (box.value !== bar.getAttribute("aria-valuetext")) model.send({ typed: box.value }); };
  box.addEventListener("change", enter);
  box.addEventListener("keydown", (event) => { if (event.key === "Enter") enter(); }); // JupyterLab keeps the browser from it
  const events = ["change:value", "change:min", "change:max", "change:disabled", "msg:custom"];
  for (const event of events) model.on(event, show);
  show();
  return () => { for (const event of events) model.off(event, show); };
}

export default { render };
