// Taking it away: a section that opens on request, with texts to copy and files to save.

const FILES = [
  ["csv", "CSV", "every recorded number: step, epoch, split, task, quantity, value"],
  ["report", "Report", "one page with results, plots and spec, which needs no network"],
];

function render({ model, el }) {
  const root = element("details", "wbt", el);
  element("summary", "", root, "Take it away");
  const note = element("p", "wbt-note", root), box = element("div", "wbt-box", root);
  const of = element("p", "wbt-of", box), texts = element("div", "wbt-texts", box), files = element("div", "wbt-files", box);
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
  for (const part of [note, said]) part.setAttribute("role", "status");

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
    note.textContent = model.get("note");
    note.hidden = !note.textContent;
    box.hidden = !found.texts;
    texts.replaceChildren();
    if (!found.texts) return;
    of.textContent = `Of ${found.of}`;
    found.texts.forEach(row);
  }

  const save = (content, [data]) => download(new Blob([data], { type: content.type }), content.name);
  const say = () => { said.textContent = model.get("said"); };
  const unfold = () => { root.open = model.get("opened"); };
  root.addEventListener("toggle", () => {
    if (root.open === model.get("opened")) return;
    model.set("opened", root.open);
    model.save_changes();
  });
  const follow = [["change:found", draw], ["change:note", draw], ["change:said", say], ["change:opened", unfold], ["msg:custom", save]];
  for (const [event, action] of follow) model.on(event, action);
  unfold();
  draw();
  return () => { for (const [event, action] of follow) model.off(event, action); };
}

export default { render };
