// Taking it away: a section that opens on request, with texts to copy and files to save.

const FILES = [
  ["csv", "CSV", "every recorded number: step, epoch, split, task, quantity, value"],
  ["report", "Report", "one page with results, plots and spec, which needs no network"],
];

function render({ model, el }) {
  const { root, undo } = unfolding({ model, el }, "wbt", "Take it away"), box = element("div", "wbt-box", root);
  const of = element("label", "wbt-of", box, "Of "), choice = element("select", "", of), texts = element("div", "wbt-texts", box), files = element("div", "wbt-files", box);
  element("strong", "", files, "Save");
  for (const [kind, label, title] of FILES) {
    const button = element("button", "", files, label);
    Object.assign(button, { type: "button", title });
    button.addEventListener("click", () => {
      said.textContent = "working …";
      model.send({ file: kind });
    });
  }
  element("span", "wbt-hint", files, "A picture: PNG above the plots.");
  const said = element("span", "wbt-said", files);
  said.setAttribute("role", "status");

  /** A text that can be copied with its button or by hand. */
  function row([label, title, text]) {
    const line = element("div", "wbt-row", texts), button = element("button", "", line, "Copy");
    button.type = "button";
    button.setAttribute("aria-label", `Copy ${label}`);
    const lines = text.split("\n").length;
    const name = element("label", "", line, label), field = element("textarea", "", line);
    Object.assign(field, { value: text, readOnly: true, rows: Math.min(6, lines), spellcheck: false });
    if (lines === 1) field.wrap = "off";
    field.id = `wbt-${Math.random().toString(36).slice(2)}`;
    name.htmlFor = field.id;
    name.title = field.title = title;
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Ctrl+C"; // the page may not write to the clipboard: the text is selected
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  function draw() {
    const found = model.get("found");
    box.hidden = !found.length;
    const chosen = Math.max(0, found.findIndex((each) => each.of === choice.value));
    choice.replaceChildren(...found.map((each) => element("option", "", null, each.of)));
    choice.disabled = found.length < 2;
    texts.replaceChildren();
    if (!found.length) return;
    choice.selectedIndex = chosen;
    found[chosen].texts.forEach(row);
  }

  choice.addEventListener("change", draw);
  const save = (content, [data]) => download(new Blob([data], { type: content.type }), content.name);
  const say = () => { said.textContent = model.get("said"); };
  const follow = [["change:found", draw], ["change:said", say], ["msg:custom", save]];
  for (const [event, action] of follow) model.on(event, action);
  draw();
  return () => {
    undo();
    for (const [event, action] of follow) model.off(event, action);
  };
}

export default { render };
