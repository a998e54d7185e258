// The heading of a section: the style sheet hides what comes after a closed one.

function render({ model, el }) {
  el.classList.add("wbf");
  const button = element("button", "", el);
  const note = element("div", "wbf-note", el);
  button.type = "button";

  function show() {
    button.textContent = model.get("label");
    button.title = model.get("hint");
    button.setAttribute("aria-expanded", String(model.get("opened")));
    note.textContent = model.get("note");
  }

  button.addEventListener("click", () => {
    model.set("opened", !model.get("opened"));
    model.save_changes();
  });
  const follow = ["change:note", "change:opened"];
  for (const event of follow) model.on(event, show);
  show();
  return () => { for (const event of follow) model.off(event, show); };
}

export default { render };
